/*
 * What the SQL of an expression may do: call functions of the list, and read
 * columns of the table of its variables.  Everything else is refused, known or
 * not: a new action of a later SQLite is refused, too.
 */
#include <stdio.h>
#include <string.h>

#include "strategy/expr_impl.h"

/* The first refusal is the one that is shown. */
static int
deny(struct expr_compilation *c, const char *what, const char *name)
{
	if (c->denied[0] == '\0')
		(void)snprintf(c->denied, sizeof(c->denied), "%s%s", what,
		    name != NULL ? name : "");
	return SQLITE_DENY;
}

static int
authorize_column(struct expr_compilation *c, const char *table,
    const char *column)
{
	enum expr_variable v;

	if (table == NULL || strcmp(table, expr_class_table[c->class]) != 0)
		return deny(c, "an expression cannot read the table ",
		    table);
	if (column == NULL || column[0] == '\0') /* the table, no column */
		return SQLITE_OK;
	if (!expr_variable_find(&v, c->class, column))
		return deny(c, "unknown variable ", column);
	c->varies = true;
	c->names_host = c->names_host || v == EXPR_MX || v == EXPR_REMOTE_IP;
	return SQLITE_OK;
}

static int
authorize_function(struct expr_compilation *c, const char *name)
{
	bool varies;

	if (name == NULL || !expr_function_allowed(name, &varies))
		return deny(c, "in expressions there is no function ", name);
	if (varies)
		c->varies = true;
	return SQLITE_OK;
}

int
expr_authorize(void *arg, int action, const char *a, const char *b,
    const char *database, const char *trigger)
{
	const struct expr_engine *engine = arg;
	struct expr_compilation *c = engine->compiling;

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
