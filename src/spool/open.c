/*
 * Opening: what is not ours is refused before SQLite opens it as a database, so
 * that such a file is left as it was, without a log or index beside it; then
 * connect.  And looking whether what is in it is sound.
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
		return error_set(err, EX_NOPERM,
		    "%s: not readable; run as user "
		    TLSQ_USER, path);
	return true;
}

/* --- the header ------------------------------------------------------- */

/*
 * The first octets are read through SQLite's own file layer: a plain open and
 * close would drop the locks that other handles of this process have on the file.
 */

/* https://www.sqlite.org/fileformat2.html 1.3 */
enum {
	HEADER_LEN = 100,
	OFFSET_READ_VERSION = 19,	/* 2: write-ahead log */
	OFFSET_USER_VERSION = 60,
	OFFSET_APPLICATION_ID = 68,
};
static const char magic[16] = "SQLite format 3";

static uint32_t
big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int
read_start(sqlite3_vfs *vfs, sqlite3_file *file, const char *path,
    uint8_t head[static HEADER_LEN], sqlite3_int64 *size_r)
{
	sqlite3_filename name;
	int rc, flags;

	name = sqlite3_create_filename(path, "", "", 0, NULL);
	if (name == NULL)
		return SQLITE_NOMEM;
	rc = vfs->xOpen(vfs, name, file,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, &flags);
	if (rc == SQLITE_OK)
		rc = file->pMethods->xFileSize(file, size_r);
	if (rc == SQLITE_OK && *size_r >= HEADER_LEN)
		rc = file->pMethods->xRead(file, head, HEADER_LEN, 0);
	if (file->pMethods != NULL)
		(void)file->pMethods->xClose(file);
	sqlite3_free_filename(name);
	return rc;
}

static bool
read_header(const char *path, uint8_t head[static HEADER_LEN],
    sqlite3_int64 *size_r, struct error *err)
{
	sqlite3_vfs *vfs;
	sqlite3_file *file = NULL;
	char *full = NULL;
	int rc = sqlite3_initialize();

	vfs = sqlite3_vfs_find(NULL);
	if (rc != SQLITE_OK || vfs == NULL)
		return error_set(err, EX_SOFTWARE, "cannot initialise SQLite");
	file = mem_zalloc((size_t)vfs->szOsFile);
	full = mem_zalloc((size_t)vfs->mxPathname + 1);
	rc = vfs->xFullPathname(vfs, path, vfs->mxPathname + 1, full);
	/* SQLITE_OK_SYMLINK is success too. */
	if ((rc & 0xff) == SQLITE_OK)
		rc = read_start(vfs, file, full, head, size_r);
	free(full);
	free(file);
	if ((rc & 0xff) == SQLITE_OK)
		return true;
	return spool_sqlite_error(err, path, rc, sqlite3_errstr(rc));
}

/* EX_DATAERR where it is not a spool that this program can use. */
static bool
check_header(const char *path, bool *wal_r, struct error *err)
{
	uint8_t head[HEADER_LEN] = { 0 };
	sqlite3_int64 size = 0;
	int64_t version;

	if (!read_header(path, head, &size, err))
		return false;
	if (size == 0)
		return error_set(err, EX_DATAERR, "%s: empty file, not a "
		    "spool; remove it, and tlsq will create a new one", path);
	if (size < HEADER_LEN || memcmp(head, magic, sizeof(magic)) != 0)
		return error_set(err, EX_DATAERR, "%s: not a database; give "
		    "another file with --database", path);
	if (big_endian(head + OFFSET_APPLICATION_ID) != SPOOL_APPLICATION_ID)
		return error_set(err, EX_DATAERR, "%s: the database of another "
		    "program, not a spool; give another file with --database",
		    path);
	*wal_r = head[OFFSET_READ_VERSION] == 2;
	version = big_endian(head + OFFSET_USER_VERSION);
	if (version > SPOOL_SCHEMA_VERSION)
		return error_set(err, EX_DATAERR, "%s: schema version %lld is "
		    "newer than this program (%d); upgrade tlsq", path,
		    (long long)version, SPOOL_SCHEMA_VERSION);
	return true;
}

/* --- the connection --------------------------------------------------- */

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
set_up_handle(struct spool *spool, bool wal, struct error *err)
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
open_once(struct spool **spool_r, const char *path, enum spool_mode mode,
    struct error *err)
{
	struct spool *spool = NULL;
	bool wal = false;

	*spool_r = NULL;
	if (!find_file(path, mode, err) ||
	    !check_header(path, &wal, err))
		return false;
	spool = mem_zalloc(sizeof(*spool));
	spool->path = mem_strdup(path);
	spool->mode = mode;
	spool->busy_ms = SPOOL_BUSY_MS;
	spool->scan_at = -1;
	if (!set_up_handle(spool, wal, err)) {
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

/* --- soundness -------------------------------------------------------- */

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
