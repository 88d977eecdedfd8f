/*
 * The connection: opened, bounded, locked down, and filled with lookup maps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mail/address.h"
#include "strategy/expr_impl.h"
#include "strategy/rewrite.h"

static const struct {
	int limit, value;
} limits[] = {
	{ SQLITE_LIMIT_LENGTH, EXPR_LENGTH_MAX },
	{ SQLITE_LIMIT_SQL_LENGTH, REWRITE_SQL_MAX + 64 },
	{ SQLITE_LIMIT_EXPR_DEPTH, EXPR_DEPTH_MAX },
	{ SQLITE_LIMIT_FUNCTION_ARG, EXPR_ARGUMENTS_MAX },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, EXPR_PATTERN_MAX },
	{ SQLITE_LIMIT_COLUMN, 64 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 1 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, 3 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 0 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static const struct {
	int option, value;
} options[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_DQS_DML, 0 }, /* "x" is no text by accident */
	{ SQLITE_DBCONFIG_DQS_DDL, 0 },
};

/* Non-zero ends the evaluation. */
static int
count_operations(void *arg)
{
	struct strategy_engine *engine = arg;

	if (engine->values == NULL)
		return 0;
	engine->operations += EXPR_OPERATIONS_STEP;
	return engine->operations > EXPR_OPERATIONS_MAX ||
	    expr_engine_out_of_time(engine);
}

/*
 * What the SQL of an expression may do: call functions of the list, and read
 * columns of the table of its variables.  Everything else is refused, known or
 * not: a new action of a later SQLite is refused, too.
 */

/* The first refusal is the one that is shown. */
static int
deny(struct strategy_compilation *c, const char *what, const char *name)
{
	if (c->denied[0] == '\0')
		(void)snprintf(c->denied, sizeof(c->denied), "%s%s", what,
		    name != NULL ? name : "");
	return SQLITE_DENY;
}

static int
authorize_column(struct strategy_compilation *c, const char *table,
    const char *column)
{
	enum strategy_variable v;

	if (table == NULL || strcmp(table, strategy_class_table[c->class]) != 0)
		return deny(c, "an expression cannot read the table ",
		    table);
	if (column == NULL || column[0] == '\0') /* the table, no column */
		return SQLITE_OK;
	if (!strategy_variable_find(&v, c->class, column))
		return deny(c, "unknown variable ", column);
	c->varies = true;
	c->names_host = c->names_host || v == EXPR_MX || v == EXPR_REMOTE_IP;
	return SQLITE_OK;
}

static int
authorize_function(struct strategy_compilation *c, const char *name)
{
	bool varies;

	if (name == NULL || !strategy_function_allowed(name, &varies))
		return deny(c, "in expressions there is no function ", name);
	if (varies)
		c->varies = true;
	return SQLITE_OK;
}

static int
authorize(void *arg, int action, const char *a, const char *b,
    const char *database, const char *trigger)
{
	const struct strategy_engine *engine = arg;
	struct strategy_compilation *c = engine->compiling;

	(void)database;
	(void)trigger;
	if (c == NULL)		/* the engine's own statements */
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:	/* the mould's; any other is a subquery */
		if (c->selects++ == 0)
			return SQLITE_OK;
		return deny(c, "an expression holds no query", NULL);
	case SQLITE_READ:
		return authorize_column(c, a, b);
	case SQLITE_FUNCTION:
		return authorize_function(c, b);
	default:
		return deny(c, "an expression can only compute", NULL);
	}
}

static int
engine_prepare(struct strategy_engine *engine, const char *sql,
    sqlite3_stmt **stmt_r)
{
	return sqlite3_prepare_v3(engine->db, sql, -1,
	    SQLITE_PREPARE_PERSISTENT, stmt_r, NULL);
}

static int
engine_set_up(struct strategy_engine *engine)
{
	sqlite3 *db = engine->db;
	int rc = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_LEN(options) && rc == SQLITE_OK; i++)
		rc = sqlite3_db_config(db, options[i].option,
		    options[i].value, NULL);
	/* Before anything is prepared: it expires all statements. */
	if (rc == SQLITE_OK)
		rc = sqlite3_set_authorizer(db, authorize, engine);
	if (rc == SQLITE_OK)
		rc = strategy_functions_register(engine);
	if (rc == SQLITE_OK)
		rc = strategy_variables_register(engine);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, EXPR_SQL_LOOKUP, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = engine_prepare(engine, EXPR_SQL_GET, &engine->get);
	if (rc == SQLITE_OK)
		rc = engine_prepare(engine, EXPR_SQL_MAP, &engine->map);
	for (size_t i = 0; i < ARRAY_LEN(limits) && rc == SQLITE_OK; i++)
		(void)sqlite3_limit(db, limits[i].limit, limits[i].value);
	sqlite3_progress_handler(db, EXPR_OPERATIONS_STEP, count_operations,
	    engine);
	return rc;
}

bool
strategy_engine_open(struct strategy_engine **engine_r, struct error *err)
{
	struct strategy_engine *engine = mem_zalloc(sizeof(*engine));
	int rc;

	rc = sqlite3_open_v2(":memory:", &engine->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = engine_set_up(engine);
	if (rc != SQLITE_OK) {
		(void)error_set(err, EX_SOFTWARE,
		    "cannot start the engine for expressions: %s",
		    sqlite3_errmsg(engine->db));
		strategy_engine_close(&engine);
		return false;
	}
	*engine_r = engine;
	return true;
}

void
strategy_engine_close(struct strategy_engine **engine_p)
{
	struct strategy_engine *engine = *engine_p;

	if (engine == NULL)
		return;
	sqlite3_finalize(engine->get);
	sqlite3_finalize(engine->map);
	strategy_regex_free_all(engine);
	buf_free(&engine->text);
	sqlite3_close(engine->db);
	free(engine);
	*engine_p = NULL;
}

static bool
insert_row(struct strategy_engine *engine, sqlite3_stmt *insert,
    const struct conf_lookup_row *row, struct error *err)
{
	/* tlsq load has folded it; what was put into the spool by hand is not */
	char *key = mail_name_fold(row->key);
	const char *const text[] = { row->map, key, row->value };
	int rc = SQLITE_OK;

	for (int i = 0; i < (int)ARRAY_LEN(text) && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_text(insert, i + 1, text[i], -1,
		    SQLITE_STATIC);
	if (rc == SQLITE_OK)
		(void)sqlite3_step(insert);
	if (rc == SQLITE_OK)
		rc = sqlite3_reset(insert);
	free(key);
	if (rc == SQLITE_TOOBIG)
		return error_set(err, EX_CONFIG,
		    "lookup.%.80s.%.80s: longer than %d octets", row->map,
		    row->key, EXPR_LENGTH_MAX);
	if (rc == SQLITE_CONSTRAINT)
		return error_set(err, EX_CONFIG,
		    "lookup.%s.%s: the key is there twice (names are "
		    "compared in lower-case A-labels)", row->map, row->key);
	if (rc != SQLITE_OK)
		return error_set(err, EX_SOFTWARE, "lookup.%s.%s: %s",
		    row->map, row->key, sqlite3_errmsg(engine->db));
	return true;
}

bool
strategy_engine_set_lookup(struct strategy_engine *engine,
    const struct conf_lookup_row *row, size_t count, struct error *err)
{
	sqlite3_stmt *insert = NULL;
	bool ok = false;

	if (sqlite3_exec(engine->db, EXPR_SQL_BEGIN, NULL, NULL, NULL) !=
	    SQLITE_OK || engine_prepare(engine, EXPR_SQL_INSERT, &insert) !=
	    SQLITE_OK) {
		(void)error_set(err, EX_SOFTWARE, "cannot copy the lookup maps:"
		    " %s", sqlite3_errmsg(engine->db));
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		if (!insert_row(engine, insert, &row[i], err))
			goto out;
	ok = true;
out:
	sqlite3_finalize(insert);
	if (sqlite3_exec(engine->db, ok ? EXPR_SQL_COMMIT : EXPR_SQL_ROLLBACK,
	    NULL, NULL, NULL) != SQLITE_OK && ok)
		ok = error_set(err, EX_SOFTWARE,
		    "cannot copy the lookup maps: %s",
		    sqlite3_errmsg(engine->db));
	return ok;
}
