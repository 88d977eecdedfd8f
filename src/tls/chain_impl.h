/*
 * One path of certificates and the anchor it ends at: the primitive under PKIX,
 * and under DANE-TA, whose anchors are of the other two kinds.
 */
#ifndef TLSQ_TLS_CHAIN_IMPL_H
#define TLSQ_TLS_CHAIN_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/cert.h"
#include "tls/chain.h"

/* What is taken on trust.  The signature on an anchor is never looked at. */
struct chain_anchor {
	/* The certificate (of the store, sent, or published in DNS), or NULL
	 * where only the key is known. */
	const struct stls_cert *cert;
	const struct stls_public_key *key;
};

/* certs[0] is the leaf, certs[n - 1] was issued by the anchor.  n may be 0 only
 * where the leaf is itself the anchor. */
struct chain_path {
	const struct stls_cert *certs[STLS_CHAIN_MAX];
	size_t n;
	struct chain_anchor anchor;
};

/* How many signatures may still be checked for one peer: its certificates can
 * be made to spell many paths. */
struct chain_budget {
	int signatures;
};

/* Everything but the host name.  Fills verdict, depth and text; true where the
 * verdict is STLS_VERIFIED. */
bool stls_path_verify(const struct chain_path *path, int64_t now,
    struct chain_budget *budget, struct stls_result *result_r);

/* Do the name constraints of issuer allow the names of cert?  leaf: its CN
 * counts as a host name where there is no dNSName.  False fills why_r. */
bool stls_constraints_allow(const struct stls_cert *issuer,
    const struct stls_cert *cert, bool leaf, char *why_r, size_t room);

/*
 * Is cert signed with the key?  Pairs of algorithm and key that do not belong
 * together are wrong before wolfSSL is asked (CVE-2026-5194).  UNCHECKED: the
 * library cannot tell, as with RSA keys above 4096 bits.
 */
enum stls_signature {
	STLS_SIGNATURE_WRONG,
	STLS_SIGNATURE_UNCHECKED,
	STLS_SIGNATURE_HOLDS,
};
enum stls_signature stls_signature_check(const struct stls_cert *cert,
    const struct stls_public_key *key);

/* Fails with a verdict and its sentence; returns false. */
bool stls_result_fail(struct stls_result *result_r, enum stls_verdict verdict,
    size_t depth, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
