/*
 * Checkpoints that cannot lose a commit (doc/spool.md, "Checkpoints").
 *
 * SQLite takes its locks on the log's index through one function of the file
 * object, xShmLock, with the lock bytes that its file format documents.  Here a
 * wrapper stands before it, on our own connection only, which
 *  - lets a checkpoint end without doing anything where the write lock cannot
 *    be had in time: SQLite itself would go on in the unsafe passive mode;
 *  - lets it copy pages only while no reader holds a mark, and keeps new ones out
 *    until the log is empty again: all or nothing, never a log that is copied
 *    but not restarted, the state in which a foreign passive checkpoint can race
 *    with a writer;
 *  - keeps the checkpoint lock for as long as the handle is the checkpointer.
 */
#include "spool/checkpoint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/mem.h"
#include "spool/spool_impl.h"

/* https://www.sqlite.org/walformat.html 2.3 */
enum {
	LOCK_WRITE = 0,
	LOCK_CHECKPOINT = 1,
	LOCK_READ_0 = 3,
	LOCK_READ_1 = 4, LOCK_READ_COUNT = 4,	/* the readers' marks */
};
enum {
	PAGE_SIZE = 8192, FRAME_HEADER = 24,
	RETRY_MS = 2000,	/* after readers stood in the way */
	SLEEP_SHORT_US = 1000, SLEEP_LONG_US = 5000, SHORT_SLEEPS = 10,
};

enum phase {
	PHASE_NONE,		/* no checkpoint goes on */
	PHASE_WRITER,		/* waiting for the write lock */
	PHASE_READERS,		/* it was granted: waiting for readers */
};

struct checkpoint_shim {
	sqlite3_io_methods methods;	/* first: found by its address */
	const sqlite3_io_methods *real;
	sqlite3_file *file;
	enum phase phase;
	int64_t deadline_ms;		/* of the phase */
	int busy_ms;
	bool is_checkpointer;
	bool marks_held;
};

static int
real_lock(struct checkpoint_shim *shim, int first, int n, int flags)
{
	return shim->real->xShmLock(shim->file, first, n, flags);
}

static void
marks_release(struct checkpoint_shim *shim)
{
	if (shim->marks_held)
		(void)real_lock(shim, LOCK_READ_1, LOCK_READ_COUNT,
		    SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
	shim->marks_held = false;
}

/* A lock asked for by a checkpoint. */
static int
checkpoint_lock(struct checkpoint_shim *shim, int first, int n, int flags)
{
	int rc;

	if (first == LOCK_WRITE) {
		rc = real_lock(shim, first, n, flags);
		if (rc == SQLITE_OK) {
			shim->phase = PHASE_READERS;
			shim->deadline_ms = clock_mono_ms() +
			    SPOOL_CHECKPOINT_READERS_MS;
		} else if (rc == SQLITE_BUSY &&
		    clock_mono_ms() >= shim->deadline_ms) {
			/* Not BUSY: that would degrade it. */
			rc = SQLITE_INTERRUPT;
		}
		return rc;
	}
	if (first == LOCK_READ_1 && n == LOCK_READ_COUNT && shim->marks_held)
		return SQLITE_OK;
	if (first != LOCK_READ_0)
		return real_lock(shim, first, n, flags);
	/* It is about to copy pages. */
	rc = real_lock(shim, LOCK_READ_1, LOCK_READ_COUNT, flags);
	if (rc != SQLITE_OK)
		return rc;
	shim->marks_held = true;
	rc = real_lock(shim, first, n, flags);
	if (rc != SQLITE_OK)
		marks_release(shim);
	return rc;
}

static int
shm_lock(sqlite3_file *file, int first, int n, int flags)
{
	struct checkpoint_shim *shim = (void *)(uintptr_t)file->pMethods;

	assert(shim->file == file);
	/* The checkpoint lock is ours already (also where SQLite repairs the
	 * index and asks for it together with the next one). */
	if (shim->is_checkpointer && first == LOCK_CHECKPOINT) {
		first++;
		n--;
		if (n == 0)
			return SQLITE_OK;
	}
	if (shim->phase != PHASE_NONE && (flags & SQLITE_SHM_EXCLUSIVE) != 0) {
		if ((flags & SQLITE_SHM_LOCK) != 0)
			return checkpoint_lock(shim, first, n, flags);
		if (first == LOCK_READ_1 && n == LOCK_READ_COUNT)
			shim->marks_held = false;
	}
	return real_lock(shim, first, n, flags);
}

/* The file object of an open database: where its locks are taken. */
static sqlite3_file *
file_of(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
	    SQLITE_OK || file == NULL || file->pMethods == NULL ||
	    file->pMethods->iVersion < 2)
		return NULL;
	return file;
}

void
spool_shim_install(struct spool *spool)
{
	sqlite3_file *file = file_of(spool->db);
	struct checkpoint_shim *shim;

	if (file == NULL)
		return;
	shim = mem_zalloc(sizeof(*shim));
	shim->methods = *file->pMethods;
	shim->methods.xShmLock = shm_lock;
	shim->real = file->pMethods;
	shim->file = file;
	file->pMethods = &shim->methods;
	spool->shim = shim;
}

void
spool_shim_remove(struct spool *spool)
{
	if (spool->shim == NULL)
		return;
	spool_checkpointer_resign(spool);
	spool->shim->file->pMethods = spool->shim->real;
	free(spool->shim);
	spool->shim = NULL;
}

int
spool_busy_handler(void *arg, int count)
{
	struct spool *spool = arg;
	struct checkpoint_shim *shim = spool->shim;
	int64_t now_ms = clock_mono_ms();

	if (count == 0)
		spool->busy_since_ms = now_ms;
	if (shim != NULL && shim->phase == PHASE_READERS &&
	    now_ms >= shim->deadline_ms)
		return 0;
	/* In PHASE_WRITER it is checkpoint_lock() that gives up. */
	if ((shim == NULL || shim->phase == PHASE_NONE) &&
	    now_ms - spool->busy_since_ms >= spool->busy_ms)
		return 0;
	(void)usleep(count < SHORT_SLEEPS ? SLEEP_SHORT_US : SLEEP_LONG_US);
	return 1;
}

bool
spool_checkpointer_become(struct spool *spool, bool *taken_r,
    struct error *err)
{
	struct checkpoint_shim *shim = spool->shim;
	int rc;

	*taken_r = false;
	if (shim == NULL)
		return error_set(err, EX_SOFTWARE,
		    "%s: this handle cannot checkpoint", spool->path);
	if (shim->is_checkpointer) {
		*taken_r = true;
		return true;
	}
	/* The index is mapped by the first read only. */
	if (!spool_db_exec(spool->db, spool->path, SQL_CONNECTION_PROBE, err))
		return false;
	rc = real_lock(shim, LOCK_CHECKPOINT, 1,
	    SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
	if (rc != SQLITE_OK && rc != SQLITE_BUSY)
		return spool_sqlite_error(err, spool->path, rc,
		    sqlite3_errstr(rc));
	*taken_r = shim->is_checkpointer = rc == SQLITE_OK;
	return true;
}

void
spool_checkpointer_resign(struct spool *spool)
{
	struct checkpoint_shim *shim = spool->shim;

	if (shim == NULL || !shim->is_checkpointer)
		return;
	shim->is_checkpointer = false;
	(void)real_lock(shim, LOCK_CHECKPOINT, 1,
	    SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
}

/* Pages in the log: it is cut to nothing by each checkpoint. */
static int64_t
log_pages(const struct spool *spool)
{
	char *name = mem_printf("%s-wal", spool->path);
	struct stat st;
	int64_t pages = 0;

	if (stat(name, &st) == 0)
		pages = st.st_size / (PAGE_SIZE + FRAME_HEADER);
	free(name);
	return pages;
}

bool
spool_checkpoint_if_needed(struct spool *spool, int threshold, bool *done_r,
    struct error *err)
{
	struct checkpoint_shim *shim = spool->shim;
	int64_t now_ms = clock_mono_ms();
	int rc;

	*done_r = false;
	if (shim == NULL)
		return error_set(err, EX_SOFTWARE,
		    "%s: this handle cannot checkpoint", spool->path);
	assert(!spool_in_transaction(spool));
	if (threshold > 0 && (now_ms < spool->checkpoint_not_before_ms ||
	    log_pages(spool) < threshold))
		return true;
	FAILPOINT("checkpoint.before");
	shim->phase = PHASE_WRITER;
	shim->deadline_ms = now_ms + spool->busy_ms;
	rc = sqlite3_wal_checkpoint_v2(spool->db, "main",
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	shim->phase = PHASE_NONE;
	marks_release(shim);
	*done_r = rc == SQLITE_OK;
	FAILPOINT_IF(*done_r, "checkpoint.after");
	if (rc == SQLITE_OK)
		return true;
	spool->checkpoint_not_before_ms = clock_mono_ms() + RETRY_MS;
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_INTERRUPT)
		return true;
	return spool_sqlite_error(err, spool->path, rc,
	    sqlite3_errmsg(spool->db));
}

void
spool_checkpoint_if_no_runner(struct spool *spool)
{
	struct error err;
	bool done;

	(void)!spool_checkpoint_if_needed(spool, SPOOL_CHECKPOINT_PAGES, &done,
	    &err);
}

bool
spool_sqlite_has_wal_reset_defect(void)
{
	int v = sqlite3_libversion_number();

	/* Corrected in 3.51.3 and in 3.50.7 and 3.44.6 of older lines. */
	return v < 3051003 && !(v >= 3050007 && v < 3051000) &&
	    !(v >= 3044006 && v < 3045000);
}

const char *
spool_sqlite_version(void)
{
	return sqlite3_libversion();
}
