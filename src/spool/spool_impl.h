/*
 * Inside of a spool handle, for this folder only.  A handle belongs to one
 * thread.
 */
#ifndef TLSQ_SPOOL_SPOOL_IMPL_H
#define TLSQ_SPOOL_SPOOL_IMPL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "spool/spool.h"
#include "spool/sql_gen.h"

struct checkpoint_shim;

struct spool {
	sqlite3 *db;
	char *path;
	enum spool_mode mode;
	sqlite3_stmt *stmts[SQL_COUNT];
	bool busy[SQL_COUNT];		/* between start and end */
	int64_t changes;
	int busy_ms;
	int64_t busy_since_ms;		/* of the wait going on */
	int64_t limit_at_ms;		/* when statements are to end */
	struct checkpoint_shim *shim;	/* NULL in read-only handles */
	int64_t checkpoint_not_before_ms;
	/* Where the last claim's scan stopped; -1: at the end. */
	int64_t scan_at, scan_id;
};

/* Describes a failed SQLite call on path; returns false. */
bool spool_sqlite_error(struct error *err, const char *path, int rc,
    const char *detail);
/* The same for the last call on db. */
bool spool_db_error(struct error *err, const char *path, sqlite3 *db);
/* Runs all statements of a block; rows are dropped. */
bool spool_db_exec(sqlite3 *db, const char *path, enum sql_id id,
    struct error *err) MUST_CHECK;
/* The first column of the first row of a block, as a number. */
bool spool_db_number(sqlite3 *db, const char *path, enum sql_id id,
    int64_t *number_r, struct error *err) MUST_CHECK;

/* The directory of path, in fresh memory. */
char *spool_dir(const char *path);

/* create.c: makes path (and its directory); fine if another one just did. */
bool spool_create(const char *path, struct error *err) MUST_CHECK;

/* upgrade.c: brings the schema to SPOOL_SCHEMA_VERSION. */
bool spool_upgrade(struct spool *spool, struct error *err) MUST_CHECK;

/* checkpoint.c */
void spool_shim_install(struct spool *spool);
void spool_shim_remove(struct spool *spool);
int spool_busy_handler(void *spool, int count);

#endif
