/*
 * Checkpoints: moving the write-ahead log into the database.
 *
 * SQLite up to 3.51.2 can lose commits where a passive checkpoint races a
 * writer that restarts the log.  So no connection of ours checkpoints by itself;
 * it is done here, and in a way that is not exposed: under the write lock, all or
 * nothing, by one process at a time.  doc/spool.md, "Checkpoints", says why.
 */
#ifndef TLSQ_SPOOL_CHECKPOINT_H
#define TLSQ_SPOOL_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"

enum {
	SPOOL_CHECKPOINT_PAGES = 250,	/* threshold: well below 1,000 */
	SPOOL_CHECKPOINT_READERS_MS = 200,
};

/*
 * Makes this handle the checkpointer until it is closed or resigns: while it is,
 * no other connection can checkpoint, a foreign program's included.  taken_r is
 * false where another one is.  For the thread of a long-lived process that
 * writes (the runner's writer); such a handle reads or writes at least
 * every few seconds, or others cannot repair the log's index after a crash.
 */
bool spool_checkpointer_become(struct spool *spool, bool *taken_r,
    struct error *err) MUST_CHECK;
void spool_checkpointer_resign(struct spool *spool);

/*
 * Checkpoints if the log holds at least threshold pages and no other is the
 * checkpointer.  Outside a transaction.  Waits for the write lock at most the
 * busy time, for readers SPOOL_CHECKPOINT_READERS_MS; done_r is false, and
 * nothing was changed, where that did not do or there was nothing to do.
 * threshold 0 checkpoints in any case.
 */
bool spool_checkpoint_if_needed(struct spool *spool, int threshold,
    bool *done_r, struct error *err) MUST_CHECK;

/*
 * For short-lived writers (submit) and others that are not the checkpointer:
 * the same, and any failure is silent, since the next one will do it.
 */
void spool_checkpoint_if_no_runner(struct spool *spool);

/* Whether this SQLite has the defect, for `tlsq check`. */
bool spool_sqlite_has_wal_reset_defect(void);
const char *spool_sqlite_version(void);

#endif
