/*
 * The handle: what SQLite's errors mean, and small questions to it.
 */
#include "spool/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
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

bool
spool_in_transaction(const struct spool *spool)
{
	return sqlite3_get_autocommit(spool->db) == 0;
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
