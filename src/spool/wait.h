/*
 * Messages whose result the milter waits for (message.wait_until): how they
 * stand, and the end of the wait.
 *
 * One SMTP transaction may be several messages (the same mail under several
 * strategies).  They are named by a JSON array of their ids.
 */
#ifndef TLSQ_SPOOL_WAIT_H
#define TLSQ_SPOOL_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "spool/spool.h"

struct spool_wait_counts {
	int64_t untried;	/* not yet, and due or in delivery */
	int64_t failed;
	int64_t others;		/* delivered, deferred, held, ... */
};
bool spool_wait_count(struct spool *spool, const char *messages, int64_t now,
    struct spool_wait_counts *counts_r, struct error *err) MUST_CHECK;

/* The first one that failed; texts, NULL where unknown, live in the arena. */
struct spool_wait_failure {
	const char *address, *status, *reply;
};
bool spool_wait_failure(struct spool *spool, const char *messages,
    struct arena *arena, struct spool_wait_failure *failure_r,
    struct error *err) MUST_CHECK;

/*
 * Makes all recipients withdrawn, if each of them has failed and the wait is not
 * over; *withdrawn_r says whether.  Within the caller's transaction.
 */
bool spool_wait_withdraw(struct spool *spool, const char *messages,
    int64_t now, bool *withdrawn_r, struct error *err) MUST_CHECK;
/* Nobody waits any more: what is owed may be made.  Within a transaction. */
bool spool_wait_answered(struct spool *spool, const char *messages,
    struct error *err) MUST_CHECK;

#endif
