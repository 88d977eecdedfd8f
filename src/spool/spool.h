/*
 * A handle on the spool database: one connection of one thread at a time.
 *
 * Every program opens as many handles as it has threads that touch the spool;
 * a handle may move between threads but is never used by two at once.  Opening
 * refuses what is not a spool (another program's database, a newer schema, a
 * damaged or unreadable file) and leaves such a file as it was, to the octet.
 *
 * Errors (struct error): EX_TEMPFAIL locked or busy, EX_IOERR disk full or
 * failing, EX_DATAERR damaged or not ours, EX_NOPERM not writable, EX_NOINPUT
 * missing, EX_CANTCREAT cannot be created, EX_SOFTWARE a defect of ours.
 */
#ifndef TLSQ_SPOOL_SPOOL_H
#define TLSQ_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct spool;

enum spool_mode {
	SPOOL_READ_ONLY,	/* writes fail; a missing file is EX_NOINPUT */
	SPOOL_READ_WRITE,	/* a missing file is EX_NOINPUT */
	SPOOL_CREATE,		/* a missing file (or its directory) is made */
};

enum { SPOOL_APPLICATION_ID = 0x746c7371, SPOOL_SCHEMA_VERSION = 5 };
enum { SPOOL_BUSY_MS = 5000 };

/* $TLSQ_DATABASE, else LOCALSTATEDIR/spool/tlsq/spool.db.  Never NULL. */
const char *spool_default_path(void);

/*
 * Opens path (copied).  An older schema is upgraded (modes that write), after
 * a copy of the file was made beside it; SPOOL_READ_ONLY refuses it.
 */
bool spool_open(struct spool **spool_r, const char *path, enum spool_mode mode,
    struct error *err) MUST_CHECK;
/* Rolls back what is open.  Accepts NULL; sets NULL. */
void spool_close(struct spool **spool);

const char *spool_path(const struct spool *spool);
/* How long to wait for the write lock (SPOOL_BUSY_MS at first). */
void spool_busy_set(struct spool *spool, int busy_ms);
/*
 * From now on statements fail with EX_TEMPFAIL once limit_ms have passed, until
 * it is set again (0: no limit, as at first).  For readers who answer to others;
 * a transaction that writes would be rolled back.
 */
void spool_limit_set(struct spool *spool, int limit_ms);

/*
 * A write transaction.  begin takes the write lock at once and waits for it at
 * most the busy time (EX_TEMPFAIL then).  commit returns true only once the
 * changes are on the disk; after false nothing was changed and the transaction
 * is gone.  rollback may be called whether or not a transaction is open.
 */
bool spool_begin(struct spool *spool, struct error *err) MUST_CHECK;
bool spool_commit(struct spool *spool, struct error *err) MUST_CHECK;
void spool_rollback(struct spool *spool);
bool spool_in_transaction(const struct spool *spool);
/*
 * What may be undone alone, within a transaction; they nest.  end keeps it or
 * undoes it.  It returns false, and may leave err, where the transaction is gone:
 * a full disk ends it as a whole.
 */
bool spool_savepoint(struct spool *spool, struct error *err) MUST_CHECK;
bool spool_savepoint_end(struct spool *spool, bool keep, struct error *err)
    MUST_CHECK;

/*
 * A number that differs after another connection has committed (own commits
 * do not count).  Cheap: no lock is waited for.  For noticing new mail.
 */
bool spool_data_version(struct spool *spool, int64_t *version_r,
    struct error *err) MUST_CHECK;

/*
 * False (EX_IOERR) once the path names another file, or none: what is written
 * from then on is in a file that nobody will see.  Cheap: one stat.
 */
bool spool_check_place(struct spool *spool, struct error *err) MUST_CHECK;

/* integrity_check, foreign_key_check, and the content of what is not delivered
 * against its size: false with the first finding. */
bool spool_verify(struct spool *spool, struct error *err) MUST_CHECK;

#endif
