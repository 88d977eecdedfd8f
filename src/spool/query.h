/*
 * Running the named SQL blocks of sql/ (enum sql_id, generated).  A block is
 * prepared once per handle, at its first use.  Errors stick: binding and
 * stepping after one do nothing, and query_end reports it, so that a use is
 *
 *	spool_query_start(&q, spool, SQL_QUEUE_LIST);
 *	spool_query_put_text(&q, ":domain", domain);
 *	while (spool_query_next(&q))
 *		show(spool_query_text(&q, 0));
 *	return spool_query_end(&q, err);
 *
 * A block is not re-entrant: end it before it is started again.
 */
#ifndef TLSQ_SPOOL_QUERY_H
#define TLSQ_SPOOL_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "spool/spool.h"
#include "spool/sql_gen.h"

struct spool_query {
	struct spool *spool;
	enum sql_id id;
	void *stmt;		/* NULL once an error stuck */
	int rc;
	char why[160];
};

void spool_query_start(struct spool_query *q, struct spool *spool,
    enum sql_id id);
/* Values are borrowed until the end of the query; NULL text is SQL NULL. */
void spool_query_put_text(struct spool_query *q, const char *name,
    const char *text);
/* Text that others wrote, as text_clean() leaves it: a shell shows the tables. */
void spool_query_put_foreign(struct spool_query *q, const char *name,
    const char *text, const char *keep);
void spool_query_put_int(struct spool_query *q, const char *name,
    int64_t value);
void spool_query_put_null(struct spool_query *q, const char *name);
/* value < 0 is SQL NULL: for times that may be unset. */
void spool_query_put_time(struct spool_query *q, const char *name,
    int64_t value);
void spool_query_put_blob(struct spool_query *q, const char *name,
    const void *data, size_t len);

/* True with a row; false at the end or after an error. */
bool spool_query_next(struct spool_query *q);
/* Columns of the current row, valid until the next call on q. */
const char *spool_query_text(struct spool_query *q, int column);
int64_t spool_query_int(struct spool_query *q, int column);
/* -1 where the column is NULL. */
int64_t spool_query_time(struct spool_query *q, int column);
bool spool_query_is_null(struct spool_query *q, int column);
const void *spool_query_blob(struct spool_query *q, int column,
    size_t *len_r);
/* A copy in the arena; NULL where the column is NULL. */
const char *spool_query_copy(struct spool_query *q, int column,
    struct arena *arena);

/* Releases the block for its next use; false where an error stuck. */
bool spool_query_end(struct spool_query *q, struct error *err) MUST_CHECK;
/* next to the end, and end: for blocks without rows.  Rows are dropped. */
bool spool_query_run(struct spool_query *q, struct error *err) MUST_CHECK;
/* Rows changed by the last run of a writing block on this handle. */
int64_t spool_changes(const struct spool *spool);
/* The id of the row that the last INSERT on this handle made. */
int64_t spool_inserted(const struct spool *spool);

#endif
