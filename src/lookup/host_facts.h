/*
 * What is known of a host's addresses, and what follows from it.  PURE;
 * for the resolver thread, results for the thread that asked.
 */
#ifndef TLSQ_LOOKUP_HOST_FACTS_H
#define TLSQ_LOOKUP_HOST_FACTS_H

#include "base/mem.h"
#include "lookup/host.h"
#include "lookup/resolver.h"
#include "spool/cache.h"

enum host_family { HOST_FAMILY_V4, HOST_FAMILY_V6, HOST_FAMILY_COUNT };

struct host_family_facts {
	enum policy_dns_status status;
	size_t count;
	struct net_address *address;
	const char *canonical;
	const char *why;	/* DNS_ERROR, DNS_BOGUS: a sentence, or NULL */
	int64_t ttl_s;
};

/* Addresses are in the arena given to the function that found them. */
struct host_lookup_facts {
	struct host_family_facts family[HOST_FAMILY_COUNT];
	/* The name is an alias that validates by itself. */
	bool alias_secure;
	int64_t fetched_at, expires_at;
};

/* Fills one family; host_facts_complete() when both are there. */
void host_facts_from_answer(struct host_lookup_facts *facts, enum host_family family,
    struct arena *arena, const char *host, const struct dns_answer *answer);
void host_facts_complete(struct host_lookup_facts *facts, int64_t now);
void host_facts_from_address(struct host_lookup_facts *facts_r, struct arena *arena,
    const char *host, const struct net_address *addr, int64_t now);

/*
 * Whether the alias has to be asked for by itself: the addresses are not secure,
 * but an alias on the way to them might be.  host_facts_add_alias() takes the
 * answer to the CNAME question.  An error there counts as one of the addresses,
 * so that it never makes a host look unsigned.
 */
bool host_facts_want_alias(const struct host_lookup_facts *facts, const char *host);
void host_facts_add_alias(struct host_lookup_facts *facts, struct arena *arena,
    const struct dns_answer *answer, int64_t now);

/*
 * A row has one status for both families.  to_row is false where that would not
 * do, from_row where the row is of no use: not one that to_row makes, or an
 * insecure alias, of which it does not say whether the alias validates.
 */
bool host_facts_to_row(struct spool_host_cache *row_r, struct arena *arena,
    const char *host, const struct host_lookup_facts *facts);
bool host_facts_from_row(struct host_lookup_facts *facts_r, struct arena *arena,
    const struct spool_host_cache *row);

/* Borrows from the facts. */
struct host_result *host_result_new(const char *host,
    const struct host_lookup_facts *facts, int families)
    __attribute__((returns_nonnull));

#endif
