/*
 * One path of certificates and the anchor it ends at: the primitive under PKIX,
 * and under DANE-TA, whose anchors are of the other two kinds.  Any thread.
 */
#ifndef TLSQ_TLS_CHAIN_IMPL_H
#define TLSQ_TLS_CHAIN_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/cert.h"
#include "tls/chain.h"

/* What is taken on trust.  The signature on an anchor is never looked at. */
struct stls_chain_anchor {
	/* The certificate (of the store, sent, or published in DNS), or NULL
	 * where only the key is known. */
	const struct stls_cert *cert;
	const struct stls_public_key *key;
	/* Its dates do not count: DNS vouches for it (RFC 7671 5.2). */
	bool dateless;
};

/*
 * The way from the leaf to an anchor, depth first.  What an anchor is, the
 * caller says: its function tries those that may have issued the last
 * certificate of the path, by stls_chain_search_try().
 */
struct stls_chain_search {
	bool (*anchors)(struct stls_chain_search *search);
	const void *ctx;	/* of that function */
	struct stls_cert certs[STLS_CHAIN_MAX];	/* as sent, leaf first */
	bool usable[STLS_CHAIN_MAX];
	size_t n;
	int64_t now;
	/* What may still be done for one peer: its certificates can be made to
	 * spell many paths. */
	int steps_left, signatures_left;
	/* path[0] is the leaf, the last was issued by the anchor.  n_path may be
	 * 0 only where the leaf is itself the anchor. */
	const struct stls_cert *path[STLS_CHAIN_MAX];
	size_t n_path;
	struct stls_chain_anchor anchor;
	size_t deepest;		/* of the paths that led nowhere */
	bool complete;		/* result is that of a complete path */
	struct stls_result result, found;	/* found: of the path that is tried */
};

/* Parses what was sent.  False, with the result failed, where there is no leaf
 * to begin with. */
bool stls_chain_search_start(struct stls_chain_search *search_r,
    const struct stls_peer *peer, int64_t now);
/* True: a path is verified, all but the host name.  Else the result says what
 * came nearest. */
bool stls_chain_search_run(struct stls_chain_search *search);
/* Tries the path as it stands under the anchor. */
bool stls_chain_search_try(struct stls_chain_search *search,
    const struct stls_chain_anchor *anchor);
bool stls_chain_search_passes(const struct stls_chain_search *search,
    const struct stls_cert *cert);
/* Checks a verified result's leaf for one of the names. */
void stls_chain_match_names(const struct stls_cert *leaf,
    const char *const *names, size_t n_names, struct stls_result *result);

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
