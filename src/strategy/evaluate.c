/*
 * Compiling and evaluating one expression.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "strategy/expr_impl.h"
#include "strategy/rewrite.h"

struct strategy_expr {
	struct strategy_engine *engine;
	sqlite3_stmt *stmt;
	char *text;
	bool names_host, varies;
};

const char *
strategy_expr_type_name(enum strategy_expr_type type)
{
	static const char *const names[] = {
		[EXPR_NULL] = "NULL", [EXPR_INTEGER] = "a number",
		[EXPR_REAL] = "a number with a fraction",
		[EXPR_TEXT] = "text", [EXPR_BLOB] = "a blob",
	};

	return names[type];
}

/* SQLite's message in the words of expressions. */
static bool
evaluate_explain(const struct strategy_engine *engine,
    const struct strategy_compilation *c, struct error *err)
{
	static const char column[] = "no such column: ";
	static const char function[] = "no such function: ";
	const char *m = sqlite3_errmsg(engine->db);
	struct buf known = BUF_INIT;

	if (c->denied[0] != '\0')
		return error_set(err, EX_CONFIG, "%s", c->denied);
	if (strcmp(m, "parser stack overflow") == 0)
		return error_set(err, EX_CONFIG, "is nested too deeply");
	if (strncmp(m, function, strlen(function)) == 0)
		return error_set(err, EX_CONFIG, "unknown function %s",
		    m + strlen(function));
	if (strncmp(m, column, strlen(column)) != 0)
		return error_set(err, EX_CONFIG, "%s", m);
	m += strlen(column);
	(void)strategy_variable_list(&known, c->class, false);
	    /* has no limit */
	(void)error_set(err, EX_CONFIG, "unknown variable %s (text is written "
	    "'%s'; variables are %s)", m, m, buf_str(&known));
	buf_free(&known);
	return false;
}

static bool
evaluate_prepare(struct strategy_expr *e, struct strategy_compilation *c,
    const char *sql, struct error *err)
{
	char *select = mem_printf(EXPR_SQL_MOULD, sql,
	    strategy_class_table[c->class]);
	bool ok;

	e->engine->compiling = c;
	ok = sqlite3_prepare_v3(e->engine->db, select, -1,
	    SQLITE_PREPARE_PERSISTENT, &e->stmt, NULL) == SQLITE_OK;
	e->engine->compiling = NULL;
	free(select);
	if (!ok)
		return evaluate_explain(e->engine, c, err);
	/* The mould has one column and reads only: rewriting saw to it. */
	assert(sqlite3_column_count(e->stmt) == 1);
	assert(sqlite3_stmt_readonly(e->stmt));
	return true;
}

bool
strategy_expr_compile(struct strategy_expr **expr_r,
    struct strategy_engine *engine, enum strategy_class class, const char *text,
    struct error *err)
{
	struct strategy_compilation c = { .class = class };
	struct buf sql = { .limit = REWRITE_SQL_MAX };
	struct strategy_expr *e = mem_zalloc(sizeof(*e));
	bool ok = false;

	e->engine = engine;
	e->text = mem_strdup(text);
	if (!strategy_rewrite(&sql, text, err))
		goto out;
	if (!strategy_operands_check(buf_str(&sql), class, err))
		goto out;
	if (!evaluate_prepare(e, &c, buf_str(&sql), err))
		goto out;
	e->names_host = c.names_host;
	e->varies = c.varies;
	*expr_r = e;
	ok = true;
out:
	if (!ok)
		strategy_expr_free(&e);
	buf_free(&sql);
	return ok;
}

void
strategy_expr_free(struct strategy_expr **expr)
{
	if (*expr == NULL)
		return;
	sqlite3_finalize((*expr)->stmt);
	free((*expr)->text);
	free(*expr);
	*expr = NULL;
}

const char *
strategy_expr_text(const struct strategy_expr *expr)
{
	return expr->text;
}

bool
strategy_expr_names_host(const struct strategy_expr *expr)
{
	return expr->names_host;
}

bool
strategy_expr_is_constant(const struct strategy_expr *expr)
{
	return !expr->varies;
}

static void
take_result(struct strategy_expr *e, struct strategy_expr_result *r)
{
	static const enum strategy_expr_type types[] = {
		[SQLITE_NULL] = EXPR_NULL, [SQLITE_INTEGER] = EXPR_INTEGER,
		[SQLITE_FLOAT] = EXPR_REAL, [SQLITE_TEXT] = EXPR_TEXT,
		[SQLITE_BLOB] = EXPR_BLOB,
	};

	*r = (struct strategy_expr_result){
		.type = types[sqlite3_column_type(e->stmt, 0)]
	};
	if (r->type == EXPR_INTEGER)
		r->integer = sqlite3_column_int64(e->stmt, 0);
	if (r->type != EXPR_TEXT)
		return;
	buf_clear(&e->engine->text); /* has no limit but SQLite's */
	(void)buf_puts(&e->engine->text,
	    (const char *)sqlite3_column_text(e->stmt, 0));
	r->text = buf_str(&e->engine->text);
}

bool
strategy_expr_evaluate(struct strategy_expr *e,
    const struct strategy_values *values, struct strategy_expr_result *result_r,
    struct error *err)
{
	struct strategy_engine *engine = e->engine;
	int rc;

	engine->values = values;
	engine->operations = 0;
	engine->deadline_ns = clock_thread_ns() +
	    (int64_t)EXPR_TIME_MAX_MS * 1000000;
	rc = sqlite3_step(e->stmt);
	if (rc == SQLITE_ROW)
		take_result(e, result_r);
	else
		(void)error_set(err, EX_CONFIG, "%s", rc == SQLITE_INTERRUPT ?
		    "the expression takes too long" :
		    rc == SQLITE_TOOBIG ? "text becomes too long" :
		    sqlite3_errmsg(engine->db));
	(void)sqlite3_reset(e->stmt); /* repeats what step said */
	engine->values = NULL;
	return rc == SQLITE_ROW;
}

bool
strategy_expr_evaluate_text_or_null(struct strategy_expr *expr,
    const struct strategy_values *values, const char **text_r,
    struct error *err)
{
	struct strategy_expr_result r;

	if (!strategy_expr_evaluate(expr, values, &r, err))
		return false;
	if (r.type != EXPR_TEXT && r.type != EXPR_NULL)
		return error_set(err, EX_CONFIG, "gives %s where text is "
		    "needed", strategy_expr_type_name(r.type));
	*text_r = r.text;
	return true;
}

bool
strategy_expr_evaluate_text(struct strategy_expr *expr,
    const struct strategy_values *values, const char **text_r,
    struct error *err)
{
	const char *text = NULL;

	if (!strategy_expr_evaluate_text_or_null(expr, values, &text, err))
		return false;
	if (text == NULL)
		return error_set(err, EX_CONFIG, "gives NULL where text is "
		    "needed (use coalesce(x, 'default'))");
	*text_r = text;
	return true;
}

bool
strategy_expr_evaluate_condition(struct strategy_expr *expr,
    const struct strategy_values *values, bool *holds_r, struct error *err)
{
	struct strategy_expr_result r;

	if (!strategy_expr_evaluate(expr, values, &r, err))
		return false;
	if (r.type != EXPR_INTEGER)
		return error_set(err, EX_CONFIG, "gives %s, which is neither "
		    "true nor false", strategy_expr_type_name(r.type));
	*holds_r = r.integer != 0;
	return true;
}
