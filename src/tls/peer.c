/*
 * The leaf certificate in words, for the record of the session.
 */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/hash.h>

#include <string.h>

#include "base/text.h"
#include "tls/cert.h"

void
stls_sha256_hex(char hex_r[static STLS_SHA256_HEX_LEN], const void *data,
    size_t len)
{
	byte digest[WC_SHA256_DIGEST_SIZE];

	hex_r[0] = '\0';
	if (wc_Sha256Hash(data, (word32)len, digest) == 0)
		text_hex(hex_r, digest, sizeof(digest));
}

bool
stls_peer_describe(const struct stls_peer *peer, struct stls_peer_info *info)
{
	struct stls_cert cert;
	bool ok;

	memset(info, 0, sizeof(*info));
	ok = peer->n_chain > 0 && stls_cert_parse(peer->chain[0].data,
	    peer->chain[0].len, &cert, NULL);
	if (peer->n_chain > 0)
		stls_sha256_hex(info->cert_sha256, peer->chain[0].data,
		    peer->chain[0].len);
	if (ok) {
		stls_name_text(cert.subject, info->subject,
		    sizeof(info->subject));
		stls_name_text(cert.issuer, info->issuer,
		    sizeof(info->issuer));
		info->not_before_at = cert.not_before_at;
		info->not_after_at = cert.not_after_at;
		stls_sha256_hex(info->spki_sha256, cert.key.spki.data,
		    cert.key.spki.len);
	}
	return ok;
}
