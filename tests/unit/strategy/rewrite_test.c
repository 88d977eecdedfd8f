/*
 * strategy: Stalwart's notation made SQL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "strategy/rewrite.h"

static void
notation_becomes_sql(void **state)
{
	static const struct {
		const char *why, *in, *out;
	} rows[] = {
		{ "SQL stays as it is", "retry_num > 0 AND mx LIKE 'a%'",
		  "retry_num > 0 AND mx LIKE  'a%'" },
		{ "double operators", "a&&b||c", "a AND b OR c" },
		{ "single ones are the same, not bits", "a&b|c",
		  "a AND b OR c" },
		{ "! is NOT", "!a", " NOT a" },
		{ "! before a parenthesis", "!(a)", " NOT (a)" },
		{ "!! is NOT NOT", "!!a", " NOT  NOT a" },
		{ "!= stays", "a!=b", "a!=b" },
		{ "!== is not ours to mend", "a!==b", "a!==b" },
		{ "=> and =< are synonyms", "a=>1&&b=<2", "a>=1 AND b<=2" },
		{ ">= stays", "a>=1", "a>=1" },
		{ "double quotes", "a==\"b\"", "a== 'b'" },
		{ "single quotes within double ones", "\"it's\"",
		  " 'it''s'" },
		{ "double quotes within single ones", "'say \"x\"'",
		  " 'say \"x\"'" },
		{ "a doubled double quote is one", "\"a\"\"b\"", " 'a\"b'" },
		{ "a doubled single quote stays doubled", "'it''s'",
		  " 'it''s'" },
		{ "operators within quotes stay", "'a&&b|!c;--/*'",
		  " 'a&&b|!c;--/*'" },
		{ "and within double quotes", "\"a&&b|!c;--\"",
		  " 'a&&b|!c;--'" },
		{ "backslash is itself, also before a quote", "'a\\'||b",
		  " 'a\\' OR b" },
		{ "two texts side by side do not become one", "'a'\"b\"",
		  " 'a' 'b'" },
		{ "a letter before a quote makes no blob", "x'41'",
		  "x '41'" },
		{ "nor after", "'a'x", " 'a' x" },
		{ "line ends are spaces", "a\n&&\tb", "a  AND  b" },
		{ "parentheses in quotes do not count", "(')')",
		  "( ')')" },
		{ "minus minus apart", "1 - -1", "1 - -1" },
		{ "not a refused word: part of a longer one",
		  "selected_with", "selected_with" },
		{ "not a refused word: text", "'select'", " 'select'" },
		{ "UTF-8 in text", "'gr\xc3\xbc\xc3\x9f'",
		  " 'gr\xc3\xbc\xc3\x9f'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = BUF_INIT;
		struct error err;

		if (!strategy_rewrite(&out, rows[i].in, &err))
			fail_msg("%s: refused: %s", rows[i].why, err.text);
		if (strcmp(buf_str(&out), rows[i].out) != 0)
			fail_msg("%s: got [%s]", rows[i].why, buf_str(&out));
		buf_free(&out);
	}
}

static void
what_is_no_expression_is_refused(void **state)
{
	static const struct {
		const char *why, *in, *says;
	} rows[] = {
		{ "empty", "", "empty" },
		{ "only spaces", " \t\n", "empty" },
		{ "a second statement", "1; DROP TABLE lookup", "character 2" },
		{ "comment to the end of line", "1 -- x", "comment" },
		{ "minus minus together is a comment in SQL", "1--1",
		  "comment" },
		{ "comment", "1 /* x */", "comment" },
		{ "unclosed text", "'abc", "not closed" },
		{ "unclosed text in double quotes", "a == \"b'", "not closed" },
		{ "text closed by the other quote", "'abc\"", "not closed" },
		{ "a query", "(SELECT 1)", "no query" },
		{ "in any spelling", "(sElEcT 1)", "no query" },
		{ "a table of values", "1 IN (VALUES (1))", "no query" },
		{ "a common table expression", "(WITH a AS (b) c)",
		  "no query" },
		{ "closing what is not open", "1) FROM lookup WHERE (1",
		  "closes nothing" },
		{ "not closing", "((1)", "not closed" },
		{ "a parameter", "?1", "no part" },
		{ "a named parameter", ":sender", "no part" },
		{ "another", "@sender", "no part" },
		{ "Stalwart's captures", "$1", "positional" },
		{ "names in brackets are SQL, arrays are Stalwart's",
		  "contains(['a'], mx)", "IN (" },
		{ "names in backquotes", "`sender`", "'...'" },
		{ "exclusive or", "a ^ b", "<>" },
		{ "+ on text is 0 in SQL", "'a' + rcpt", "concat" },
		{ "on the other side, too", "rcpt +\"a\"", "concat" },
		{ "no-break space", "a\xc2\xa0== 1", "character 2" },
		{ "a control character", "a\033", "character 2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = BUF_INIT;
		struct error err;

		if (strategy_rewrite(&out, rows[i].in, &err))
			fail_msg("%s: taken as [%s]", rows[i].why,
			    buf_str(&out));
		assert_int_equal(err.code, EX_CONFIG);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s: says: %s", rows[i].why, err.text);
		buf_free(&out);
	}
}

static void
length_is_bounded(void **state)
{
	struct buf out = BUF_INIT, small = { .limit = 20 };
	char *text = mem_alloc(REWRITE_TEXT_MAX + 2);
	struct error err;

	(void)state;
	memset(text, 'a', REWRITE_TEXT_MAX + 1);
	text[REWRITE_TEXT_MAX + 1] = '\0';
	assert_false(strategy_rewrite(&out, text, &err));
	text[REWRITE_TEXT_MAX] = '\0';
	assert_true(strategy_rewrite(&out, text, &err));
	assert_int_equal(out.len, REWRITE_TEXT_MAX);
	/* What it becomes is bounded by the buffer, not cut. */
	assert_false(strategy_rewrite(&small, "!!!!!!!!", &err));
	assert_non_null(strstr(err.text, "too long"));
	buf_free(&out);
	buf_free(&small);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notation_becomes_sql),
		cmocka_unit_test(what_is_no_expression_is_refused),
		cmocka_unit_test(length_is_bounded),
	};

	return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
