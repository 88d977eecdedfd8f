/*
 * Opening: refuse what is not ours before SQLite touches it, then connect.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "spool/query.h"
#include "spool/spool_impl.h"

enum { OPEN_TRIES = 20, OPEN_PAUSE_US = 50000 };

static bool
is_writable(const char *path)
{
	char *dir = spool_dir(path);
	bool yes = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 &&
	    faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) == 0;

	free(dir);
	return yes;
}

/* Is there a file we may open?  Makes it where the mode says so. */
static bool
find_file(const char *path, enum spool_mode mode, struct error *err)
{
	struct stat st;

	if (path[0] == '\0')
		return error_set(err, EX_USAGE, "the file name of the spool is "
		    "empty; give one with --database");
	if (stat(path, &st) != 0) {
		if (errno == EACCES)
			return error_set(err, EX_NOPERM, "%s: no permission; "
			    "run as user " TLSQ_USER, path);
		if (errno != ENOENT)
			return error_set(err, EX_NOINPUT, "%s: %s", path,
			    strerror(errno));
		if (mode == SPOOL_CREATE)
			return spool_create(path, err);
		return error_set(err, EX_NOINPUT, "%s: there is no spool here; "
		    "give its file with --database", path);
	}
	if (!S_ISREG(st.st_mode))
		return error_set(err, EX_DATAERR, "%s: not a file", path);
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0)
		return error_set(err, EX_NOPERM, "%s: not readable; run as user "
		    TLSQ_USER, path);
	return true;
}

static void
harden(sqlite3 *db)
{
	static const struct {
		int option, value;
	} rows[] = {
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	};

	(void)sqlite3_extended_result_codes(db, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		(void)sqlite3_db_config(db, rows[i].option, rows[i].value,
		    NULL);
}

static bool
connect_file(struct spool *spool, bool writable, struct error *err)
{
	int flags = SQLITE_OPEN_NOMUTEX;

	flags |= writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	if (sqlite3_open_v2(spool->path, &spool->db, flags, NULL) != SQLITE_OK)
		return spool_db_error(err, spool->path, spool->db);
	harden(spool->db);
	(void)sqlite3_busy_handler(spool->db, spool_busy_handler, spool);
	return spool_db_exec(spool->db, spool->path, SQL_CONNECTION_SETUP,
	    err) && spool_db_exec(spool->db, spool->path, SQL_CONNECTION_PROBE,
	    err);
}

/* What the header said may be old news: the log is newer. */
static bool
check_version(struct spool *spool, struct error *err)
{
	int64_t version = 0;

	if (!spool_db_number(spool->db, spool->path, SQL_USER_VERSION,
	    &version, err))
		return false;
	if (version == SPOOL_SCHEMA_VERSION)
		return true;
	if (version > SPOOL_SCHEMA_VERSION)
		return error_set(err, EX_DATAERR, "%s: schema version %lld is "
		    "newer than this program (%d); upgrade tlsq", spool->path,
		    (long long)version, SPOOL_SCHEMA_VERSION);
	if (spool->mode == SPOOL_READ_ONLY)
		return error_set(err, EX_DATAERR, "%s: schema version %lld is "
		    "older than this program (%d); start tlsq-runner to "
		    "upgrade it", spool->path, (long long)version,
		    SPOOL_SCHEMA_VERSION);
	return spool_upgrade(spool, err);
}

/* Without waiting: what is only locked can be written later. */
static bool
probe_writing(struct spool *spool, struct error *err)
{
	bool ok;

	(void)sqlite3_busy_handler(spool->db, NULL, NULL);
	ok = spool_db_exec(spool->db, spool->path, SQL_CONNECTION_PROBE_WRITING,
	    err) || err->code == EX_TEMPFAIL;
	(void)sqlite3_busy_handler(spool->db, spool_busy_handler, spool);
	return ok;
}

static bool
set_up(struct spool *spool, bool wal, struct error *err)
{
	bool writable = is_writable(spool->path);

	if (!writable && spool->mode != SPOOL_READ_ONLY)
		return error_set(err, EX_NOPERM, "%s: file or directory not "
		    "writable; run as user " TLSQ_USER, spool->path);
	if (!connect_file(spool, writable, err))
		return false;
	/* A reader that can write leaves no files behind when it closes. */
	if (spool->mode == SPOOL_READ_ONLY)
		return check_version(spool, err) && spool_db_exec(spool->db,
		    spool->path, SQL_CONNECTION_READ_ONLY, err);
	if (!wal && !spool_db_exec(spool->db, spool->path, SQL_CONNECTION_WAL,
	    err))
		return false;
	if (!probe_writing(spool, err))
		return false;
	spool_shim_install(spool);
	return check_version(spool, err);
}

static bool
open_once(struct spool **spool_r, const char *path, enum spool_mode mode,
    struct error *err)
{
	struct spool_header header = { .wal = false };
	struct spool *spool = NULL;

	*spool_r = NULL;
	if (!find_file(path, mode, err) ||
	    !spool_header_check(path, &header, err))
		return false;
	spool = mem_zalloc(sizeof(*spool));
	spool->path = mem_strdup(path);
	spool->mode = mode;
	spool->busy_ms = SPOOL_BUSY_MS;
	spool->scan_at = -1;
	if (!set_up(spool, header.wal, err)) {
		spool_close(&spool);
		return false;
	}
	*spool_r = spool;
	return true;
}

/*
 * SQLite run by root gives the files beside the database their owner and mode
 * just after it has made them; whoever comes between has them read-only for as
 * long as the handle is open.
 */
bool
spool_open(struct spool **spool_r, const char *path, enum spool_mode mode,
    struct error *err)
{
	for (int tries = 0; !open_once(spool_r, path, mode, err); tries++) {
		if (err->code != EX_NOPERM || tries == OPEN_TRIES ||
		    !is_writable(path))
			return false;
		(void)usleep(OPEN_PAUSE_US);
	}
	return true;
}
