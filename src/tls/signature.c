/*
 * The signature on a certificate, by wolfCrypt.
 *
 * wc_CheckCertSigPubKey is asked for one signature at a time, with the key we
 * chose.  wolfSSL's certificate managers were weighed and left: they take any
 * certificate for a CA, apply name constraints their own way (a permitted leaf
 * fails, a forbidden one passes), look at the system's clock, and find issuers
 * by themselves.  All those rules are ours (chain.c), and so is the clock.
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include <string.h>

#include "tls/chain_impl.h"

/* Which signatures a key can make, and how wolfCrypt wants it: whole, or for
 * the Edwards curves the raw octets. */
static const struct {
	enum stls_sig sig;
	int oid;
	bool raw;
} keys[STLS_KEY_COUNT] = {
	[STLS_KEY_RSA] = { .sig = STLS_SIG_RSA, .oid = RSAk },
	[STLS_KEY_P256] = { .sig = STLS_SIG_ECDSA, .oid = ECDSAk },
	[STLS_KEY_P384] = { .sig = STLS_SIG_ECDSA, .oid = ECDSAk },
	[STLS_KEY_P521] = { .sig = STLS_SIG_ECDSA, .oid = ECDSAk },
	[STLS_KEY_ED25519] = { .sig = STLS_SIG_ED25519, .oid = ED25519k,
	    .raw = true },
	[STLS_KEY_ED448] = { .sig = STLS_SIG_ED448, .oid = ED448k,
	    .raw = true },
};

/*
 * What held once holds for ever: the answer depends on the certificate and the key
 * alone, dates and rules are chain.c's.  Hosts of one provider share a certificate,
 * and most hosts an intermediate, so each thread remembers some by their digest.
 */
enum { KNOWN_MAX = 256 };
static _Thread_local uint8_t known[KNOWN_MAX][WC_SHA256_DIGEST_SIZE];

/* Of key and certificate, each with its length before it; false: cannot be made. */
static bool
digest_of(uint8_t digest_r[static WC_SHA256_DIGEST_SIZE],
    const struct stls_cert *cert, int key_oid, const struct stls_blob *key)
{
	const uint64_t head[] = { (uint64_t)key_oid, key->len, cert->der.len };
	wc_Sha256 sha;
	bool ok;

	if (wc_InitSha256(&sha) != 0)
		return false;
	ok = wc_Sha256Update(&sha, (const byte *)head, sizeof(head)) == 0 &&
	    wc_Sha256Update(&sha, key->data, (word32)key->len) == 0 &&
	    wc_Sha256Update(&sha, cert->der.data, (word32)cert->der.len) ==
	    0 && wc_Sha256Final(&sha, digest_r) == 0;
	wc_Sha256Free(&sha);
	return ok;
}

enum stls_signature
stls_signature_check(const struct stls_cert *cert,
    const struct stls_public_key *key)
{
	const struct stls_blob *octets =
	    keys[key->kind].raw ? &key->raw : &key->spki;
	uint8_t digest[WC_SHA256_DIGEST_SIZE], *place;
	bool has_digest;
	int rc;

	if (keys[key->kind].sig == STLS_SIG_OTHER ||
	    keys[key->kind].sig != cert->sig)
		return STLS_SIGNATURE_WRONG;
	has_digest = digest_of(digest, cert, keys[key->kind].oid, octets);
	place = known[digest[0]];
	if (has_digest && memcmp(place, digest, sizeof(digest)) == 0)
		return STLS_SIGNATURE_HOLDS;
	rc = wc_CheckCertSigPubKey(cert->der.data, (word32)cert->der.len, NULL,
	    octets->data, (word32)octets->len, keys[key->kind].oid);
	if (rc == 0 && has_digest)
		memcpy(place, digest, sizeof(digest));
	if (rc == 0)
		return STLS_SIGNATURE_HOLDS;
	return rc == ASN_SIG_CONFIRM_E ? STLS_SIGNATURE_WRONG :
	    STLS_SIGNATURE_UNCHECKED;
}
