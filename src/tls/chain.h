/*
 * Is the chain a peer showed good?  Asked after the handshake, on the raw
 * certificates.  Pure but for the arithmetic of signatures: no I/O, and the
 * only clock is `now`.  Any thread; never blocks.
 *
 * A path is looked for from the leaf to an anchor, by names; the order of the
 * certificates does not matter and strange ones do no harm.  Along it every
 * signature, date and rule of RFC 5280 section 6 is checked that concerns a
 * server's certificate (not: policies and revocation).  Accepted are RSA of 2048
 * bits and more, P-256, P-384, P-521, Ed25519 and Ed448, signed with SHA-256 or
 * better; how an anchor was signed does not count.
 */
#ifndef TLSQ_TLS_CHAIN_H
#define TLSQ_TLS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/tlsa.h"
#include "tls/stls.h"

enum stls_verdict {
	STLS_INVALID,		/* broken, too weak or against the rules */
	STLS_VERIFIED,
	STLS_NO_CERTIFICATE,	/* none shown, or the session was resumed */
	STLS_NOT_TRUSTED,	/* no path to an anchor, a signature is wrong */
	STLS_EXPIRED,
	STLS_NOT_YET_VALID,
	STLS_HOST_MISMATCH,
	STLS_CONSTRAINED,	/* a CA above does not allow this name */
	STLS_VERDICT_COUNT
};

struct stls_result {
	enum stls_verdict verdict;
	/* Where it failed, 0 the leaf; of a verified chain the number of
	 * certificates between leaf and anchor plus one (0: the leaf is the
	 * anchor). */
	int depth;
	bool matched_cn;	/* the name stood in the CN only (RFC 8461
				 * section 4.2 does not accept that) */
	char matched[256];	/* the name in the certificate that matched */
	char text[512];		/* one sentence; "" when verified.  May hold
				 * names from the certificate, printable UTF-8 */
};

/*
 * names are the host names (or IP literals, "192.0.2.1", "2001:db8::1") of which
 * one must be in the certificate.  now is in unix seconds.
 */
void stls_verify_pkix(const struct stls_context *ctx,
    const struct stls_peer *peer, const char *const *names, size_t n_names,
    int64_t now, struct stls_result *result_r);

/*
 * --- does the chain match a TLSA record set?
 *
 * DANE-EE (usage 3) binds the key alone: names, dates and chain do not count
 * (RFC 7672 3.1.1).  DANE-TA (usage 2) makes the record an anchor, shown in the
 * chain or published in DNS as a whole (2 0 0, 2 1 0); below it names, dates and
 * signatures are checked as in PKIX (RFC 7672 3.1.2).  The handshake has already
 * proved that the peer holds the leaf's key.
 */

struct stls_dane {
	/* Those that count (policy_tlsa_choose), at least one. */
	const struct policy_tlsa_record *records;
	size_t n_records;
	/* Reference identifiers of DANE-TA (RFC 7672 3.2.2): TLSA base domain,
	 * next hop before and after CNAMEs, MX host. */
	const char *const *names;
	size_t n_names;
};

/*
 * STLS_VERIFIED: *matched_r is the index of the record that matched; a DANE-EE
 * match is preferred where both kinds match.  Otherwise the verdict and text say
 * what came nearest (a DANE-TA anchor found but the name wrong or the
 * certificate expired is said so), and *matched_r is n_records.  now is in unix
 * seconds.
 */
void stls_verify_dane(const struct stls_peer *peer,
    const struct stls_dane *dane, int64_t now, struct stls_result *result_r,
    size_t *matched_r);

/* As policy_tlsa_unusable() and policy_tlsa_choose() ask: does the data of a Full(0) record
 * decode as a certificate (TLSA_CERT) or a public key (TLSA_SPKI)? */
bool stls_tlsa_decodes(uint8_t selector, const uint8_t *data, size_t len);

#endif
