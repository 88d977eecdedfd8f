/*
 * Making a new spool.  It is made complete under another name and then linked
 * to its own, so that nobody ever sees half a database and of two programs that
 * create at once exactly one file wins.
 */
#include "spool/spool_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/mem.h"

enum { DIR_MODE = 02770, FILE_MODE = 0660 };

static const enum sql_id steps[] = {
	SQL_SCHEMA_PRAGMAS, SQL_BEGIN, SQL_SCHEMA_TABLES, SQL_SCHEMA_VIEWS,
	SQL_SCHEMA_VERSION, SQL_COMMIT, SQL_CONNECTION_WAL,
};

static bool
make_database(const char *name, struct error *err)
{
	sqlite3 *db = NULL;
	bool ok = true;

	if (sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		ok = spool_db_error(err, name, db);
		(void)sqlite3_close(db);
		return ok;
	}
	for (size_t i = 0; ok && i < ARRAY_LEN(steps); i++)
		ok = spool_db_exec(db, name, steps[i], err);
	if (sqlite3_close(db) != SQLITE_OK && ok)
		ok = error_set(err, EX_SOFTWARE, "%s: cannot close", name);
	/* Whatever the umask is: the group shares the spool. */
	if (ok && chmod(name, FILE_MODE) != 0)
		ok = error_set(err, EX_CANTCREAT, "%s: cannot set its mode: %s",
		    name, strerror(errno));
	return ok;
}

static void
remove_all(const char *name)
{
	static const char *const suffixes[] = { "", "-journal", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		char *file = mem_printf("%s%s", name, suffixes[i]);

		(void)unlink(file);
		free(file);
	}
}

/* Makes the new directory entry last. */
static void
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

static bool
make_dir(const char *dir, struct error *err)
{
	if (mkdir(dir, 0770) != 0) {
		if (errno == EEXIST)
			return true;
		return error_set(err, EX_CANTCREAT, "%s: cannot create the "
		    "directory: %s", dir, strerror(errno));
	}
	if (chmod(dir, DIR_MODE) != 0)
		return error_set(err, EX_CANTCREAT, "%s: cannot set its mode: "
		    "%s", dir, strerror(errno));
	return true;
}

bool
spool_create(const char *path, struct error *err)
{
	char *dir = spool_dir(path), *name = mem_printf("%s.new-XXXXXX", path);
	bool ok = false;
	int fd = -1;

	if (!make_dir(dir, err))
		goto out;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		(void)error_set(err, EX_CANTCREAT, "%s: cannot create it in "
		    "%s: %s", path, dir, strerror(errno));
		goto out;
	}
	(void)close(fd);
	if (!make_database(name, err)) {
		if (err != NULL && err->code == EX_NOINPUT)
			err->code = EX_CANTCREAT;
		goto out;
	}
	FAILPOINT("create.before-link");
	if (link(name, path) != 0 && errno != EEXIST) {
		(void)error_set(err, EX_CANTCREAT, "%s: cannot be created: %s",
		    path, strerror(errno));
		goto out;
	}
	FAILPOINT("create.after-link");
	sync_dir(dir);
	ok = true;
out:
	if (fd >= 0)
		remove_all(name);
	free(name);
	free(dir);
	return ok;
}
