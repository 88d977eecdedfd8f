/*
 * Inside lookup: what all kinds of lookup have in common.
 *
 * A kind says how to find facts without DNS (a literal, the spool) and how to
 * ask for them; lookup.c does the rest: one flight per kind and name, the memory,
 * the answers.  Everything here runs in the resolver thread.
 *
 * Facts live until expires_at.  For most kinds that is also how long they answer;
 * a kind with `use` may want to look again earlier, before its answer or after.
 */
#ifndef TLSQ_LOOKUP_LOOKUP_IMPL_H
#define TLSQ_LOOKUP_LOOKUP_IMPL_H

#include "base/hash.h"
#include "lookup/lookup.h"
#include "lookup/memory_impl.h"
#include "lookup/request_impl.h"

struct flight;
struct sts_fetcher;

/* 0 looks again. */
enum lookup_use { LOOKUP_ASK, LOOKUP_ANSWER, LOOKUP_ANSWER_AND_ASK };

struct lookup_kind {
	const char *tag;
	enum lookup_cache cache;
	/* Facts that need no DNS, not expired at now; NULL: there are none. */
	struct facts *(*load)(struct lookups *lookups, const char *name,
	    int64_t now);
	/* What is done with facts at hand; NULL: they answer. */
	enum lookup_use (*use)(const struct lookup_request *rq,
	    const struct facts *known, int64_t now);
	/* Asks DNS; ends, later, in flight_finish(). */
	void (*ask)(struct flight *flight);
	/* The row to be stored, or NULL. */
	struct lookup_row *(*row)(const char *name, const struct facts *facts);
};

/* A lookup under way. */
struct flight {
	UT_hash_handle hh;
	char *key;
	const char *name;	/* within key */
	const struct lookup_kind *kind;
	struct lookups *lookups;
	struct request_list waiting; /* none: it is for the cache alone */
	struct facts *known;	/* from before, or NULL */
	int64_t timeout_ms;	/* of the request that began it */
};
/* Takes the facts.  They may be `known` again. */
void flight_finish(struct flight *flight, struct facts *facts);

struct lookups {
	struct resolver *resolver;
	struct loop *loop;
	struct spool *spool;
	void (*store)(void *ctx, struct lookup_row *row);
	void *store_ctx;
	int64_t (*clock_s)(void);
	struct flight *flights;
	struct memory *memory;
	struct sts_fetcher *fetcher;
	bool closing;		/* what fails now says nothing */
};

/* Sends the request, whose other fields are filled, on its way. */
struct lookup_request *lookup_send(struct lookups *lookups,
    const struct lookup_kind *kind, struct lookup_request *rq);
/* A row of the spool is of use: not expired, and fetched under the trust anchor
 * that is in force (doc/policy.md 4). */
bool lookup_row_valid(const struct lookups *lookups, int64_t fetched_at,
    int64_t expires_at, int64_t now);

#endif
