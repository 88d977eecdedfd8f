/*
 * Named SQL blocks, prepared at their first use and kept; transactions.
 */
#include "spool/query.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "spool/spool_impl.h"

static void
stick(struct spool_query *q, int rc)
{
	sqlite3 *db = q->spool->db;

	if (q->rc != SQLITE_OK)
		return;
	q->rc = rc;
	(void)snprintf(q->why, sizeof(q->why), "%s",
	    sqlite3_errcode(db) == rc ? sqlite3_errmsg(db) :
	    sqlite3_errstr(rc));
}

void
spool_query_start(struct spool_query *q, struct spool *spool, enum sql_id id)
{
	int rc;

	*q = (struct spool_query){ .spool = spool, .id = id };
	assert(!spool->busy[id]);
	spool->busy[id] = true;
	if (spool->stmts[id] == NULL) {
		rc = sqlite3_prepare_v3(spool->db, sql_texts[id].text, -1,
		    SQLITE_PREPARE_PERSISTENT, &spool->stmts[id], NULL);
		if (rc != SQLITE_OK)
			stick(q, rc);
	}
	q->stmt = spool->stmts[id];
}

/* The parameter's number; 0 (which no bind accepts) after an error. */
static int
parameter(struct spool_query *q, const char *name)
{
	int n;

	if (q->rc != SQLITE_OK)
		return 0;
	n = sqlite3_bind_parameter_index(q->stmt, name);
	assert(n > 0);
	return n;
}

static void
bound(struct spool_query *q, int rc)
{
	if (rc != SQLITE_OK)
		stick(q, rc);
}

void
spool_query_put_text(struct spool_query *q, const char *name,
    const char *text)
{
	int n = parameter(q, name);

	if (n > 0)
		bound(q, sqlite3_bind_text(q->stmt, n, text, -1,
		    SQLITE_STATIC));
}

void
spool_query_put_foreign(struct spool_query *q, const char *name,
    const char *text, const char *keep)
{
	int n = parameter(q, name);
	char *clean;

	if (n == 0 || text == NULL) {
		spool_query_put_text(q, name, text);
		return;
	}
	clean = mem_strdup(text);
	text_clean(clean, keep);
	bound(q, sqlite3_bind_text(q->stmt, n, clean, -1, free));
}

void
spool_query_put_int(struct spool_query *q, const char *name, int64_t value)
{
	int n = parameter(q, name);

	if (n > 0)
		bound(q, sqlite3_bind_int64(q->stmt, n, value));
}

void
spool_query_put_time(struct spool_query *q, const char *name, int64_t value)
{
	/* What is not bound is NULL. */
	if (value >= 0)
		spool_query_put_int(q, name, value);
}

void
spool_query_put_blob(struct spool_query *q, const char *name,
    const void *data, size_t len)
{
	int n = parameter(q, name);

	if (n > 0)
		bound(q, sqlite3_bind_blob64(q->stmt, n, data, len,
		    SQLITE_STATIC));
}

bool
spool_query_next(struct spool_query *q)
{
	int rc;

	if (q->rc != SQLITE_OK)
		return false;
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		stick(q, rc);
	else
		q->spool->changes = sqlite3_changes64(q->spool->db);
	return false;
}

const char *
spool_query_text(struct spool_query *q, int column)
{
	return (const char *)sqlite3_column_text(q->stmt, column);
}

int64_t
spool_query_int(struct spool_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

bool
spool_query_is_null(struct spool_query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

int64_t
spool_query_time(struct spool_query *q, int column)
{
	return spool_query_is_null(q, column) ? -1 :
	    spool_query_int(q, column);
}

const void *
spool_query_blob(struct spool_query *q, int column, size_t *len_r)
{
	const void *data = sqlite3_column_blob(q->stmt, column);

	*len_r = (size_t)sqlite3_column_bytes(q->stmt, column);
	return data;
}

const char *
spool_query_copy(struct spool_query *q, int column, struct arena *arena)
{
	const char *text = spool_query_text(q, column);

	return text != NULL ? arena_strdup(arena, text) : NULL;
}

bool
spool_query_end(struct spool_query *q, struct error *err)
{
	struct spool *spool = q->spool;

	spool->busy[q->id] = false;
	if (q->stmt != NULL) {
		(void)sqlite3_reset(q->stmt);
		(void)sqlite3_clear_bindings(q->stmt);
	}
	if (q->rc == SQLITE_OK)
		return true;
	return spool_sqlite_error(err, spool->path, q->rc, q->why);
}

bool
spool_query_run(struct spool_query *q, struct error *err)
{
	while (spool_query_next(q))
		continue;
	return spool_query_end(q, err);
}

void
spool_query_start_with(struct spool_query *q, struct spool *spool,
    enum sql_id id, const struct spool_value *values)
{
	spool_query_start(q, spool, id);
	for (const struct spool_value *v = values; v != NULL &&
	    v->name != NULL; v++)
		switch (v->type) {
		case SPOOL_VALUE_INT:
			spool_query_put_int(q, v->name, v->number);
			break;
		case SPOOL_VALUE_TIME:
			spool_query_put_time(q, v->name, v->number);
			break;
		case SPOOL_VALUE_TEXT:
			spool_query_put_text(q, v->name, v->text);
			break;
		case SPOOL_VALUE_FOREIGN:
			spool_query_put_foreign(q, v->name, v->text, "");
			break;
		}
}

bool
spool_run(struct spool *spool, enum sql_id id,
    const struct spool_value *values, struct error *err)
{
	struct spool_query q;

	spool_query_start_with(&q, spool, id, values);
	return spool_query_run(&q, err);
}

bool
spool_ask(struct spool *spool, enum sql_id id,
    const struct spool_value *values, int64_t *number_r, struct error *err)
{
	struct spool_query q;

	*number_r = -1;
	spool_query_start_with(&q, spool, id, values);
	if (spool_query_next(&q))
		*number_r = spool_query_time(&q, 0);
	return spool_query_end(&q, err);
}

/* --- the handle ------------------------------------------------------- */

int64_t
spool_changes(const struct spool *spool)
{
	return spool->changes;
}

int64_t
spool_inserted(const struct spool *spool)
{
	return sqlite3_last_insert_rowid(spool->db);
}

bool
spool_begin(struct spool *spool, struct error *err)
{
	return spool_run(spool, SQL_BEGIN, NULL, err);
}

bool
spool_commit(struct spool *spool, struct error *err)
{
	if (FAILPOINT_BEFORE_COMMIT())
		(void)error_set(err, EX_IOERR, "%s: failpoint", spool->path);
	else if (spool_run(spool, SQL_COMMIT, NULL, err)) {
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
		(void)!spool_run(spool, SQL_ROLLBACK, NULL, NULL);
}

bool
spool_savepoint(struct spool *spool, struct error *err)
{
	return spool_run(spool, SQL_SAVEPOINT, NULL, err);
}

bool
spool_savepoint_end(struct spool *spool, bool keep, struct error *err)
{
	return spool_in_transaction(spool) &&
	    (keep || spool_run(spool, SQL_SAVEPOINT_UNDO, NULL, err)) &&
	    spool_run(spool, SQL_SAVEPOINT_RELEASE, NULL, err);
}

bool
spool_data_version(struct spool *spool, int64_t *version_r, struct error *err)
{
	return spool_ask(spool, SQL_DATA_VERSION, NULL, version_r, err);
}
