/*
 * Everything that is looked up for a decision: one thread, one resolver, one
 * place where answers are kept.
 *
 * An answer is taken, in this order, from memory, from the spool's cache tables
 * and from DNS (of a policy: HTTPS), and never after it has expired.  One lookup per name runs at a
 * time, whoever asks.  The kinds of lookup stand in headers of their own and
 * have one shape: X_lookup_start().
 */
#ifndef TLSQ_LOOKUP_LOOKUP_H
#define TLSQ_LOOKUP_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "lookup/resolver.h"
#include "lookup/sts_fetch.h"
#include "spool/cache.h"

struct lookups;

enum lookup_cache {
	LOOKUP_CACHE_MX, LOOKUP_CACHE_HOST, LOOKUP_CACHE_DANE,
	LOOKUP_CACHE_MTA_STS, LOOKUP_CACHE_COUNT
};

struct facts;
/* What is to be kept in the spool: one row of one of the cache tables. */
struct lookup_row {
	enum lookup_cache table;
	union {
		struct spool_mx_cache mx;
		struct spool_host_cache host;
		struct spool_dane_cache dane;
		struct spool_sts_cache sts;
	} of;
	struct arena *arena;	/* these two own the texts */
	struct facts *facts;
};
/* For the thread that writes the spool. */
bool lookup_row_put(struct spool *spool, const struct lookup_row *row,
    struct error *err) MUST_CHECK;
void lookup_row_free(struct lookup_row **row);

/* How often an answer was at hand, and how often DNS or HTTPS was asked. */
struct lookup_counts {
	int64_t hits[LOOKUP_CACHE_COUNT], misses[LOOKUP_CACHE_COUNT];
};
/* Of the whole process, since the last call.  Any thread. */
void lookup_counts_take(struct lookup_counts *counts_r);
/* Adds them to the spool's. */
bool lookup_counts_put(struct spool *spool, const struct lookup_counts *counts,
    struct error *err) MUST_CHECK;

struct lookups_config {
	struct resolver_config dns;
	struct sts_fetch_config sts;
	/* For reading the cache tables, or NULL.  Kept: it is the resolver
	 * thread's until lookup_close(), and the caller's again then. */
	struct spool *spool;
	/* Takes the row, to be written when convenient and freed.  Runs in the
	 * resolver thread and must not block.  NULL: nothing is stored. */
	void (*store)(void *ctx, struct lookup_row *row);
	void *store_ctx;
	int64_t (*clock_s)(void); /* NULL: clock_now_s */
};

/* As resolver_open(), resolver_close(). */
bool lookup_open(struct lookups **lookups_r,
    const struct lookups_config *config, struct error *err) MUST_CHECK;
void lookup_close(struct lookups **lookups);
struct resolver *lookup_resolver(struct lookups *lookups);

#endif
