/*
 * What is known of a host's TLSA records, and what follows from it.  PURE;
 * for the resolver thread, results for the thread that asked.
 */
#ifndef TLSQ_LOOKUP_TLSA_FACTS_H
#define TLSQ_LOOKUP_TLSA_FACTS_H

#include "base/mem.h"
#include "lookup/host.h"
#include "lookup/resolver.h"
#include "lookup/tlsa.h"
#include "spool/cache.h"

/* records as in struct tlsa_result, those too short among them, without data. */
struct tlsa_facts {
	enum policy_dns_status status; /* DNS_SECURE without records: denied */
	const char *base;
	size_t count;
	struct policy_tlsa_record *records;
	const char *why;	/* DNS_ERROR, DNS_BOGUS: a sentence */
	int64_t fetched_at, expires_at;
};

/*
 * From the addresses: no answer yet, and the domains to ask, most preferred
 * first.  Returns how many (0 to 2); where 0 the facts are complete.
 */
enum { TLSA_BASE_MAX = 2 };
size_t tlsa_facts_from_host(struct tlsa_facts *facts_r, struct arena *arena,
    const char *host, const struct host_result *addresses, int64_t now,
    const char *bases_r[static TLSA_BASE_MAX]);
/*
 * The answer for one base.  True: that is all; false: the next base is to be
 * asked, if there is one.
 */
bool tlsa_facts_add_answer(struct tlsa_facts *facts, struct arena *arena,
    const char *base, const struct dns_answer *answer, int64_t now);

/* False where the row is none that tlsa_facts_to_row() makes. */
bool tlsa_facts_from_row(struct tlsa_facts *facts_r, struct arena *arena,
    const struct spool_dane_cache *row);
void tlsa_facts_to_row(struct spool_dane_cache *row_r, struct arena *arena,
    const char *host, uint16_t port, const struct tlsa_facts *facts);

/* Borrows from the facts. */
struct tlsa_result *tlsa_result_new(const struct tlsa_facts *facts)
    __attribute__((returns_nonnull));

#endif
