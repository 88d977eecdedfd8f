/*
 * Two readers of one certificate: wolfSSL takes the key of the handshake from
 * it, and ours the key that TLSA records and chains are compared with.  Where
 * both read it they must see the same key, or a peer could prove one and be
 * judged by the other.
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tls/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEY_MAX = 8192 };

/* The key as wolfSSL has it, whole or its contents; 0: it has none. */
static word32
wolfssl_key(const uint8_t *der, size_t len, byte key_r[static KEY_MAX])
{
	/* Its size differs from what the header says in some builds. */
	struct DecodedCert *cert = mem_zalloc(sizeof(*cert) + 4096);
	word32 n = KEY_MAX;
	bool ok;

	wc_InitDecodedCert(cert, der, (word32)len, NULL);
	ok = wc_ParseCert(cert, CERT_TYPE, NO_VERIFY, NULL) == 0 &&
	    wc_GetPubKeyDerFromCert(cert, key_r, &n) == 0;
	wc_FreeDecodedCert(cert);
	free(cert);
	return ok ? n : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as the input, so that ASan sees every step beyond. */
	uint8_t *copy = mem_dup(data, size);
	struct stls_public_key alone;
	struct stls_cert cert;
	byte key[KEY_MAX];
	word32 n = size > 0 ? wolfssl_key(copy, size, key) : 0;
	bool found = stls_cert_key((struct stls_blob){ copy, size }, &alone);

	if (found && n > 0)
		assert(memmem(alone.spki.data, alone.spki.len, key, n) != NULL);
	if (stls_cert_parse(copy, size, &cert, NULL))
		assert(found && alone.spki.data == cert.key.spki.data &&
		    alone.spki.len == cert.key.spki.len);
	free(copy);
	return 0;
}
