/*
 * Which functions an expression may call: ours, and those of SQLite that only
 * compute.  Not random() and its like, since a decision must be the same when
 * it is explained or replayed; nothing that takes a size to allocate.
 */
#include <string.h>
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
static const char *const clock[] = {
	"date", "datetime", "julianday", "strftime", "time", "unixepoch",
};

struct expr_engine *
expr_function_engine(sqlite3_context *ctx)
{
	return sqlite3_user_data(ctx);
}

const char *
expr_argument(sqlite3_value *value)
{
	const char *text = (const char *)sqlite3_value_text(value);

	return text != NULL ? text : "";
}

static bool
is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
find(const struct expr_function *table, size_t count, const char *name,
    bool *varies_r)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(table[i].name, name) != 0)
			continue;
		*varies_r = table[i].varies;
		return true;
	}
	return false;
}

bool
expr_function_allowed(const char *name, bool *varies_r)
{
	*varies_r = is_in(clock, ARRAY_LEN(clock), name);
	if (*varies_r || is_in(pure, ARRAY_LEN(pure), name))
		return true;
	return find(expr_functions_text, expr_functions_text_count, name,
	    varies_r) || find(expr_functions_address,
	    expr_functions_address_count, name, varies_r) ||
	    find(expr_functions_map, expr_functions_map_count, name,
	    varies_r);
}

static int
register_table(struct expr_engine *engine, const struct expr_function *table,
    size_t count)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < count && rc == SQLITE_OK; i++)
		rc = sqlite3_create_function_v2(engine->db, table[i].name,
		    table[i].arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC |
		    SQLITE_INNOCUOUS, engine, table[i].call, NULL, NULL,
		    NULL);
	return rc;
}

int
expr_functions_register(struct expr_engine *engine)
{
	int rc = register_table(engine, expr_functions_text,
	    expr_functions_text_count);

	if (rc == SQLITE_OK)
		rc = register_table(engine, expr_functions_address,
		    expr_functions_address_count);
	if (rc == SQLITE_OK)
		rc = register_table(engine, expr_functions_map,
		    expr_functions_map_count);
	return rc;
}
