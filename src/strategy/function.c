/*
 * Which functions an expression may call: ours, and those of SQLite that only
 * compute.  Not random() and its like, since a decision must be the same when
 * it is explained or replayed; nothing that takes a size to allocate.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "strategy/expr_impl.h"

static const char *const pure[] = {
	"abs", "coalesce", "glob", "hex", "ifnull", "iif", "instr", "length",
	"like", "likelihood", "likely", "lower", "ltrim", "max", "min",
	"nullif", "replace", "round", "rtrim", "sign", "substr", "substring",
	"trim", "typeof", "unicode", "unlikely", "upper",
};
/* These know what time it is. */
static const char *const of_the_clock[] = {
	"date", "datetime", "julianday", "strftime", "time", "unixepoch",
};

static bool
is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static const struct strategy_function *const tables[] = {
	strategy_functions_text, strategy_functions_address,
	    strategy_functions_map,
};

bool
strategy_function_allowed(const char *name, bool *varies_r)
{
	*varies_r = is_in(of_the_clock, ARRAY_LEN(of_the_clock), name);
	if (*varies_r || is_in(pure, ARRAY_LEN(pure), name))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct strategy_function *f = tables[i];
		    f->name != NULL; f++)
			if (strcasecmp(f->name, name) == 0) {
				*varies_r = f->varies;
				return true;
			}
	return false;
}

/* What SQLite keeps of each. */
struct binding {
	struct strategy_engine *engine;
	const struct strategy_function *function;
};

static void
call_function(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const struct binding *b = sqlite3_user_data(ctx);
	struct strategy_call call = { .engine = b->engine, .ctx = ctx,
		.argc = argc };

	for (int i = 0; i < argc; i++) {
		call.arg[i] = (const char *)sqlite3_value_text(argv[i]);
		if (call.arg[i] == NULL && !b->function->takes_null)
			return;
		if (call.arg[i] == NULL)
			call.arg[i] = "";
	}
	b->function->call(&call);
}

int
strategy_functions_register(struct strategy_engine *engine)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct strategy_function *f = tables[i];
		    f->name != NULL && rc == SQLITE_OK; f++) {
			struct binding *b = mem_alloc(sizeof(*b));

			*b = (struct binding){ engine, f };
			rc = sqlite3_create_function_v2(engine->db, f->name,
			    f->arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC |
			    SQLITE_INNOCUOUS, b, call_function, NULL, NULL,
			    free);
		}
	return rc;
}
