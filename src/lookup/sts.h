/*
 * The MTA-STS policy of a domain (RFC 8461), through mta_sts_cache: the TXT
 * record by DNS, the policy by HTTPS.  Asked from any thread (lookup/request.h).
 *
 * A valid policy that is cached survives every failure to refresh it until its
 * max_age is over.  The rules of caching (doc/policy.md 4): TXT at most every five
 * minutes, a refresh once a day (at half its max_age, if that is sooner) and when
 * the id changes, in the background; a failed fetch is not repeated for five
 * minutes per domain and id.
 */
#ifndef TLSQ_LOOKUP_STS_H
#define TLSQ_LOOKUP_STS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookup/request.h"
#include "policy/sts.h"

struct facts;
struct loop;
struct lookups;

/* 0 is the state without a policy of which least is known. */
enum sts_status {
	STS_STATUS_FETCH_FAILED,	/* nothing cached; TXT lookup or HTTPS failed */
	STS_STATUS_POLICY,	/* a valid policy, fetched or cached; mode may be none */
	STS_STATUS_NO_RECORD,	/* no TXT record, nothing cached */
	STS_STATUS_INVALID,	/* nothing cached; the text is no policy */
	STS_STATUS_WEBPKI,	/* nothing cached; the policy host's certificate */
	STS_STATUS_NO_SLOT,	/* nothing cached; not fetched, and that is our
				 * doing: no word about the policy */
	STS_STATUS_COUNT
};

enum { STS_INVALID_MAX = 4096 };

struct sts_result {
	enum sts_status status;
	struct policy_sts policy;	/* of STS_STATUS_POLICY, else empty */
	const char *text;		/* the policy as served; NULL: none */
	/* STS_STATUS_INVALID: what was served, its first STS_INVALID_MAX octets;
	 * NULL where another program, or an earlier run, fetched it. */
	const char *invalid_text;
	/* Of the TXT record as last seen: the policy's, unless a newer one could
	 * not be fetched; "": none. */
	char id[STS_ID_MAX + 1];
	bool cached;		/* not fetched for this question */
	int64_t fetched_at;	/* the policy; -1 without */
	const char *reason;	/* why there is no policy, or why the last try to
				 * refresh it failed: a sentence; else NULL */
	/* When to ask again, which costs nothing sooner.  In the past where the
	 * policy is being refreshed just now. */
	int64_t expires_at;
	struct arena *arena;	/* private, as is this: */
	struct facts *facts;	/* holds what is borrowed from it */
};

/*
 * domain: in A-labels; an address literal never has a policy.  timeout_ms
 * (queue.tls.<id>.timeout.mta-sts) bounds the fetch as sts_fetch_start() says; DNS
 * has bounds of its own.  Who joins a lookup that is under way waits for as long as
 * that one's says.
 * recheck: the TXT record is read again though it was read lately, and a new id
 * fetched: before failing on a cached policy (RFC 8461 5).  (Within the record's
 * TTL libunbound may still know it.)  The result is the
 * callback's, to be freed by sts_result_free().  Any thread.
 */
struct lookup_request *sts_lookup_start(struct lookups *lookups,
    const char *domain, int64_t timeout_ms, bool recheck, struct loop *reply,
    void (*fn)(void *ctx, struct sts_result *result), void *ctx);
void sts_result_free(struct sts_result **result);

#endif
