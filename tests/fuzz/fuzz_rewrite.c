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

static struct expr_engine *
engine_new(void)
{
	static const struct conf_lookup_row row = {
		.map = "m", .key = "k", .value = "v"
	};
	struct expr_engine *engine;
	struct error err;

	if (!expr_engine_open(&engine, &err) ||
	    !expr_engine_set_lookup(engine, &row, 1, &err))
		abort();
	return engine;
}

/* The one row is still there, and still the same. */
static void
check_engine(struct expr_engine *engine, const struct expr_values *values)
{
	const char *text;
	struct expr *expr;
	struct error err;

	if (!expr_compile(&expr, engine, EXPR_QUEUE, "key_get('m', 'k')",
	    &err) || !expr_evaluate_text(expr, values, &text, &err) ||
	    strcmp(text, "v") != 0)
		abort();
	expr_free(&expr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct expr_engine *engine;
	const struct expr_values values = expr_values_sample();
	struct buf sql = { .limit = REWRITE_SQL_MAX };
	char *text = mem_zalloc(size + 1);
	struct expr_result r;
	struct expr *expr;
	struct error err;
	bool taken;

	if (engine == NULL)
		engine = engine_new();
	memcpy(text, data, size);
	taken = strategy_rewrite(&sql, text, &err);
	if (expr_compile(&expr, engine, EXPR_QUEUE, text, &err)) {
		if (!taken)
			abort();
		if (expr_evaluate(expr, &values, &r, &err) &&
		    r.type == EXPR_TEXT && r.text == NULL)
			abort();
		expr_free(&expr);
		check_engine(engine, &values);
	}
	buf_free(&sql);
	free(text);
	return 0;
}
