/*
 * strategy: what an expression must not be able to do, tried one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "strategy/expr.h"

static int
set_up(void **state)
{
	static const struct conf_lookup_row row = {
		.map = "secrets", .key = "k", .value = "v"
	};
	struct expr_engine *engine;
	struct error err;

	if (!expr_engine_open(&engine, &err) ||
	    !expr_engine_set_lookup(engine, &row, 1, &err))
		return -1;
	*state = engine;
	return 0;
}

static int
tear_down(void **state)
{
	struct expr_engine *engine = *state;

	expr_engine_close(&engine);
	return 0;
}

/* True where it compiles and evaluates. */
static bool
works(struct expr_engine *engine, const char *text, struct error *err)
{
	const struct expr_values values = expr_values_sample();
	struct expr_result r;
	struct expr *expr;
	bool ok;

	if (!expr_compile(&expr, engine, EXPR_QUEUE, text, err))
		return false;
	ok = expr_evaluate(expr, &values, &r, err);
	expr_free(&expr);
	return ok;
}

static void
attacks_are_refused(void **state)
{
	static const struct {
		const char *why, *text;
	} rows[] = {
		{ "reads the lookup table past its functions",
		  "(SELECT value FROM lookup)" },
		{ "reads it by IN", "'v' IN lookup" },
		{ "by IN with a schema", "'v' IN main.lookup" },
		{ "reads the other class of variables", "'a' IN milter" },
		{ "reads the schema", "'a' IN sqlite_schema" },
		{ "reads the old schema name", "1 IN sqlite_master" },
		{ "reads a pragma", "'a' IN pragma_database_list" },
		{ "calls a pragma as a table",
		  "'a' IN pragma_table_info('lookup')" },
		{ "calls a table function", "1 IN json_each('[1]')" },
		{ "reads what a spool would have", "'a' IN message" },
		{ "reads pages of the database", "1 IN sqlite_dbpage" },
		{ "a query in EXISTS", "EXISTS (SELECT 1)" },
		{ "a query after the expression",
		  "1) UNION SELECT value FROM (lookup" },
		{ "a second source for the columns",
		  "1) FROM lookup, (queue" },
		{ "another table in place of ours",
		  "value) FROM lookup WHERE (1" },
		{ "a second column", "1), (2" },
		{ "endless recursion", "(WITH RECURSIVE a(n) AS (SELECT 1 UNION "
		  "ALL SELECT n FROM a) SELECT count(*) FROM a)" },
		{ "a second statement", "1); DELETE FROM lookup; SELECT (1" },
		{ "attaches", "1); ATTACH '/tmp/x' AS x; SELECT (1" },
		{ "writes through a function of the shell",
		  "writefile('/tmp/tlsq-attack', 'x')" },
		{ "reads a file", "readfile('/etc/passwd')" },
		{ "loads an extension", "load_extension('/tmp/x.so')" },
		{ "switches tokenizers", "fts3_tokenizer('a')" },
		{ "raises", "RAISE(ABORT, 'x')" },
		{ "allocates hugely", "zeroblob(1000000000)" },
		{ "allocates randomly", "randomblob(1000000000)" },
		{ "formats hugely", "printf('%1000000000d', 1)" },
		{ "formats by the other name", "format('%.1000000000c', 'x')" },
		{ "is not the same twice", "random()" },
		{ "sees what others did", "total_changes()" },
		{ "sees where it is", "sqlite_source_id()" },
		{ "sees its options", "sqlite_compileoption_get(1)" },
		{ "writes to the error log", "sqlite_log(1, 'x')" },
		{ "JSON, by function", "json('{}')" },
		{ "JSON, by operator", "sender -> 'a'" },
		{ "JSON, by the other operator", "sender ->> 'a'" },
		{ "full text search", "sender MATCH 'a'" },
		{ "aggregates", "group_concat(sender)" },
		{ "counts", "count(*)" },
		{ "window functions", "row_number() OVER ()" },
		{ "parameters", "?1 || :a" },
		{ "an alias to leave the column", "1 AS x" },
		{ "an ordering", "1 ORDER BY 1" },
		{ "a comment to hide the rest", "1) --" },
		{ "a name in double quotes", "\"value\" IN lookup" },
		{ "a row value", "(1, 2)" },
	};

	struct error err;

	/* The table means something only where this works. */
	assert_true(works(*state, "key_get('secrets', 'k') == 'v'", &err));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		err = (struct error){ .text = "" };
		if (works(*state, rows[i].text, &err))
			fail_msg("%s: %s works", rows[i].why, rows[i].text);
		if (err.code != EX_CONFIG || err.text[0] == '\0')
			fail_msg("%s: says nothing", rows[i].why);
	}
	assert_int_not_equal(access("/tmp/tlsq-attack", F_OK), 0);
}

/* "f(f(...x...))" */
static char *
nest(const char *before, const char *after, int depth, const char *inner)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < depth; i++)
		(void)buf_puts(&b, before);
	(void)buf_puts(&b, inner);
	for (int i = 0; i < depth; i++)
		(void)buf_puts(&b, after);
	return b.data;
}

static void
growth_is_bounded(void **state)
{
	static const struct {
		const char *why, *before, *after, *inner, *says;
		int works, fails; /* depths */
	} rows[] = {
		{ "hex doubles", "hex(", ")", "'aaaaaaaa'", "too long",
		  8, 9 },
		{ "replace multiplies", "replace(", ", 'a', 'aaaaaaaa')",
		  "'a'", "too long", 4, 5 },
		{ "concat adds", "concat('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',",
		  ")", "hex(hex(hex(hex(hex(hex(hex(hex('aaaaaaaaaaaaaaa'"
		  "))))))))", "too long", 2, 4 },
		{ "long chains", "1+", "", "1", "depth", 100, 1000 },
		{ "nesting", "abs(", ")", "1", "nested", 20, 100 },
		{ "parentheses", "(", ")", "1", "nested", 20, 4095 },
		{ "not not not", "!", "", "1", "nested", 20, 6000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = { .text = "" };
		char *text = nest(rows[i].before, rows[i].after,
		    rows[i].works, rows[i].inner);

		if (!works(*state, text, &err))
			fail_msg("%s: %s", rows[i].why, err.text);
		free(text);
		text = nest(rows[i].before, rows[i].after, rows[i].fails,
		    rows[i].inner);
		if (works(*state, text, &err))
			fail_msg("%s: works %d times", rows[i].why,
			    rows[i].fails);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s: says: %s", rows[i].why, err.text);
		free(text);
	}
}

/* "1 IN (mx, mx, ...)" has steps for each of them. */
static void
operations_are_bounded(void **state)
{
	struct error err = { .text = "" };
	char *text;

	text = nest("mx,", "", 200, "1)");
	memcpy(text, "1 IN (", 6);
	if (!works(*state, text, &err))
		fail_msg("%s", err.text);
	free(text);
	text = nest("mx,", "", 2600, "1)");
	memcpy(text, "1 IN (", 6);
	assert_false(works(*state, text, &err));
	assert_string_equal(err.text, "the expression takes too long");
	free(text);
	/* The budget is that of one evaluation, not of the engine. */
	for (int i = 0; i < 1000; i++)
		assert_true(works(*state, "retry_num == 0", &err));
}

static void
patterns_are_bounded(void **state)
{
	struct error err = { .text = "" };
	char *pattern = nest("%a", "", 200, ""), *text;

	text = mem_printf("'aaa' LIKE '%s'", pattern);
	assert_false(works(*state, text, &err));
	assert_non_null(strstr(err.text, "too complex"));
	free(text);
	free(pattern);
	/* More patterns than are kept: still right, still bounded. */
	for (int i = 0; i < 300; i++) {
		text = mem_printf("matches('^%d$', '%d')", i, i);
		assert_true(works(*state, text, &err));
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attacks_are_refused),
		cmocka_unit_test(growth_is_bounded),
		cmocka_unit_test(operations_are_bounded),
		cmocka_unit_test(patterns_are_bounded),
	};

	return cmocka_run_group_tests_name("expr attacks", tests, set_up,
	    tear_down);
}
