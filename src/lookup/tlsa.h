/*
 * The TLSA records of a mail host (RFC 7672 2.2.2, 2.2.3), through dane_cache.
 * Asked from any thread, which gets the answer in its loop (lookup/request.h).
 *
 * Addresses come first: where they are insecure and the host is no secure alias,
 * no TLSA query is sent.  Else the base domain is the fully expanded name where
 * the whole chain of aliases is secure, and the original name where nothing is
 * there; an error at the expanded name does not fall back.
 */
#ifndef TLSQ_LOOKUP_TLSA_H
#define TLSQ_LOOKUP_TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookup/request.h"
#include "policy/dns.h"
#include "policy/tlsa.h"

struct facts;
struct loop;
struct lookups;

/* As dane_cache.status has it: "none" where records are securely denied, else the
 * name of the status. */
const char *lookup_tlsa_word(enum policy_dns_status status, size_t records);

/*
 * records are all that DNS gave, in the order of the answer, usable or not
 * (policy_tlsa_choose() is the caller's); rdata too short to be a record is counted in
 * too_short.  base is the domain they were found at, without the "_25._tcp."
 * prefix; where none were found the last one asked, or the host.
 */
struct tlsa_result {
	/* DNS_SECURE: records, or that there are none; DNS_INSECURE: not asked, or
	 * an answer without security. */
	enum policy_dns_status status;
	const char *base;
	size_t count, too_short;
	struct policy_tlsa_record *records;
	const char *reason;	/* DNS_ERROR, DNS_BOGUS: a sentence; else NULL */
	int64_t fetched_at;	/* when DNS was asked */
	int64_t expires_at;
	struct arena *arena;	/* private, as is this: */
	struct facts *facts;	/* holds what is borrowed from it */
};

/* host: as the MX record names it, lower case; a literal has no records.  The
 * result is the callback's, to be freed by tlsa_result_free().  Any thread. */
struct lookup_request *tlsa_lookup_start(struct lookups *lookups,
    const char *host, uint16_t port, struct loop *reply,
    void (*fn)(void *ctx, struct tlsa_result *result), void *ctx);
void tlsa_result_free(struct tlsa_result **result);

#endif
