/*
 * Inside lookup: what all kinds of lookup have in common.
 *
 * A kind says what its facts are without DNS (a literal, a row of the spool) and
 * how to ask for them; lookup.c does the rest: one pending lookup per kind and
 * name, the memory, the answers.  Everything here runs in the resolver thread.
 *
 * Facts live until expires_at.  For most kinds that is also how long they answer;
 * a kind with `use` may want to look again earlier, before its answer or after.
 */
#ifndef TLSQ_LOOKUP_LOOKUP_IMPL_H
#define TLSQ_LOOKUP_LOOKUP_IMPL_H

#include "base/hash.h"
#include "lookup/lookup.h"
#include "lookup/request_impl.h"

struct lookup_pending;
struct memory_entry;
struct sts_fetcher;

struct lookup_kind {
	const char *tag;
	enum lookup_cache cache;
	/* Of its facts: the size, and where two times are. */
	size_t size, fetched_at, expires_at;
	/* They rest on signatures: not valid under other trust anchors. */
	bool validated;
	/* Fills the facts of a name that needs no DNS; false: it does. */
	bool (*from_name)(struct facts *facts, const char *name, int64_t now);
	/* Fills them from the spool; false: no row that is of use, or an
	 * error. */
	bool (*from_row)(struct facts *facts, struct spool *spool,
	    const char *name, int64_t now, struct error *err);
	/* What is done with facts at hand; NULL: they answer. */
	enum lookup_use (*use)(const struct lookup_request *rq,
	    const struct facts *known, int64_t now);
	/* Asks DNS and fills pending->facts; ends, later, in lookup_pending_finish(). */
	void (*ask)(struct lookup_pending *pending);
	/* Fills the row to be stored, which may borrow from the facts; false:
	 * there is none. */
	bool (*to_row)(struct lookup_row *row, const char *name,
	    const struct facts *facts);
	/* Makes a result of the facts, in the thread that asked. */
	void (*deliver)(const struct lookup_request *rq, struct facts *facts);
};

/* A lookup under way. */
struct lookup_pending {
	UT_hash_handle hh;
	char *key;
	const char *name;	/* within key */
	const struct lookup_kind *kind;
	struct lookups *lookups;
	struct lookup_request_list waiting;
	    /* none: it is for the cache alone */
	struct facts *known;	/* from before, or NULL */
	struct facts *facts;	/* zeroed at first */
	int64_t timeout_ms;	/* of the request that began it */
	void *ask;		/* the kind's own, freed at the end; or NULL */
};
/* Its facts are complete. */
void lookup_pending_finish(struct lookup_pending *pending);

struct lookups {
	struct resolver *resolver;
	struct loop *loop;
	struct spool *spool;
	void (*store)(void *ctx, struct lookup_row *row);
	void *store_ctx;
	int64_t (*clock_s)(void);
	struct lookup_pending *pending;
	struct memory_entry *memory;
	size_t memory_size;
	struct sts_fetcher *fetcher;
	bool closing;		/* what fails now says nothing */
};

/* Sends the request, whose other fields are filled, on its way. */
struct lookup_request *lookup_send(struct lookups *lookups,
    const struct lookup_kind *kind, struct lookup_request *rq);

#endif
