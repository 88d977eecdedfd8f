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

/* The value of a parameter. */
struct spool_value {
	const char *name;
	enum {
		SPOOL_VALUE_INT, SPOOL_VALUE_TIME, SPOOL_VALUE_TEXT,
		SPOOL_VALUE_FOREIGN
	} type;
	int64_t number;
	const char *text;
};
#define SPOOL_INT(n, v) { .name = (n), .number = (v) }
#define SPOOL_TIME(n, v) \
	{ .name = (n), .type = SPOOL_VALUE_TIME, .number = (v) }
#define SPOOL_TEXT(n, v) \
	{ .name = (n), .type = SPOOL_VALUE_TEXT, .text = (v) }
/* Others wrote it; no character is kept that text_clean() knows. */
#define SPOOL_FOREIGN(n, v) \
	{ .name = (n), .type = SPOOL_VALUE_FOREIGN, .text = (v) }
#define SPOOL_VALUES(...) \
	(const struct spool_value[]){ __VA_ARGS__, { .name = NULL } }

/* start and put; values: SPOOL_VALUES(...), or NULL for none. */
void spool_query_start_with(struct spool_query *q, struct spool *spool,
    enum sql_id id, const struct spool_value *values);
/*
 * A whole query without rows; and one for the first number of its first row: -1
 * where there is no row, or NULL in it.
 *
 *	return spool_run(spool, SQL_CLAIM_RENEW, SPOOL_VALUES(
 *	    SPOOL_TEXT(":token", token), SPOOL_INT(":until", until)), err);
 */
bool spool_run(struct spool *spool, enum sql_id id,
    const struct spool_value *values, struct error *err) MUST_CHECK;
bool spool_ask(struct spool *spool, enum sql_id id,
    const struct spool_value *values, int64_t *number_r, struct error *err)
    MUST_CHECK;
/* Rows changed by the last run of a writing block on this handle. */
int64_t spool_changes(const struct spool *spool);
/* The id of the row that the last INSERT on this handle made. */
int64_t spool_inserted(const struct spool *spool);

#endif
