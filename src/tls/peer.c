/*
 * The leaf certificate in words, for the record of the session.
 */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/hash.h>

#include <string.h>

#include "base/text.h"
#include "tls/cert.h"

static void
sha256_hex(struct stls_blob b, char hex_r[static 65])
{
	byte digest[WC_SHA256_DIGEST_SIZE];

	if (wc_Sha256Hash(b.data, (word32)b.len, digest) == 0)
		text_hex(hex_r, digest, sizeof(digest));
}

bool
stls_peer_describe(const struct stls_peer *peer, struct stls_peer_info *info)
{
	struct stls_cert cert;

	memset(info, 0, sizeof(*info));
	if (peer->n_chain == 0)
		return false;
	sha256_hex(peer->chain[0], info->cert_sha256);
	if (!stls_cert_parse(peer->chain[0].data, peer->chain[0].len, &cert,
	    NULL))
		return false;
	stls_name_text(cert.subject, info->subject, sizeof(info->subject));
	stls_name_text(cert.issuer, info->issuer, sizeof(info->issuer));
	info->not_before_at = cert.not_before_at;
	info->not_after_at = cert.not_after_at;
	sha256_hex(cert.key.spki, info->spki_sha256);
	return true;
}
