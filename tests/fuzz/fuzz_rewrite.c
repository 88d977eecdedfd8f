/*
 * Any text as an expression: it must be refused or evaluated, within bounds,
 * and whatever the rewriting lets through must leave the engine as it was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "strategy/expr.h"
#include "strategy/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct strategy_engine *
engine_new(void)
{
	static const struct conf_lookup_row row = {
		.map = "m", .key = "k", .value = "v"
	};
	struct strategy_engine *engine;
	struct error err;

	if (!strategy_engine_open(&engine, &err) ||
	    !strategy_engine_set_lookup(engine, &row, 1, &err))
		abort();
	return engine;
}

/* The one row is still there, and still the same. */
static void
check_engine(struct strategy_engine *engine,
    const struct strategy_values *values)
{
	const char *text;
	struct strategy_expr *expr;
	struct error err;

	if (!strategy_expr_compile(&expr, engine, EXPR_QUEUE,
	    "key_get('m', 'k')", &err) || !strategy_expr_evaluate_text(expr,
	    values, &text, &err) || strcmp(text, "v") != 0)
		abort();
	strategy_expr_free(&expr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct strategy_engine *engine;
	const struct strategy_values values = strategy_values_sample();
	struct buf sql = { .limit = REWRITE_SQL_MAX };
	char *text = mem_zalloc(size + 1);
	struct strategy_expr_result r;
	struct strategy_expr *expr;
	struct error err;
	bool taken;

	if (engine == NULL)
		engine = engine_new();
	memcpy(text, data, size);
	taken = strategy_rewrite(&sql, text, &err);
	if (strategy_expr_compile(&expr, engine, EXPR_QUEUE, text, &err)) {
		if (!taken)
			abort();
		if (strategy_expr_evaluate(expr, &values, &r, &err) &&
		    r.type == EXPR_TEXT && r.text == NULL)
			abort();
		strategy_expr_free(&expr);
		check_engine(engine, &values);
	}
	buf_free(&sql);
	free(text);
	return 0;
}
