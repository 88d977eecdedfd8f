/*
 * strategy: what an expression must not be able to do, tried one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "strategy/expr.h"

static int
set_up(void **state)
{
	static const struct conf_lookup_row row = {
		.map = "secrets", .key = "k", .value = "v"
	};
	struct strategy_engine *engine;
	struct error err;

	if (!strategy_engine_open(&engine, &err) ||
	    !strategy_engine_set_lookup(engine, &row, 1, &err))
		return -1;
	*state = engine;
	return 0;
}

static int
tear_down(void **state)
{
	struct strategy_engine *engine = *state;

	strategy_engine_close(&engine);
	return 0;
}

/* True where it compiles and evaluates. */
static bool
works(struct strategy_engine *engine, const char *text, struct error *err)
{
	const struct strategy_values values = strategy_values_sample();
	struct strategy_expr_result r;
	struct strategy_expr *expr;
	bool ok;

	if (!strategy_expr_compile(&expr, engine, EXPR_QUEUE, text, err))
		return false;
	ok = strategy_expr_evaluate(expr, &values, &r, err);
	strategy_expr_free(&expr);
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

/* Of this thread, in milliseconds of the processor. */
static int64_t
time_used_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* AddressSanitizer keeps what was freed. */
static long
memory_peak_mib(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return 0;
#endif
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

/* text with the longest sender that fits; says: NULL where it works. */
static void
check_cost(struct strategy_engine *engine, const char *why, const char *text,
    const char *says)
{
	struct strategy_values values = strategy_values_sample();
	char *sender = nest("a", "", 4095, "");
	const int64_t start_ms = time_used_ms();
	const long start_mib = memory_peak_mib();
	struct error err = { .text = "" };
	struct strategy_expr *expr = NULL;
	struct strategy_expr_result r;
	int64_t took_ms;
	long took_mib;

	values.sender = sender;
	if (strategy_expr_compile(&expr, engine, EXPR_QUEUE, text, &err))
		(void)!strategy_expr_evaluate(expr, &values, &r, &err);
	took_ms = time_used_ms() - start_ms;
	took_mib = memory_peak_mib() - start_mib;
	strategy_expr_free(&expr);
	free(sender);
	if (took_ms >= 1000 || took_mib >= 64)
		fail_msg("%s: %lld ms, %ld MiB", why, (long long)took_ms,
		    took_mib);
	if (says != NULL ? strstr(err.text, says) == NULL :
	    err.text[0] != '\0')
		fail_msg("%s: says: %s", why, err.text);
}

static void
patterns_cost_little(void **state)
{
	static const struct {
		const char *pattern, *says; /* NULL: it works */
	} rows[] = {
		{ "a{1,255}{1,255}{1,9}", "does not follow" },
		{ "((a{1,255}){1,255}){1,9}", "too large" },
		{ "(rcpt{0,10}+{314}b)*)+$", "+ after" },
		{ "((rcpt{0,10}{314}b)*)+$", "does not follow" },
		{ "(a|b)*{1,255}{1,255}", "does not follow" },
		{ "(((a|b)*){1,255}){1,255}$", "too large" },
		{ "((a|b)*){1,255}c?$", NULL },
		{ "a{65535}", NULL },
		{ "a{65536}", "too big" },
		{ "(((((a{0,9}){0,9}){0,9}){0,9}){0,9})", "too large" },
		{ "^(a|b)*$", NULL },
		{ "(a|b|ab)*(?=c)", "on this text" },
		{ "(a|aa)+[^a]", "on this text" },
		{ "([a-z]+)*[0-9]", "on this text" },
		{ ".*.*.*.*[0-9]", "on this text" },
		{ "(?<n>a*)(\\k<n>)*[0-9]", "on this text" },
		{ "((a)*)*(?R)?[0-9]", "" }, /* any error */
		{ "(?R)", "recursion" },
		{ "(*LIMIT_HEAP=4000000000)(*LIMIT_MATCH=4000000000)"
		  "((a|b)|(?R))*[0-9]", "" },
		{ "(?<=(?<=(?<=a{200})a{200})a{200})b", NULL },
		{ "(((((((((((((((((((((((((((((((((((((((((((((((((((a"
		  ")))))))))))))))))))))))))))))))))))))))))))))))))))",
		  "too deeply nested" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = mem_printf("matches('%s', sender)",
		    rows[i].pattern);

		check_cost(*state, rows[i].pattern, text, rows[i].says);
		free(text);
	}
}

/* Each is cheap; a whole expression of them is, too. */
static void
many_calls_cost_little(void **state)
{
	static const char *const rows[] = {
		"(instr(sender, concat(substr(sender, 2000), 'b')))",
		"contains(sender, concat(substr(sender, 2000), 'b'))",
		"contains_ignore_case(sender, concat(substr(sender, 9), 'b'))",
		"(trim(sender, 'zyxwvutsrqponmlkjihgfedcba') == '')",
		"(sender LIKE '%aaaa%aaaa%aaaa%aaaa%aaaa%aaaa%aaaa%aaaa%_b')",
		"(sender GLOB '*[a-b]*[a-b]*[a-b]*[a-b]*[a-b]*[a-b]*[a-b]b')",
		"(replace(sender, 'a', 'b') == '')",
		"(hex(substr(sender, 2048)) == '')",
		"(strftime('%J%J%J%J%J%J%J%J%J%J%J%J%J%J%J%J%J%J%J') == '')",
		"matches('a*a*[0-9]', substr(sender, 3900))",
		"matches(concat('a*a*[0-9]', hex(mx)), sender)",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf text = { .limit = 8000 };

		assert_true(buf_puts(&text, rows[i]));
		for (int n = 1; n < 90 && buf_printf(&text, " | %s", rows[i]);
		    n++)
			;
		check_cost(*state, rows[i], buf_str(&text), "");
		buf_free(&text);
	}
}

/* "*.a" is the last parent that is asked for.  The answer is 1, or that it takes
 * too long; a search that was interrupted has not found out that it is 0. */
static void
an_interrupted_lookup_is_no_answer(void **state)
{
	static const struct conf_lookup_row row = {
		.map = "m", .key = "*.a", .value = "v"
	};
	struct strategy_values values = strategy_values_sample();
	char *sender = nest("a", "", 4095, ""), *text;
	struct error err = { .text = "" };
	struct strategy_engine *engine;
	struct strategy_expr_result r = { .type = EXPR_NULL };
	struct strategy_expr *expr;

	(void)state;
	values.sender = sender;
	for (int calls = 0; calls < 140; calls += 20) {
		text = nest("key_exists('m', replace(sender, 'aa', 'a.')) & ",
		    "", calls, "1");
		assert_true(strategy_engine_open(&engine, &err));
		assert_true(strategy_engine_set_lookup(engine, &row, 1, &err));
		if (!strategy_expr_compile(&expr, engine, EXPR_QUEUE, text,
		    &err))
			fail_msg("%s", err.text);
		if (strategy_expr_evaluate(expr, &values, &r, &err))
			assert_int_equal(r.integer, 1);
		else
			assert_string_equal(err.text,
			    "the expression takes too long");
		strategy_expr_free(&expr);
		strategy_engine_close(&engine);
		free(text);
	}
	free(sender);
}

/* The longest texts, which SQLite has to parse. */
static void
compiling_costs_little(void **state)
{
	static const struct {
		const char *before, *inner, *after;
		int depth;
		const char *says; /* NULL: it works */
	} rows[] = {
		{ "", "size IN (1", ",1", 3900, "" },
		{ "!", "1", "", 6500, "nested" },
		{ "(", "1", ")", 4090, "nested" },
		{ "-", "1", "", 4000, "comment" },
		{ "- ", "1", "", 4000, "" },
		{ "CASE WHEN 1 THEN ", "1", " END", 380, "nested" },
		{ "iif(1,", "1", ",1)", 900, "nested" },
		{ "", "mx", "=mx", 2700, "depth" },
		{ "", "mx", " AND mx IN ('a')", 500, "" },
		{ "", "mx = 'a'", " OR mx = 'a'", 600, "depth" },
		{ "", "1", " BETWEEN 1 AND 1", 500, "" },
		{ "", "0x1", "f", 8000, "" },
		{ "", "1", "0", 8000, NULL },
		{ "", "1e", "9", 8000, "" },
		{ "", "sender", "_", 8000, "" },
		{ "", "sender LIKE '%' ESCAPE '", "\\", 8000, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = nest(rows[i].before, rows[i].after,
		    rows[i].depth, rows[i].inner);

		check_cost(*state, text, text, rows[i].says);
		free(text);
	}
}

/* One that fails leaves the engine as it was. */
static void
time_is_that_of_one_evaluation(void **state)
{
	struct error err = { .text = "" };

	check_cost(*state, "slow", "matches('(a|aa)+[^a]', sender)",
	    "takes too long on this text");
	for (int i = 0; i < 100; i++)
		if (!works(*state, "matches('^(a|aa)+[^a]', 'aab')", &err))
			fail_msg("%s", err.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attacks_are_refused),
		cmocka_unit_test(growth_is_bounded),
		cmocka_unit_test(operations_are_bounded),
		cmocka_unit_test(patterns_are_bounded),
		cmocka_unit_test(patterns_cost_little),
		cmocka_unit_test(many_calls_cost_little),
		cmocka_unit_test(an_interrupted_lookup_is_no_answer),
		cmocka_unit_test(compiling_costs_little),
		cmocka_unit_test(time_is_that_of_one_evaluation),
	};

	return cmocka_run_group_tests_name("expr attacks", tests, set_up,
	    tear_down);
}
