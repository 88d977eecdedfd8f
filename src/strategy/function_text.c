/*
 * Functions on text.  ASCII decides what a letter is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "strategy/expr_impl.h"

static void
call_starts_with(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, strncmp(c->arg[0], c->arg[1],
	    strlen(c->arg[1])) == 0);
}

static void
call_ends_with(const struct strategy_call *c)
{
	size_t len = strlen(c->arg[0]), end = strlen(c->arg[1]);

	sqlite3_result_int(c->ctx, end <= len &&
	    strcmp(c->arg[0] + len - end, c->arg[1]) == 0);
}

static void
call_contains(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, strstr(c->arg[0], c->arg[1]) != NULL);
}

static void
call_contains_ignore_case(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, strcasestr(c->arg[0], c->arg[1]) != NULL);
}

static void
call_eq_ignore_case(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, text_equal_nocase(c->arg[0], c->arg[1]));
}

static void
call_is_empty(const struct strategy_call *c)
{
	sqlite3_result_int(c->ctx, c->arg[0][0] == '\0');
}

static void
call_len(const struct strategy_call *c)
{
	int n = 0;

	for (const char *s = c->arg[0]; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80) /* not a continuation */
			n++;
	sqlite3_result_int(c->ctx, n);
}

static void
result_case(const struct strategy_call *c, char from, char to)
{
	char *s = mem_strdup(c->arg[0]);

	for (char *p = s; *p != '\0'; p++)
		if (*p >= from && *p <= from + ('z' - 'a'))
			*p = (char)(*p - from + to);
	sqlite3_result_text(c->ctx, s, -1, free);
}

static void
call_to_lowercase(const struct strategy_call *c)
{
	result_case(c, 'A', 'a');
}

static void
call_to_uppercase(const struct strategy_call *c)
{
	result_case(c, 'a', 'A');
}

/* NULL adds nothing, as in concat() of other SQL databases. */
static void
call_concat(const struct strategy_call *c)
{
	struct buf b = { .limit = EXPR_LENGTH_MAX };
	bool fits = true;

	for (int i = 0; fits && i < c->argc; i++)
		fits = buf_puts(&b, c->arg[i]);
	if (fits)
		sqlite3_result_text(c->ctx, buf_str(&b), -1,
		    SQLITE_TRANSIENT);
	else
		sqlite3_result_error_toobig(c->ctx);
	buf_free(&b);
}

/* Arguments in this order, so that `x REGEXP y` is regexp(y, x). */
static void
call_matches(const struct strategy_call *c)
{
	char why[200];
	bool match;

	if (strategy_regex_match(c->engine, c->arg[0], c->arg[1], &match, why,
	    sizeof(why)))
		sqlite3_result_int(c->ctx, match);
	else
		sqlite3_result_error(c->ctx, why, -1);
}

const struct strategy_function strategy_functions_text[] = {
	{ .name = "starts_with", .arguments = 2, .call = call_starts_with },
	{ .name = "ends_with", .arguments = 2, .call = call_ends_with },
	{ .name = "contains", .arguments = 2, .call = call_contains },
	{ .name = "contains_ignore_case", .arguments = 2,
	  .call = call_contains_ignore_case },
	{ .name = "eq_ignore_case", .arguments = 2,
	  .call = call_eq_ignore_case },
	{ .name = "is_empty", .arguments = 1, .call = call_is_empty,
	  .takes_null = true },
	{ .name = "len", .arguments = 1, .call = call_len },
	{ .name = "to_lowercase", .arguments = 1, .call = call_to_lowercase },
	{ .name = "to_uppercase", .arguments = 1, .call = call_to_uppercase },
	{ .name = "concat", .arguments = -1, .call = call_concat,
	  .takes_null = true },
	{ .name = "matches", .arguments = 2, .call = call_matches },
	{ .name = "regexp", .arguments = 2, .call = call_matches },
	{ .name = NULL },
};
