/*
 * The handle: errors, transactions, small questions.
 */
#include "spool/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/mem.h"
#include "spool/query.h"
#include "spool/spool_impl.h"

/* What an SQLite result means to an administrator. */
static const struct rc_row {
	int rc;			/* primary code */
	int code;
	const char *text;
	bool detail;		/* SQLite's own words say more */
} rc_rows[] = {
	{ .rc = SQLITE_BUSY, .code = EX_TEMPFAIL,
	  .text = "locked by another program; try again later" },
	{ .rc = SQLITE_LOCKED, .code = EX_TEMPFAIL,
	  .text = "locked; try again later" },
	{ .rc = SQLITE_PROTOCOL, .code = EX_TEMPFAIL,
	  .text = "locked while its log is repaired; try again later" },
	{ .rc = SQLITE_INTERRUPT, .code = EX_TEMPFAIL,
	  .text = "reading took too long; try again later" },
	{ .rc = SQLITE_FULL, .code = EX_IOERR,
	  .text = "the disk is full; free some space" },
	{ .rc = SQLITE_IOERR, .code = EX_IOERR,
	  .text = "read or write error; check the disk and the file system",
	  .detail = true },
	{ .rc = SQLITE_CORRUPT, .code = EX_DATAERR,
	  .text = "the database is damaged; stop tlsq, then restore a backup "
	  "or rebuild the database as described in doc/spool.md",
	  .detail = true },
	{ .rc = SQLITE_NOTADB, .code = EX_DATAERR,
	  .text = "not a database; give another file with --database" },
	{ .rc = SQLITE_READONLY, .code = EX_NOPERM,
	  .text = "not writable; run as user " TLSQ_USER
	  " or check who owns the file and its directory" },
	{ .rc = SQLITE_PERM, .code = EX_NOPERM,
	  .text = "no permission; run as user " TLSQ_USER },
	{ .rc = SQLITE_CANTOPEN, .code = EX_NOINPUT,
	  .text = "cannot be opened; check that the file and its directory are "
	  "writable", .detail = true },
	{ .rc = SQLITE_CONSTRAINT, .code = EX_DATAERR, .text = "refused",
	  .detail = true },
	{ .rc = SQLITE_TOOBIG, .code = EX_DATAERR, .text = "value too large" },
};

bool
spool_sqlite_error(struct error *err, const char *path, int rc,
    const char *detail)
{
	for (size_t i = 0; i < ARRAY_LEN(rc_rows); i++) {
		const struct rc_row *row = &rc_rows[i];

		if ((rc & 0xff) != row->rc)
			continue;
		if (row->detail && detail != NULL)
			return error_set(err, row->code, "%s: %s (%s)", path,
			    row->text, detail);
		return error_set(err, row->code, "%s: %s", path, row->text);
	}
	return error_set(err, EX_SOFTWARE, "%s: %s", path,
	    detail != NULL ? detail : sqlite3_errstr(rc));
}

bool
spool_db_error(struct error *err, const char *path, sqlite3 *db)
{
	int rc = sqlite3_errcode(db);

	/* its shared memory is a file beside the database */
	if ((rc & 0xff) == SQLITE_IOERR && sqlite3_system_errno(db) == ENOSPC)
		rc = SQLITE_FULL;
	return spool_sqlite_error(err, path, rc, sqlite3_errmsg(db));
}

bool
spool_db_exec(sqlite3 *db, const char *path, enum sql_id id,
    struct error *err)
{
	if (sqlite3_exec(db, sql_texts[id].text, NULL, NULL, NULL) != SQLITE_OK)
		return spool_db_error(err, path, db);
	return true;
}

bool
spool_db_number(sqlite3 *db, const char *path, enum sql_id id,
    int64_t *number_r, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = false;

	if (sqlite3_prepare_v2(db, sql_texts[id].text, -1, &stmt, NULL) ==
	    SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		*number_r = sqlite3_column_int64(stmt, 0);
		ok = true;
	} else {
		(void)spool_db_error(err, path, db);
	}
	(void)sqlite3_finalize(stmt);
	return ok;
}

char *
spool_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_printf("%.*s", (int)(slash - path), path);
}

const char *
spool_default_path(void)
{
	const char *path = getenv("TLSQ_DATABASE");

	return path != NULL && *path != '\0' ? path :
	    LOCALSTATEDIR "/spool/tlsq/spool.db";
}

const char *
spool_path(const struct spool *spool)
{
	return spool->path;
}

void
spool_busy_set(struct spool *spool, int busy_ms)
{
	spool->busy_ms = busy_ms;
}

static int
limit_passed(void *arg)
{
	const struct spool *spool = arg;

	return clock_mono_ms() >= spool->limit_at_ms;
}

void
spool_limit_set(struct spool *spool, int limit_ms)
{
	enum { STEPS = 2000 };	/* of SQLite's machine: well below 1 ms */

	spool->limit_at_ms = clock_mono_ms() + limit_ms;
	sqlite3_progress_handler(spool->db, limit_ms > 0 ? STEPS : 0,
	    limit_passed, spool);
}

void
spool_close(struct spool **spool_p)
{
	struct spool *spool = *spool_p;

	if (spool == NULL)
		return;
	*spool_p = NULL;
	for (size_t i = 0; i < SQL_COUNT; i++)
		(void)sqlite3_finalize(spool->stmts[i]);
	spool_shim_remove(spool);
	/* Rolls back; the last one out moves the log into the database under
	 * an exclusive lock on the file, which no writer can race. */
	(void)sqlite3_close(spool->db);
	free(spool->path);
	free(spool);
}

static bool
run(struct spool *spool, enum sql_id id, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, id);
	return spool_query_run(&q, err);
}

bool
spool_begin(struct spool *spool, struct error *err)
{
	return run(spool, SQL_BEGIN, err);
}

bool
spool_commit(struct spool *spool, struct error *err)
{
	if (FAILPOINT_BEFORE_COMMIT())
		(void)error_set(err, EX_IOERR, "%s: failpoint", spool->path);
	else if (run(spool, SQL_COMMIT, err)) {
		FAILPOINT_AFTER_COMMIT();
		return true;
	}
	spool_rollback(spool);
	return false;
}

void
spool_rollback(struct spool *spool)
{
	FAILPOINT_ROLLED_BACK();
	/* A failed statement may have ended the transaction already. */
	if (spool_in_transaction(spool))
		(void)!run(spool, SQL_ROLLBACK, NULL);
}

bool
spool_savepoint(struct spool *spool, struct error *err)
{
	return run(spool, SQL_SAVEPOINT, err);
}

bool
spool_savepoint_end(struct spool *spool, bool keep, struct error *err)
{
	return spool_in_transaction(spool) &&
	    (keep || run(spool, SQL_SAVEPOINT_UNDO, err)) &&
	    run(spool, SQL_SAVEPOINT_RELEASE, err);
}

bool
spool_in_transaction(const struct spool *spool)
{
	return sqlite3_get_autocommit(spool->db) == 0;
}

bool
spool_data_version(struct spool *spool, int64_t *version_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_DATA_VERSION);
	if (spool_query_next(&q))
		*version_r = spool_query_int(&q, 0);
	return spool_query_end(&q, err);
}

bool
spool_check_place(struct spool *spool, struct error *err)
{
	int moved = 0;

	if (sqlite3_file_control(spool->db, "main", SQLITE_FCNTL_HAS_MOVED,
	    &moved) == SQLITE_OK && moved == 0)
		return true;
	return error_set(err, EX_IOERR, "%s: removed or replaced while it was "
	    "open", spool->path);
}

static bool
verify_content(struct spool *spool, struct error *err)
{
	struct spool_query q;
	bool sound = true;

	spool_query_start(&q, spool, SQL_CONTENT_CHECK);
	if (spool_query_next(&q))
		sound = error_set(err, EX_DATAERR, "%s: damaged: %lld "
		    "undelivered messages lack part of their content; message "
		    "%lld has %lld of %lld octets and will not be sent: "
		    "restore a backup, or return it with \"tlsq bounce\"",
		    spool->path,
		    (long long)spool_query_int(&q, 3),
		    (long long)spool_query_int(&q, 0),
		    (long long)spool_query_int(&q, 2),
		    (long long)spool_query_int(&q, 1));
	return spool_query_end(&q, sound ? err : NULL) && sound;
}

bool
spool_verify(struct spool *spool, struct error *err)
{
	struct spool_query q;
	bool sound = true;

	spool_query_start(&q, spool, SQL_INTEGRITY_CHECK);
	while (sound && spool_query_next(&q))
		if (strcmp(spool_query_text(&q, 0), "ok") != 0)
			sound = error_set(err, EX_DATAERR, "%s: damaged: %s",
			    spool->path, spool_query_text(&q, 0));
	if (!spool_query_end(&q, sound ? err : NULL) || !sound)
		return false;
	spool_query_start(&q, spool, SQL_FOREIGN_KEY_CHECK);
	if (spool_query_next(&q))
		sound = error_set(err, EX_DATAERR,
		    "%s: damaged: row %lld of %s has no %s", spool->path,
		    (long long)spool_query_int(&q, 1), spool_query_text(&q, 0),
		    spool_query_text(&q, 2));
	return spool_query_end(&q, sound ? err : NULL) && sound &&
	    verify_content(spool, err);
}
