/*
 * Bringing an older spool to this program's schema: a copy of the file is made
 * beside it, then all steps run in one transaction.  A crash before its commit
 * leaves the old schema, after it the new one.
 */
#include "spool/spool_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "spool/checkpoint.h"

/* Row N leads from version N to N + 1. */
static const enum sql_id steps[SPOOL_SCHEMA_VERSION] = {
	[1] = SQL_UPGRADE_002,
	[2] = SQL_UPGRADE_003,
	[3] = SQL_UPGRADE_004,
	[4] = SQL_UPGRADE_005,
};

static bool
copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	bool done;

	if (backup == NULL)
		return false;
	done = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
	return sqlite3_backup_finish(backup) == SQLITE_OK && done;
}

/* Copies the file of source into the new file at path. */
static bool
copy_to(sqlite3 *source, const char *path, struct error *err)
{
	sqlite3 *to = NULL;
	bool ok;

	ok = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE, NULL) == SQLITE_OK &&
	    copy_pages(source, to);
	if (!ok)
		(void)spool_db_error(err, path, to);
	(void)sqlite3_close(to);
	if (ok && chmod(path, 0660) != 0)
		ok = error_set(err, EX_CANTCREAT, "%s: cannot set its mode: %s",
		    path, strerror(errno));
	return ok;
}

/*
 * The copy before an upgrade: PATH.version-N.  Its source is a handle of its
 * own: one with a write transaction cannot be copied from.
 */
static bool
keep_copy(struct spool *spool, int64_t version, struct error *err)
{
	char *name = mem_printf("%s.version-%lld", spool->path,
	    (long long)version);
	char *tmp = mem_printf("%s.new", name);
	sqlite3 *from = NULL;
	bool ok;

	(void)unlink(tmp);
	ok = sqlite3_open_v2(spool->path, &from, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
	ok = ok ? copy_to(from, tmp, err) :
	    spool_db_error(err, spool->path, from);
	(void)sqlite3_close(from);
	if (ok && rename(tmp, name) != 0)
		ok = error_set(err, EX_CANTCREAT, "%s: cannot be created: %s",
		    name, strerror(errno));
	if (!ok)
		(void)unlink(tmp);
	free(tmp);
	free(name);
	return ok;
}

static bool
run_steps(struct spool *spool, struct error *err)
{
	int64_t version = 0;

	/* Another program may have done it while we waited for the lock. */
	if (!spool_db_number(spool->db, spool->path, SQL_USER_VERSION, &version,
	    err))
		return false;
	if (version == SPOOL_SCHEMA_VERSION)
		return true;
	if (version < 1 || version > SPOOL_SCHEMA_VERSION)
		return error_set(err, EX_DATAERR, "%s: schema version %lld is "
		    "unknown", spool->path, (long long)version);
	if (!keep_copy(spool, version, err))
		return false;
	FAILPOINT("upgrade.after-copy");
	FAILPOINT_ROW("upgrade");
	for (; version < SPOOL_SCHEMA_VERSION; version++)
		if (!spool_db_exec(spool->db, spool->path, steps[version], err))
			return false;
	return spool_db_exec(spool->db, spool->path, SQL_SCHEMA_VIEWS, err);
}

bool
spool_upgrade(struct spool *spool, struct error *err)
{
	bool ok, done;

	/* Tables are made anew and renamed: rows refer to them meanwhile. */
	(void)sqlite3_db_config(spool->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	ok = spool_begin(spool, err);
	if (ok && (!run_steps(spool, err) || !spool_commit(spool, err))) {
		spool_rollback(spool);
		ok = false;
	}
	(void)sqlite3_db_config(spool->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	if (!ok)
		return error_prefix(err, "cannot upgrade the schema");
	/* So that the header alone tells the version; it may also wait. */
	return spool_checkpoint_if_needed(spool, 0, &done, err);
}
