/*
 * Who runs the queue: a row in `runner` and a lock file beside the database
 * for each, so that the claims of a dead one are taken back at once.
 */
#ifndef TLSQ_SPOOL_RUNNERS_H
#define TLSQ_SPOOL_RUNNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

struct spool_runner;

/*
 * Registers this process (own transaction): row, and the lock file
 * runner-ID.lock, locked until spool_runner_unregister or the end of the
 * process.  Register after fork, not before.
 */
bool spool_runner_register(struct spool *spool, int64_t now,
    struct spool_runner **runner_r, struct error *err) MUST_CHECK;
/* HOST/BOOTID/PID/N, for claims; valid as long as the runner. */
const char *spool_runner_token(const struct spool_runner *runner);
/* seen_at = now.  Within a transaction or by itself. */
bool spool_runner_heartbeat(struct spool *spool,
    const struct spool_runner *runner, int64_t now, struct error *err)
    MUST_CHECK;
/*
 * Takes back the claims of runners of this host that are gone and removes their
 * rows and lock files (own transaction).  count_r: recipients taken back.
 */
bool spool_runners_reap(struct spool *spool, int64_t *count_r,
    struct error *err) MUST_CHECK;
/* How many runners of this host are alive: those whose lock file is locked. */
bool spool_runners_count(struct spool *spool, int64_t *alive_r,
    struct error *err) MUST_CHECK;
/*
 * Releases all its claims and removes row and lock file (own transaction).
 * Where the database fails, the lock goes all the same and others reap.
 */
void spool_runner_unregister(struct spool *spool,
    struct spool_runner **runner);

#endif
