/*
 * Counting in the background: what needs a whole table is read by a thread of
 * its own, in slices, and requests find the result ready.
 *
 * Once a second, where the database changed, it reads the rows that came: these
 * are the counters, which begin with zero when the program starts, as a
 * monitoring system expects.  Then it counts all that the spool keeps, but spends
 * no more than a twentieth of its time on that: with a small spool the counts
 * are a second old, with millions of rows a minute.
 */
#ifndef TLSQ_WEB_COLLECTOR_H
#define TLSQ_WEB_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "web/tally.h"

struct web_snapshot {
	int64_t started_at;		/* of `since` */
	int64_t counted_at;		/* of all below */
	struct web_ledger since;	/* what happened since */
	struct web_ledger kept;		/* what the spool has */
	struct web_tally failing;	/* domains that fail now, by error */
	struct web_tally rules;		/* in force, by kind */
	struct web_tally cached;	/* rows of the caches, by cache */
	struct web_tally cache_use;	/* lookups, by cache and result */
	int64_t unfinished;		/* messages */
	int64_t oldest_at;		/* the first of them came; -1: none */
	int64_t domains, runners;	/* runners: alive now */
	int64_t runner_seen_at;		/* 0: never */
	int64_t size, free;		/* octets of the database */
};

struct web_collector;

/*
 * database is copied.  tick is called about every second by the thread, with
 * ctx; it must not block.  EX_OSERR where there is no thread to be had.
 */
bool web_collector_start(struct web_collector **collector_r,
    const char *database, void (*tick)(void *ctx), void *ctx,
    struct error *err) MUST_CHECK;
/* Waits for a slice to end.  Accepts NULL; sets NULL. */
void web_collector_stop(struct web_collector **collector);

/* Any thread.  EX_TEMPFAIL until the first count is done, and while the database
 * cannot be read: old numbers are never shown as new ones. */
bool web_collector_read(struct web_collector *collector,
    struct web_snapshot *snapshot_r, struct error *err) MUST_CHECK;

#endif
