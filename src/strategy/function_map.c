/*
 * Functions on the lookup maps, whose keys and what is looked up are names in one
 * form (mail/address.h).  A map without any key does not exist, and to
 * ask it is an error: a misspelt map must not answer "no" for every key.  The
 * exception is the map of local domains where it is not named: a host may have
 * none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mail/address.h"
#include "strategy/expr_impl.h"

/* SQLITE_ROW leaves the row in engine->get, for the caller to reset. */
static int
map_get(struct strategy_engine *engine, const char *map, const char *key)
{
	sqlite3_stmt *get = engine->get;
	const int operations = engine->operations;
	int rc;

	rc = sqlite3_bind_text(get, 1, map, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(get, 2, key, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(get);
	/* A name of many labels is many of these: the clock bounds them. */
	engine->operations = operations;
	if (rc != SQLITE_ROW)
		(void)sqlite3_reset(get);
	return rc;
}

/* The name itself, then "*.parent", the nearest parent first. */
static int
map_find(struct strategy_engine *engine, const char *map, const char *key)
{
	char *name = mail_name_fold(key), *dot = strchr(name, '.');
	int rc = map_get(engine, map, name);

	if (strchr(name, '@') != NULL)
		dot = NULL;
	for (; rc == SQLITE_DONE && dot != NULL; dot = strchr(dot + 1, '.')) {
		if (dot == name)
			continue;
		dot[-1] = '*';
		rc = map_get(engine, map, dot - 1);
	}
	free(name);
	return rc;
}

bool
strategy_map_exists(struct strategy_engine *engine, const char *map)
{
	bool found;

	found = sqlite3_bind_text(engine->map, 1, map, -1, SQLITE_STATIC) ==
	    SQLITE_OK && sqlite3_step(engine->map) == SQLITE_ROW;
	(void)sqlite3_reset(engine->map);
	return found;
}

/*
 * The value of the key, or whether it is there: NULL or 0 where it is not.  A
 * search that failed (it was interrupted, say) has found nothing out.
 */
static void
result_found(const struct strategy_call *c, const char *map, int rc, bool value)
{
	struct strategy_engine *engine = c->engine;
	char *why;

	if (rc == SQLITE_DONE && !strategy_map_exists(engine, map)) {
		why = mem_printf("there is no lookup map %.80s", map);
		sqlite3_result_error(c->ctx, why, -1);
		free(why);
	} else if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
		sqlite3_result_error_code(c->ctx, rc);
	} else if (!value) {
		sqlite3_result_int(c->ctx, rc == SQLITE_ROW);
	} else if (rc == SQLITE_ROW) {
		sqlite3_result_value(c->ctx,
		    sqlite3_column_value(engine->get, 0));
	}
	(void)sqlite3_reset(engine->get);
}

static void
call_key_exists(const struct strategy_call *c)
{
	result_found(c, c->arg[0], map_find(c->engine, c->arg[0], c->arg[1]),
	    false);
}

static void
call_key_get(const struct strategy_call *c)
{
	result_found(c, c->arg[0], map_find(c->engine, c->arg[0], c->arg[1]),
	    true);
}

/* '' and '*' name the default map, as in expressions for Stalwart. */
static void
call_is_local_domain(const struct strategy_call *c)
{
	const char *map = c->argc == 2 ? c->arg[0] : "";
	bool named = map[0] != '\0' && strcmp(map, "*") != 0;
	int rc;

	if (!named)
		map = STRATEGY_LOCAL_DOMAINS;
	rc = map_find(c->engine, map, c->arg[c->argc - 1]);
	if (rc == SQLITE_DONE && !named)
		sqlite3_result_int(c->ctx, 0);
	else
		result_found(c, map, rc, false);
}

const struct strategy_function strategy_functions_map[] = {
	{ .name = "key_exists", .arguments = 2, .call = call_key_exists,
	  .takes_null = true, .varies = true },
	{ .name = "key_get", .arguments = 2, .call = call_key_get,
	  .takes_null = true, .varies = true },
	{ .name = "is_local_domain", .arguments = 1,
	  .call = call_is_local_domain, .takes_null = true, .varies = true },
	{ .name = "is_local_domain", .arguments = 2,
	  .call = call_is_local_domain, .takes_null = true, .varies = true },
	{ .name = NULL },
};
