/*
 * Functions on text.  ASCII decides what a letter is.  NULL in gives NULL out,
 * as everywhere in SQL, but for is_empty and concat.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "strategy/expr_impl.h"

static bool
any_null(int argc, sqlite3_value **argv)
{
	for (int i = 0; i < argc; i++)
		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			return true;
	return false;
}

static void
call_starts_with(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *prefix;

	if (any_null(argc, argv))
		return;
	prefix = expr_argument(argv[1]);
	sqlite3_result_int(ctx, strncmp(expr_argument(argv[0]), prefix,
	    strlen(prefix)) == 0);
}

static void
call_ends_with(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *s, *suffix;
	size_t len, suffix_len;

	if (any_null(argc, argv))
		return;
	s = expr_argument(argv[0]);
	suffix = expr_argument(argv[1]);
	len = strlen(s);
	suffix_len = strlen(suffix);
	sqlite3_result_int(ctx, suffix_len <= len &&
	    strcmp(s + len - suffix_len, suffix) == 0);
}

static void
call_contains(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (any_null(argc, argv))
		return;
	sqlite3_result_int(ctx, strstr(expr_argument(argv[0]),
	    expr_argument(argv[1])) != NULL);
}

static void
call_contains_ignore_case(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (any_null(argc, argv))
		return;
	sqlite3_result_int(ctx, strcasestr(expr_argument(argv[0]),
	    expr_argument(argv[1])) != NULL);
}

static void
call_eq_ignore_case(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (any_null(argc, argv))
		return;
	sqlite3_result_int(ctx, text_equal_nocase(expr_argument(argv[0]),
	    expr_argument(argv[1])));
}

static void
call_is_empty(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	sqlite3_result_int(ctx, expr_argument(argv[0])[0] == '\0');
}

static void
call_len(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *s;
	int n = 0;

	if (any_null(argc, argv))
		return;
	for (s = expr_argument(argv[0]); *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80) /* not a continuation */
			n++;
	sqlite3_result_int(ctx, n);
}

static void
result_case(sqlite3_context *ctx, sqlite3_value *value, char from, char to)
{
	char *s = mem_strdup(expr_argument(value));

	for (char *p = s; *p != '\0'; p++)
		if (*p >= from && *p <= from + ('z' - 'a'))
			*p = (char)(*p - from + to);
	sqlite3_result_text(ctx, s, -1, free);
}

static void
call_to_lowercase(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (!any_null(argc, argv))
		result_case(ctx, argv[0], 'A', 'a');
}

static void
call_to_uppercase(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (!any_null(argc, argv))
		result_case(ctx, argv[0], 'a', 'A');
}

/* NULL adds nothing, as in concat() of other SQL databases. */
static void
call_concat(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct buf b = { .limit = EXPR_LENGTH_MAX };

	for (int i = 0; i < argc; i++) {
		if (buf_puts(&b, expr_argument(argv[i])))
			continue;
		buf_free(&b);
		sqlite3_result_error_toobig(ctx);
		return;
	}
	sqlite3_result_text(ctx, buf_str(&b), -1, SQLITE_TRANSIENT);
	buf_free(&b);
}

/* Arguments in this order, so that `x REGEXP y` is regexp(y, x). */
static void
call_matches(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	char why[200];
	bool match;

	if (any_null(argc, argv))
		return;
	if (expr_regex_match(expr_function_engine(ctx),
	    expr_argument(argv[0]), expr_argument(argv[1]), &match, why,
	    sizeof(why)))
		sqlite3_result_int(ctx, match);
	else
		sqlite3_result_error(ctx, why, -1);
}

const struct expr_function expr_functions_text[] = {
	{ .name = "starts_with", .arguments = 2, .call = call_starts_with },
	{ .name = "ends_with", .arguments = 2, .call = call_ends_with },
	{ .name = "contains", .arguments = 2, .call = call_contains },
	{ .name = "contains_ignore_case", .arguments = 2,
	  .call = call_contains_ignore_case },
	{ .name = "eq_ignore_case", .arguments = 2,
	  .call = call_eq_ignore_case },
	{ .name = "is_empty", .arguments = 1, .call = call_is_empty },
	{ .name = "len", .arguments = 1, .call = call_len },
	{ .name = "to_lowercase", .arguments = 1, .call = call_to_lowercase },
	{ .name = "to_uppercase", .arguments = 1, .call = call_to_uppercase },
	{ .name = "concat", .arguments = -1, .call = call_concat },
	{ .name = "matches", .arguments = 2, .call = call_matches },
	{ .name = "regexp", .arguments = 2, .call = call_matches },
};
const size_t expr_functions_text_count = ARRAY_LEN(expr_functions_text);
