/*
 * A look at the first octets of a file before SQLite opens it as a database,
 * so that a file that is not ours is left as it was: no log or index beside it.
 *
 * The octets are read through SQLite's own file layer.  A plain open and close
 * would drop the locks that other handles of this process have on the file.
 */
#include "spool/spool_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

bool
spool_header_check(const char *path, struct spool_header *header_r,
    struct error *err)
{
	uint8_t head[HEADER_LEN] = { 0 };
	sqlite3_int64 size = 0;

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
	header_r->wal = head[OFFSET_READ_VERSION] == 2;
	header_r->user_version = big_endian(head + OFFSET_USER_VERSION);
	if (header_r->user_version > SPOOL_SCHEMA_VERSION)
		return error_set(err, EX_DATAERR, "%s: schema version %lld is "
		    "newer than this program (%d); upgrade tlsq", path,
		    (long long)header_r->user_version, SPOOL_SCHEMA_VERSION);
	return true;
}
