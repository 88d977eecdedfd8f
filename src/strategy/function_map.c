/*
 * Functions on the lookup maps.  A map without any key does not exist, and to
 * ask it is an error: a misspelt map must not answer "no" for every key.  The
 * exception is the map of local domains where it is not named: a host may have
 * none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "strategy/expr_impl.h"

/* Leaves the row in engine->get, for the caller to reset, where it is true. */
static bool
lookup(struct expr_engine *engine, const char *map, const char *key)
{
	sqlite3_stmt *get = engine->get;

	if (sqlite3_bind_text(get, 1, map, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_bind_text(get, 2, key, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_step(get) == SQLITE_ROW)
		return true;
	(void)sqlite3_reset(get);
	return false;
}

static bool
map_exists(struct expr_engine *engine, const char *map)
{
	bool found;

	found = sqlite3_bind_text(engine->map, 1, map, -1, SQLITE_STATIC) ==
	    SQLITE_OK && sqlite3_step(engine->map) == SQLITE_ROW;
	(void)sqlite3_reset(engine->map);
	return found;
}

/* Answers for a key that is not there: 0 or NULL, or the error. */
static void
result_missing(sqlite3_context *ctx, const char *map, bool null)
{
	char *why;

	if (!map_exists(expr_function_engine(ctx), map)) {
		why = mem_printf("there is no lookup map %.80s", map);
		sqlite3_result_error(ctx, why, -1);
		free(why);
	} else if (!null) {
		sqlite3_result_int(ctx, 0);
	}
}

static void
call_key_exists(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct expr_engine *engine = expr_function_engine(ctx);
	const char *map = expr_argument(argv[0]);

	(void)argc;
	if (!lookup(engine, map, expr_argument(argv[1]))) {
		result_missing(ctx, map, false);
		return;
	}
	(void)sqlite3_reset(engine->get);
	sqlite3_result_int(ctx, 1);
}

static void
call_key_get(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct expr_engine *engine = expr_function_engine(ctx);
	const char *map = expr_argument(argv[0]);

	(void)argc;
	if (!lookup(engine, map, expr_argument(argv[1]))) {
		result_missing(ctx, map, true);
		return;
	}
	sqlite3_result_value(ctx, sqlite3_column_value(engine->get, 0));
	(void)sqlite3_reset(engine->get);
}

/* '' and '*' name the default map, as in expressions for Stalwart. */
static void
call_is_local_domain(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct expr_engine *engine = expr_function_engine(ctx);
	const char *map = argc == 2 ? expr_argument(argv[0]) : "";
	char *domain = mem_strdup(expr_argument(argv[argc - 1]));
	bool named = map[0] != '\0' && strcmp(map, "*") != 0, found;

	text_lower(domain);
	found = lookup(engine, named ? map : EXPR_LOCAL_DOMAINS, domain);
	if (found)
		(void)sqlite3_reset(engine->get);
	if (found || !named)
		sqlite3_result_int(ctx, found);
	else
		result_missing(ctx, map, false);
	free(domain);
}

const struct expr_function expr_functions_map[] = {
	{ .name = "key_exists", .arguments = 2, .call = call_key_exists,
	  .varies = true },
	{ .name = "key_get", .arguments = 2, .call = call_key_get,
	  .varies = true },
	{ .name = "is_local_domain", .arguments = 1,
	  .call = call_is_local_domain, .varies = true },
	{ .name = "is_local_domain", .arguments = 2,
	  .call = call_is_local_domain, .varies = true },
};
const size_t expr_functions_map_count = ARRAY_LEN(expr_functions_map);
