/*
 * Is the wolfSSL that is linked at this moment one whose certificate checks
 * hold?  A known-answer test over genuine, damaged and forged certificates,
 * under 10 ms.  stls_global_init runs it, because a shared library can be another
 * one by then than at build time.  In a header of its own because configure
 * compiles and runs it too, before there is anything to link: it needs wolfSSL
 * and nothing else.
 *
 * What is tested is the signature check that tls/chain rests on.  What a library
 * below Debian's 5.5.4-2+deb12u3 or upstream's 5.9.1 gets wrong, and why, is
 * told in tools/make-selftest-vectors.
 */
#ifndef TLSQ_TLS_SELFTEST_IMPL_H
#define TLSQ_TLS_SELFTEST_IMPL_H

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <string.h>

struct vector {
	const char *what;
	const unsigned char *key, *cert;
	unsigned key_len, cert_len;
	int key_oid;
};

#include "selftest_vectors.inc"

static int
selftest_accepts(const struct vector *v, const unsigned char *cert)
{
	int accepted = wc_CheckCertSigPubKey(cert, v->cert_len, NULL, v->key,
	    v->key_len, v->key_oid) == 0;

	/* Before wolfSSL makes a table of points for a key that it has met
	 * before, which costs as much as ten checks. */
	wc_ecc_fp_free();
	return accepted;
}

/* One flipped bit, in the signature (the last octet) or in what is signed
 * (somewhere in the subject's key). */
static int
selftest_accepts_damaged(const struct vector *v, unsigned at)
{
	unsigned char copy[2048];

	if (v->cert_len > sizeof(copy) || at >= v->cert_len)
		return 1;
	memcpy(copy, v->cert, v->cert_len);
	copy[at] ^= 1;
	return selftest_accepts(v, copy);
}

/* NULL: all as it must be.  Else what is wrong; *what_r names the certificate. */
static const char *
selftest_run(const char **what_r)
{
	for (size_t i = 0; i < sizeof(genuine) / sizeof(genuine[0]); i++) {
		const struct vector *v = &genuine[i];

		*what_r = v->what;
		if (!selftest_accepts(v, v->cert))
			return "refuses a genuine certificate";
		if (selftest_accepts_damaged(v, v->cert_len - 1) ||
		    selftest_accepts_damaged(v, v->cert_len / 2))
			return "accepts a damaged certificate";
	}
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		*what_r = forged[i].what;
		if (selftest_accepts(&forged[i], forged[i].cert))
			return "accepts a forged certificate";
	}
	return NULL;
}

#endif
