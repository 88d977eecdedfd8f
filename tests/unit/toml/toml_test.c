/*
 * conf/toml: documents that are TOML 1.0 with what they mean, documents that
 * are not with the line and the reason, and how far reading goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "toml/toml.h"

static void
dump_text(struct buf *out, const char *text, size_t len)
{
	char escaped[4096];

	text_escape(escaped, sizeof(escaped), text, len);
	(void)buf_puts(out, escaped);
}

static void dump(struct buf *out, const struct toml_node *node);

static void
dump_children(struct buf *out, const struct toml_node *node)
{
	for (const struct toml_node *n = node->first; n != NULL; n = n->next) {
		if (n != node->first)
			(void)buf_puts(out, ",");
		if (n->key != NULL) {
			dump_text(out, n->key, n->key_len);
			(void)buf_puts(out, "=");
		}
		dump(out, n);
	}
}

/* As written, with single underscores between digits. */
static void
dump_float(struct buf *out, const char *text)
{
	char *digits = mem_strdup(text), *to = digits;

	for (; *text != '\0'; text++)
		if (*text != '_')
			*to++ = *text;
	*to = '\0';
	(void)buf_printf(out, "%.17g~", strtod(digits, NULL));
	free(digits);
}

static void
dump(struct buf *out, const struct toml_node *node)
{
	switch (node->kind) {
	case TOML_INVALID:
		(void)buf_puts(out, "?");
		return;
	case TOML_TABLE:
	case TOML_ARRAY:
		(void)buf_puts(out, node->kind == TOML_TABLE ? "{" : "[");
		dump_children(out, node);
		(void)buf_puts(out, node->kind == TOML_TABLE ? "}" : "]");
		return;
	case TOML_STRING:
		(void)buf_puts(out, "\"");
		dump_text(out, node->text, node->len);
		(void)buf_puts(out, "\"");
		return;
	case TOML_INTEGER:
		(void)buf_printf(out, "%lld", (long long)node->integer);
		return;
	case TOML_FLOAT:
		dump_float(out, node->text);
		return;
	case TOML_BOOLEAN:
		(void)buf_puts(out, node->boolean ? "true" : "false");
		return;
	case TOML_DATETIME:
	case TOML_DATETIME_LOCAL:
	case TOML_DATE_LOCAL:
	case TOML_TIME_LOCAL:
		(void)buf_printf(out, "<%s %s>", toml_kind_name(node->kind),
		    node->text);
		return;
	}
}

struct valid_row {
	const char *why, *text, *tree;
};

static void
check_valid(const struct valid_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct toml_problems problems = TOML_PROBLEMS_INIT;
		struct toml *toml = toml_read(rows[i].text,
		    strlen(rows[i].text), &problems);
		struct buf out = BUF_INIT;

		if (problems.count > 0)
			fail_msg("%s: %u: %s", rows[i].why,
			    problems.item[0].line, problems.item[0].text);
		dump(&out, toml_root(toml));
		if (strcmp(buf_str(&out), rows[i].tree) != 0)
			fail_msg("%s: got %s", rows[i].why, buf_str(&out));
		buf_free(&out);
		toml_free(&toml);
		assert_null(toml);
	}
}

static void
scalars_are_read(void **state)
{
	static const struct valid_row rows[] = {
		{ "an empty file", "", "{}" },
		{ "comments alone", "# a = 1\n  # tab\there\n", "{}" },
		{ "no line end at the end", "a = 1", "{a=1}" },
		{ "CRLF line ends", "a = 1\r\n\r\nb = 2\r\n", "{a=1,b=2}" },
		{ "blanks are free around =", "\ta\t=\t1 # one\n", "{a=1}" },
		{ "signs", "a = +99\nb = -17\nc = -0\nd = +0",
		  "{a=99,b=-17,c=0,d=0}" },
		{ "underscores between digits", "a = 1_000_0", "{a=10000}" },
		{ "bases", "a = 0xDead_beef\nb = 0o755\nc = 0b1101",
		  "{a=3735928559,b=493,c=13}" },
		{ "leading zeros are for bases", "a = 0x00ff", "{a=255}" },
		{ "the ends of 64 bits",
		  "a = 9223372036854775807\nb = -9223372036854775808",
		  "{a=9223372036854775807,b=-9223372036854775808}" },
		{ "floats", "a = 1.5\nb = -0.25\nc = 5e+22\nd = 1E06\n"
		  "e = -2e-2\nf = 6.5e1_0",
		  "{a=1.5~,b=-0.25~,c=4.9999999999999996e+22~,d=1000000~,"
		  "e=-0.02~,f=65000000000~}" },
		{ "underscores in floats", "a = 9_224_617.5_0",
		  "{a=9224617.5~}" },
		{ "a float may be nothing", "a = -0.0\nb = 0e0",
		  "{a=-0~,b=0~}" },
		{ "infinities", "a = inf\nb = +inf\nc = -inf",
		  "{a=inf~,b=inf~,c=-inf~}" },
		{ "not a number", "a = nan", "{a=nan~}" },
		{ "booleans", "a = true\nb = false", "{a=true,b=false}" },
		{ "offset date-time", "a = 1979-05-27T07:32:00Z\n"
		  "b = 1979-05-27t00:32:00.999999-07:00",
		  "{a=<date-time 1979-05-27T07:32:00Z>,"
		  "b=<date-time 1979-05-27t00:32:00.999999-07:00>}" },
		{ "a space may part date and time",
		  "a = 1979-05-27 07:32:00z # then", 
		  "{a=<date-time 1979-05-27 07:32:00z>}" },
		{ "local date-time", "a = 1979-05-27T07:32:00.5",
		  "{a=<local date-time 1979-05-27T07:32:00.5>}" },
		{ "local date", "a = 1979-05-27", "{a=<local date 1979-05-27>}" },
		{ "local date before a comment", "a = 1979-05-27 # x",
		  "{a=<local date 1979-05-27>}" },
		{ "local time", "a = 07:32:00\nb = 00:32:00.999",
		  "{a=<local time 07:32:00>,b=<local time 00:32:00.999>}" },
		{ "leap days", "a = 2000-02-29\nb = 2024-02-29",
		  "{a=<local date 2000-02-29>,b=<local date 2024-02-29>}" },
		{ "a leap second", "a = 1990-12-31T23:59:60Z",
		  "{a=<date-time 1990-12-31T23:59:60Z>}" },
	};

	(void)state;
	check_valid(rows, ARRAY_LEN(rows));
}

static void
strings_are_read(void **state)
{
	static const struct valid_row rows[] = {
		{ "empty ones", "a = \"\"\nb = ''\nc = \"\"\"\"\"\"\n"
		  "d = ''''''", "{a=\"\",b=\"\",c=\"\",d=\"\"}" },
		{ "escapes", "a = \"\\b\\t\\n\\f\\r\\\"\\\\\"",
		  "{a=\"\\x08\\x09\\x0a\\x0c\\x0d\"\\x5c\"}" },
		{ "Unicode escapes of each length",
		  "a = \"\\u0041\\u00e9\\u20AC\\U0001F600\"",
		  "{a=\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}" },
		{ "NUL is a character", "a = \"x\\u0000y\"",
		  "{a=\"x\\x00y\"}" },
		{ "the last characters before and after the surrogates",
		  "a = \"\\uD7FF\\uE000\"",
		  "{a=\"\xed\x9f\xbf\xee\x80\x80\"}" },
		{ "literal strings know no escape", "a = 'C:\\n\\'",
		  "{a=\"C:\\x5cn\\x5c\"}" },
		{ "# in a string is no comment", "a = \"# no\" # yes",
		  "{a=\"# no\"}" },
		{ "a tab may stand in a string", "a = \"\t\"", 
		  "{a=\"\\x09\"}" },
		{ "the first line end of a long string is dropped",
		  "a = \"\"\"\none\ntwo\"\"\"", "{a=\"one\\x0atwo\"}" },
		{ "CRLF in a long string is a line end",
		  "a = '''\r\none\r\ntwo'''", "{a=\"one\\x0atwo\"}" },
		{ "a backslash folds lines", "a = \"\"\"one \\\n\n\t two\\  \n"
		  "  three\"\"\"", "{a=\"one twothree\"}" },
		{ "one or two quotes inside", "a = \"\"\"a \"b\" \"\"c\"\"\"",
		  "{a=\"a \"b\" \"\"c\"}" },
		{ "two quotes before the closing three",
		  "a = \"\"\"x\"\"\"\"\"", "{a=\"x\"\"\"}" },
		{ "one apostrophe before the closing three",
		  "a = '''x''''", "{a=\"x'\"}" },
		{ "nothing but two quotes", "a = \"\"\"\"\"\"\"\"",
		  "{a=\"\"\"\"}" },
		{ "escaped quotes do not count",
		  "a = \"\"\"x\\\"\\\"\\\"\"\"\"", "{a=\"x\"\"\"\"}" },
		{ "the other quotes mean nothing", "a = '\"'\nb = \"'\"",
		  "{a=\"\"\",b=\"'\"}" },
		{ "a comment sign in a long string",
		  "a = '''\n# [x]\n'''", "{a=\"# [x]\\x0a\"}" },
	};

	(void)state;
	check_valid(rows, ARRAY_LEN(rows));
}

static void
tables_and_arrays_are_read(void **state)
{
	static const struct valid_row rows[] = {
		{ "bare, quoted and numeric keys",
		  "a-b_1 = 1\n\"\" = 2\n'x y' = 3\n\"\\u00e9\" = 4\n12 = 5",
		  "{a-b_1=1,=2,x y=3,\xc3\xa9=4,12=5}" },
		{ "dotted keys, blanks around the dots",
		  "a . b.'c.d' = 1\na.e = 2", "{a={b={c.d=1},e=2}}" },
		{ "a float as a key is two keys", "3.14 = 1", "{3={14=1}}" },
		{ "headers", "[a]\nx=1\n[a.b]\ny=2\n[ c . \"d\" ] # z\n",
		  "{a={x=1,b={y=2}},c={d={}}}" },
		{ "a table after its sub-table", "[a.b]\nx=1\n[a]\ny=2",
		  "{a={b={x=1},y=2}}" },
		{ "a sub-table below dotted keys",
		  "[f]\napple.color=1\n[f.apple.texture]\ny=2",
		  "{f={apple={color=1,texture={y=2}}}}" },
		{ "keys out of order", "a.x=1\nb.x=2\na.y=3",
		  "{a={x=1,y=3},b={x=2}}" },
		{ "arrays", "a = [ 1, 2 ]\nb = []\nc = [[1],['x', true]]",
		  "{a=[1,2],b=[],c=[[1],[\"x\",true]]}" },
		{ "an array over lines, with comments and a last comma",
		  "a = [ # one\n 1, # two\n\n 2,\n # end\n]\nb = 1",
		  "{a=[1,2],b=1}" },
		{ "mixed kinds in an array", "a = [1, 1.5, \"x\", {y=1}]",
		  "{a=[1,1.5~,\"x\",{y=1}]}" },
		{ "inline tables", "a = { x = 1, y.z = 2 }\nb = {}\n"
		  "c = { d = { e = 1 } }",
		  "{a={x=1,y={z=2}},b={},c={d={e=1}}}" },
		{ "an array in an inline table may run over lines",
		  "a = { x = [\n1,\n2 ] }", "{a={x=[1,2]}}" },
		{ "arrays of tables",
		  "[[a]]\nx=1\n[[a]]\n[[a]]\nx=3\n",
		  "{a=[{x=1},{},{x=3}]}" },
		{ "tables and arrays below an array of tables",
		  "[[f]]\nn=1\n[f.p]\nc=1\n[[f.v]]\nn=2\n[[f.v]]\nn=3\n"
		  "[[f]]\nn=4\n[[f.v]]\nn=5\n[f.p]\nc=2",
		  "{f=[{n=1,p={c=1},v=[{n=2},{n=3}]},"
		  "{n=4,v=[{n=5}],p={c=2}}]}" },
		{ "a header inside the same name", "[a.a.a]\n[a]\nb=1",
		  "{a={a={a={}},b=1}}" },
		{ "a dotted key into a table no header defined",
		  "[a.b.c]\nz=1\n[a]\nb.x=2", "{a={b={c={z=1},x=2}}}" },
		{ "an array of tables under a table",
		  "[a]\n[[a.b]]\nx=1", "{a={b=[{x=1}]}}" },
		{ "words that look like values can be keys",
		  "true = 1\ninf = 2\n1979-05-27 = 3",
		  "{true=1,inf=2,1979-05-27=3}" },
	};

	(void)state;
	check_valid(rows, ARRAY_LEN(rows));
}

struct invalid_row {
	const char *why, *text;
	unsigned int line;
	const char *problem;	/* part of the text */
};

static void
check_invalid(const struct invalid_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct toml_problems problems = TOML_PROBLEMS_INIT;
		struct toml *toml = toml_read(rows[i].text,
		    strlen(rows[i].text), &problems);

		if (problems.count == 0)
			fail_msg("%s: accepted", rows[i].why);
		if (problems.item[0].line != rows[i].line ||
		    strstr(problems.item[0].text, rows[i].problem) == NULL)
			fail_msg("%s: got line %u: %s", rows[i].why,
			    problems.item[0].line, problems.item[0].text);
		if (problems.count > 1)
			fail_msg("%s: also: %s", rows[i].why,
			    problems.item[1].text);
		toml_problems_clear(&problems);
		toml_free(&toml);
	}
}

static void
bad_scalars_are_refused(void **state)
{
	static const struct invalid_row rows[] = {
		{ "no value", "a =", 1, "a value was expected" },
		{ "no value before a comment", "a = # x", 1,
		  "a value was expected" },
		{ "a bare word", "a = word", 1, "texts stand in quotes" },
		{ "capital letters", "a = True", 1, "lower case" },
		{ "leading zero", "a = 01", 1, "number" },
		{ "leading zero after a sign", "a = -01", 1, "number" },
		{ "two underscores", "a = 1__0", 1, "number" },
		{ "underscore first", "a = _1", 1, "_1 is not a" },
		{ "underscore last", "a = 1_", 1, "number" },
		{ "underscore after the prefix", "a = 0x_1", 1, "number" },
		{ "capital prefix", "a = 0XFF", 1, "number" },
		{ "signed hexadecimal", "a = -0xFF", 1, "number" },
		{ "a digit beyond the base", "a = 0b102", 1, "number" },
		{ "a digit beyond octal", "a = 0o8", 1, "number" },
		{ "a prefix alone", "a = 0x", 1, "number" },
		{ "65 bits", "a = 9223372036854775808", 1, "64 bits" },
		{ "65 bits below", "a = -9223372036854775809", 1, "64 bits" },
		{ "65 bits in hexadecimal", "a = 0x8000000000000000", 1,
		  "64 bits" },
		{ "two signs", "a = ++1", 1, "number" },
		{ "a sign alone", "a = +", 1, "number" },
		{ "no digit before the point", "a = .5", 1, "number" },
		{ "no digit after the point", "a = 5.", 1, "number" },
		{ "no digit between point and e", "a = 5.e1", 1, "number" },
		{ "no exponent", "a = 1e", 1, "number" },
		{ "a broken exponent", "a = 1e1.5", 1, "number" },
		{ "underscore at the point", "a = 1_.5", 1, "number" },
		{ "underscore before e", "a = 1_e5", 1, "number" },
		{ "leading zero in a float", "a = 01.5", 1, "number" },
		{ "capital inf", "a = Inf", 1, "Inf is not a value" },
		{ "month 13", "a = 2021-13-01", 1, "RFC 3339" },
		{ "month 0", "a = 2021-00-01", 1, "RFC 3339" },
		{ "February 29 of a common year", "a = 2021-02-29", 1,
		  "RFC 3339" },
		{ "February 29 of 1900", "a = 1900-02-29", 1, "RFC 3339" },
		{ "April 31", "a = 2021-04-31", 1, "RFC 3339" },
		{ "hour 24", "a = 2021-01-01T24:00:00Z", 1, "RFC 3339" },
		{ "minute 60", "a = 10:60:00", 1, "RFC 3339" },
		{ "second 61", "a = 10:00:61", 1, "RFC 3339" },
		{ "no seconds", "a = 10:00", 1, "RFC 3339" },
		{ "no digits of the second's fraction", "a = 10:00:00.", 1,
		  "RFC 3339" },
		{ "one digit of a month", "a = 1979-5-27", 1, "RFC 3339" },
		{ "nothing after T", "a = 1979-05-27T", 1, "RFC 3339" },
		{ "offset hour 24", "a = 2021-01-01T10:00:00+24:00", 1,
		  "RFC 3339" },
		{ "an offset on a local time", "a = 10:00:00Z", 1,
		  "RFC 3339" },
		{ "two spaces between date and time",
		  "a = 1979-05-27  07:32:00", 1, "line should end" },
		{ "two values", "a = 1 2", 1, "line should end" },
		{ "two statements on a line", "a = 1 b = 2", 1,
		  "line should end" },
	};

	(void)state;
	check_invalid(rows, ARRAY_LEN(rows));
}

static void
bad_strings_and_octets_are_refused(void **state)
{
	static const struct invalid_row rows[] = {
		{ "not closed", "a = \"x", 1, "not closed" },
		{ "not closed before the line end", "\na = 'x\nb = 1", 2,
		  "not closed" },
		{ "a long string never closed", "\na = '''x\nb = 1\n\n", 2,
		  "never closed" },
		{ "an unknown escape", "a = \"\\q\"", 1, "unknown escape" },
		{ "an escape of later TOML", "a = \"\\e\"", 1,
		  "unknown escape" },
		{ "a path with backslashes", "a = \"C:\\users\"", 1,
		  "hexadecimal" },
		{ "a backslash at the end", "a = \"x\\", 1, "not closed" },
		{ "a surrogate", "a = \"\\uD800\"", 1, "not a character" },
		{ "beyond Unicode", "a = \"\\U00110000\"", 1,
		  "not a character" },
		{ "an escaped blank in a long string",
		  "a = \"\"\"x \\ y\"\"\"", 1, "unknown escape" },
		{ "a sixth quote", "a = \"\"\"x\"\"\"\"\"\"", 1,
		  "line should end" },
		{ "a long string as a key", "\"\"\"a\"\"\" = 1", 1,
		  "\"=\" was expected" },
		{ "a control character in a string", "a = \"\x01\"", 1,
		  "U+0001" },
		{ "DEL in a literal string", "a = '\x7f'", 1, "U+007F" },
		{ "a control character in a comment", "# \x0c\n", 1,
		  "U+000C" },
		{ "a lone CR in a comment", "\n# a\rb\n", 2, "U+000D" },
		{ "a lone CR in a long string", "a = '''a\rb'''", 1,
		  "U+000D" },
		{ "Latin-1 in a comment", "a = 1\n# gr\xfcn\n", 2,
		  "not UTF-8" },
		{ "an overlong form", "a = \"\xc0\xaf\"", 1, "not UTF-8" },
		{ "a surrogate in UTF-8", "a = '\xed\xa0\x80'", 1,
		  "not UTF-8" },
		{ "a byte order mark", "\xef\xbb\xbf" "a = 1", 1,
		  "byte order mark" },
	};

	(void)state;
	check_invalid(rows, ARRAY_LEN(rows));
}

static void
bad_structure_is_refused(void **state)
{
	static const struct invalid_row rows[] = {
		{ "no key", "= 1", 1, "a key was expected" },
		{ "no =", "a", 1, "\"=\" was expected" },
		{ "value on the next line", "a =\nb = 1", 1,
		  "a value was expected" },
		{ "a blank in a bare key", "a b = 1", 1,
		  "\"=\" was expected" },
		{ "a letter that bare keys cannot hold", "\xc3\xa9 = 1", 1,
		  "a key was expected" },
		{ "an empty part of a dotted key", "a..b = 1", 1,
		  "a key was expected" },
		{ "a key twice", "a = 1\n\na = 2", 3, "set already on line 1" },
		{ "a key twice, once in quotes", "a = 1\n'a' = 2", 2,
		  "set already" },
		{ "a table twice", "[a]\n[b]\n[a]", 3,
		  "defined already on line 1" },
		{ "a table over a key", "[a]\nb = 1\n[a.b]", 3,
		  "defined already" },
		{ "a table below a key", "[a]\nb = 1\n[a.b.c]", 3,
		  "given a value" },
		{ "a header over dotted keys", "[f]\na.b = 1\n[f.a]", 3,
		  "defined already" },
		{ "a dotted key into a value", "a = 1\na.b = 2", 2,
		  "cannot be extended" },
		{ "a dotted key into a header's table",
		  "[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4, "cannot be extended" },
		{ "a dotted key into an inline table", "a = {}\na.b = 1", 2,
		  "cannot be extended" },
		{ "a header into an inline table", "a = {}\n[a.b]", 2,
		  "cannot be extended" },
		{ "a header into an array of inline tables",
		  "a = [{}]\n[a.b]", 2, "cannot be extended" },
		{ "an array of tables onto an array", "a = []\n[[a]]", 2,
		  "other than an array of tables" },
		{ "an array of tables onto a table", "[a]\n[[a]]", 2,
		  "other than an array of tables" },
		{ "an array of tables onto an implied table",
		  "[a.b]\n[[a]]", 2, "other than an array of tables" },
		{ "a table onto an array of tables", "[[a]]\n[a]", 2,
		  "defined already" },
		{ "a dotted key into an array of tables",
		  "[[a.b]]\n[a]\nb.y = 2", 3, "cannot be extended" },
		{ "an inline table twice in itself", "a = { b = 1, b = 2 }",
		  1, "set already" },
		{ "an inline table over lines", "a = { b = 1,\n }\nc = 1", 1,
		  "a key was expected" },
		{ "a last comma in an inline table", "a = { b = 1, }", 1,
		  "no comma" },
		{ "no comma in an inline table", "a = { b = 1 c = 2 }", 1,
		  "\",\" or \"}\"" },
		{ "an array without commas", "a = [1 2]", 1, "\",\" or \"]\"" },
		{ "an array with two commas", "a = [1,,2]", 1,
		  "a value was expected" },
		{ "an array never closed", "a = [1,\n2\n", 3,
		  "began on line 1" },
		{ "an empty header", "[]", 1, "a key was expected" },
		{ "a header with an empty part", "[a.]", 1,
		  "a key was expected" },
		{ "a header not closed", "[a\nb = 1", 1, "\"]\" was expected" },
		{ "an array header closed once", "[[a]\nb = 1", 1,
		  "\"]]\" was expected" },
		{ "a blank inside [[", "[ [a]]", 1, "a key was expected" },
		{ "something after a header", "[a] b = 1", 1,
		  "line should end" },
	};

	(void)state;
	check_invalid(rows, ARRAY_LEN(rows));
}

static void
reading_goes_on_after_an_error(void **state)
{
	static const char text[] =
	    "a = 01\n"			/* 1 */
	    "b = \"\\q\"\n"		/* 2 */
	    "c = [ 1,\n"
	    "  what?,\n"		/* 4 */
	    "  \"x = y\", \n"
	    "]\n"
	    "d = 1\n"
	    "[t\n"			/* 8 */
	    "e = 1\n"			/* belongs to no known table: not told */
	    "[u]\n"
	    "f = 1\n"
	    "f = 2\n"			/* 12 */
	    "g = { h = 1, i }\n"	/* 13 */
	    "j = 'x\n";			/* 14 */
	static const unsigned int lines[] = { 1, 2, 4, 8, 12, 13, 14 };
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct toml *toml = toml_read(text, strlen(text), &problems);
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < problems.count && i < ARRAY_LEN(lines); i++)
		if (problems.item[i].line != lines[i])
			fail_msg("%u: %s", problems.item[i].line,
			    problems.item[i].text);
	assert_int_equal(problems.count, ARRAY_LEN(lines));
	assert_string_equal(problems.item[4].key, "u.f");
	assert_string_equal(problems.item[5].key, "u.g.i");
	dump(&out, toml_root(toml));
	assert_string_equal(buf_str(&out),
	    "{a=?,b=?,c=?,d=1,u={f=1,g=?,j=?}}");
	buf_free(&out);
	toml_problems_clear(&problems);
	toml_free(&toml);
}

static void
nodes_know_their_lines(void **state)
{
	static const char text[] = "\n[a]\nb = [\n 1,\n 2 ]\n[[c]]\n[c.d]\n";
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct toml *toml = toml_read(text, strlen(text), &problems);
	const struct toml_node *root = toml_root(toml), *b, *c;

	(void)state;
	assert_int_equal(problems.count, 0);
	assert_int_equal(toml_get(root, "a")->line, 2);
	b = toml_get(toml_get(root, "a"), "b");
	assert_int_equal(b->line, 3);
	assert_int_equal(b->first->next->line, 5);
	c = toml_get(root, "c");
	assert_int_equal(c->count, 1);
	assert_int_equal(toml_get(c->first, "d")->line, 7);
	assert_null(toml_get(root, "x"));
	toml_free(&toml);
}

static void
expect_problem(const struct buf *text, const char *part)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct toml *toml = toml_read(buf_str(text), text->len, &problems);

	assert_true(problems.count > 0);
	assert_non_null(strstr(problems.item[0].text, part));
	toml_problems_clear(&problems);
	toml_free(&toml);
}

static void
depth_and_size_are_bounded(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	(void)buf_puts(&text, "a = ");
	for (int i = 0; i < 100000; i++)
		(void)buf_puts(&text, "[");
	expect_problem(&text, "nested more than 32");
	buf_clear(&text);
	(void)buf_puts(&text, "a = ");
	for (int i = 0; i < 100000; i++)
		(void)buf_puts(&text, "{a=");
	expect_problem(&text, "nested more than 32");
	buf_clear(&text);
	(void)buf_puts(&text, "a");
	for (int i = 0; i < 100000; i++)
		(void)buf_puts(&text, ".a");
	expect_problem(&text, "more than 32 parts");
	buf_clear(&text);
	for (int i = 0; i <= TOML_MAX_SIZE / 8; i++)
		(void)buf_puts(&text, "# 34567\n");
	expect_problem(&text, "larger than");
	buf_free(&text);
}

static void
problems_are_bounded_and_cannot_forge_lines(void **state)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct buf text = BUF_INIT;
	struct toml *toml;
	char *line;

	(void)state;
	for (int i = 0; i < TOML_PROBLEMS_MAX + 7; i++)
		(void)buf_puts(&text, "x\n");
	toml = toml_read(buf_str(&text), text.len, &problems);
	assert_int_equal(problems.count, TOML_PROBLEMS_MAX);
	assert_int_equal(problems.dropped, 7);
	toml_problems_clear(&problems);
	toml_free(&toml);
	buf_free(&text);

	toml_problems_add(&problems, 3, "k\n", "a\nb\\ \x1b[2J");
	line = toml_problem_text(&problems.item[0], "f.toml");
	assert_string_equal(line, "f.toml:3: k\\x0a: a\\x0ab\\ \\x1b[2J");
	free(line);
	toml_problems_clear(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_read),
		cmocka_unit_test(strings_are_read),
		cmocka_unit_test(tables_and_arrays_are_read),
		cmocka_unit_test(bad_scalars_are_refused),
		cmocka_unit_test(bad_strings_and_octets_are_refused),
		cmocka_unit_test(bad_structure_is_refused),
		cmocka_unit_test(reading_goes_on_after_an_error),
		cmocka_unit_test(nodes_know_their_lines),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(problems_are_bounded_and_cannot_forge_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
