/*
 * Does the chain a peer showed match a TLSA record set?  Asked after the
 * handshake, like tls/chain.h and of the same primitive.
 *
 * DANE-EE (usage 3) binds the key alone: names, dates and chain do not count
 * (RFC 7672 3.1.1).  DANE-TA (usage 2) makes the record an anchor, shown in the
 * chain or published in DNS as a whole (2 0 0, 2 1 0); below it names, dates and
 * signatures are checked as in PKIX (RFC 7672 3.1.2).  The handshake has already
 * proved that the peer holds the leaf's key.
 */
#ifndef TLSQ_TLS_DANE_H
#define TLSQ_TLS_DANE_H

#include "policy/tlsa.h"
#include "tls/chain.h"

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
 * seconds.  Any thread; never blocks.
 */
void stls_verify_dane(const struct stls_peer *peer,
    const struct stls_dane *dane, int64_t now, struct stls_result *result_r,
    size_t *matched_r);

/* As policy_tlsa_unusable() and policy_tlsa_choose() ask: does the data of a Full(0) record
 * decode as a certificate (TLSA_CERT) or a public key (TLSA_SPKI)? */
bool stls_tlsa_decodes(uint8_t selector, const uint8_t *data, size_t len);

#endif
