/*
 * What was seen on the way, as the spool stores it.
 *
 * A session's record is what one TCP connection showed; an attempt is one host
 * that a job tried, or could not try.  A worker makes both; then they are
 * published, never changed again (but for the row's id) and counted, since many
 * recipients share them.  The counts are atomic: the writer drops its own.
 */
#ifndef TLSQ_DELIVERY_ATTEMPT_H
#define TLSQ_DELIVERY_ATTEMPT_H

#include <stdatomic.h>

#include "base/mem.h"
#include "nexthop/facts.h"
#include "nexthop/tls_count.h"
#include "spool/record.h"

struct delivery_record {
	atomic_int refs;
	atomic_int unrecorded;	/* results of its messages not committed */
	int64_t row_id;		/* the writer's: 0 until it is inserted */
	bool stored;		/* the writer's: row_id is committed */
	/* has the texts of the rows that are not static */
	struct arena *arena;
	struct spool_session row;
	struct nexthop_seen seen;
	/* Of a refusal that is counted: row is empty, and is not stored. */
	bool refused;
	/* What it adds to the TLS report of the domain. */
	struct spool_tls_count counts[NEXTHOP_TLS_COUNTS_MAX];
	size_t n_counts;
};

/* A record without a session yet, texts are copied; mx NULL: of a refusal. */
struct delivery_record *delivery_record_new(const char *mx,
    const char *address) __attribute__((returns_nonnull));
/* Both accept NULL. */
struct delivery_record *delivery_record_ref(struct delivery_record *r);
void delivery_record_unref(struct delivery_record **r);

struct delivery_attempt {
	atomic_int refs;
	/* A reference, or NULL; of a session, or of a counted refusal. */
	struct delivery_record *session;
	bool no_receipts;	/* the host does not know DSN, and was asked */
	/* Without what the recipient knows: ids, domain, outcome; strategy NULL:
	 * the job's, with its rule.  error NULL: delivered.  status is set. */
	struct spool_attempt row;
	/* For the shadow strategy: what a decision was made from. */
	bool decided;
	struct policy_seen seen;
	int64_t hosts;
	char texts[];
};

/*
 * An attempt of the row, whose texts are copied but for words that live as long
 * as the configuration or the program: strategy, level, error, result_type.  ""
 * is as NULL.  session: its record, or NULL.
 */
struct delivery_attempt *delivery_attempt_new(const struct spool_attempt *row,
    struct delivery_record *session) __attribute__((returns_nonnull));
/* NULL: none was opened. */
const struct spool_session *delivery_attempt_session(
    const struct delivery_attempt *a);
struct delivery_attempt *delivery_attempt_ref(struct delivery_attempt *a);
void delivery_attempt_unref(struct delivery_attempt **a);

#endif
