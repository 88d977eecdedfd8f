/*
 * What is known of a domain's MTA-STS policy, and what follows from it.  PURE;
 * for the resolver thread, results for the thread that asked.
 *
 * The rules of caching (doc/policy.md 4) are all here: whether what is known
 * answers a question, whether the policy is to be fetched, and how long the
 * outcome holds.  A valid policy is only ever replaced by another.
 */
#ifndef TLSQ_LOOKUP_STS_FACTS_H
#define TLSQ_LOOKUP_STS_FACTS_H

#include "base/mem.h"
#include "lookup/request_impl.h"
#include "lookup/resolver.h"
#include "lookup/sts.h"
#include "lookup/sts_fetch.h"
#include "spool/cache.h"

enum {
	STS_CHECK_S = 300,	/* between two TXT queries */
	STS_RETRY_S = 300,	/* after a fetch that failed: RFC 8461 3.3 */
	STS_NO_SLOT_S = 30,	/* after a fetch that was not tried */
	STS_POLICY_REFRESH_S = 86400
};

/*
 * The policy, if there is one, and how the last try to find one went: tried is
 * STS_STATUS_POLICY, with why NULL, where all is well.  Texts are in the arena
 * given to the function that put them there.
 */
struct sts_facts {
	const char *text;	/* a valid policy as served, or NULL */
	struct policy_sts policy; /* of text */
	const char *invalid_text; /* fetched last, and no policy; not stored */
	char id[STS_ID_MAX + 1]; /* of the TXT record as last seen; "": none */
	enum sts_status tried;
	const char *why;	/* a sentence; NULL also where nobody need say */
	int64_t checked_at;	/* the last try */
	int64_t fetched_at;	/* text; -1 without */
	int64_t expires_at;	/* text, or the answer that there is none */
	bool fetched;		/* text is new */
	bool changed;		/* the row has to be written */
};

/* Can the domain have a policy at all?  Not an address, and a name that may
 * stand in a URL. */
bool sts_domain_valid(const char *domain);
/* For others. */
void sts_facts_without_domain(struct sts_facts *facts_r, int64_t now);

/* What to do with facts that have not expired. */
enum lookup_use sts_facts_use(const struct sts_facts *facts, bool recheck,
    int64_t now);

/* A lookup begins: with what is known, or NULL. */
void sts_facts_begin(struct sts_facts *facts_r, struct arena *arena,
    const struct sts_facts *known, int64_t now);
/* The TXT record was answered.  True: the policy is to be fetched; false: the
 * facts are complete. */
bool sts_facts_add_txt(struct sts_facts *facts, struct arena *arena,
    const char *domain, const struct dns_answer *answer, int64_t now);
/* The fetch has ended: complete. */
void sts_facts_add_fetched(struct sts_facts *facts, struct arena *arena,
    const struct sts_fetched *fetched, int64_t now);
/* It could not be done; complete.  Without a policy that holds for ttl_s. */
void sts_facts_fail(struct sts_facts *facts, struct arena *arena,
    const char *why, int64_t ttl_s, int64_t now);

/* False where the row is none that sts_facts_to_row() makes. */
bool sts_facts_from_row(struct sts_facts *facts_r, struct arena *arena,
    const struct spool_sts_cache *row);
void sts_facts_to_row(struct spool_sts_cache *row_r, struct arena *arena,
    const char *domain, const struct sts_facts *facts);

/* Borrows from the facts. */
struct sts_result *sts_result_new(const char *domain,
    const struct sts_facts *facts, bool cached)
    __attribute__((returns_nonnull));

#endif
