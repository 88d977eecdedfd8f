/*
 * What is known of a domain's MX records, and what follows from it.  PURE;
 * for the resolver thread, results for the thread that asked.
 */
#ifndef TLSQ_LOOKUP_MX_FACTS_H
#define TLSQ_LOOKUP_MX_FACTS_H

#include "base/mem.h"
#include "lookup/mx.h"
#include "lookup/resolver.h"
#include "spool/cache.h"

/*
 * records are as DNS gave them, by preference and name, each once; one that
 * cannot be read has the host "".  None at LOOKUP_MX_HOSTS: there are no MX
 * records.
 */
struct mx_facts {
	enum policy_dns_status status;
	enum lookup_mx_finding finding;
	size_t count;
	struct policy_mx_choice *records;
	const char *canonical;	/* of the domain; NULL: it is no alias */
	const char *why;	/* DNS_ERROR, DNS_BOGUS: a sentence, or NULL */
	int64_t fetched_at, expires_at;
};

/* Texts go into the arena. */
void mx_facts_from_answer(struct mx_facts *facts_r, struct arena *arena,
    const struct dns_answer *answer, int64_t now);
/* An address literal as a domain: its own host, or no domain at all. */
void mx_facts_from_literal(struct mx_facts *facts_r, const char *domain,
    int64_t now);
/* False where the row is none that mx_facts_to_row() makes. */
bool mx_facts_from_row(struct mx_facts *facts_r, struct arena *arena,
    const struct spool_mx_cache *row);
void mx_facts_to_row(struct spool_mx_cache *row_r, struct arena *arena,
    const char *domain, const struct mx_facts *facts);

/* Borrows from the facts. */
struct mx_result *mx_result_new(const char *domain,
    const struct mx_facts *facts) __attribute__((returns_nonnull));

#endif
