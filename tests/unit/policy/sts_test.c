/*
 * policy: MTA-STS texts by the ABNF of RFC 8461, and the matching of hosts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "policy/sts.h"

#define TEXT(s) (s), sizeof(s) - 1
#define D32 "abcdefghijklmnopqrstuvwxyz012345"

/* --- the TXT record */

static const struct {
	const char *why;
	const char *text;
	size_t len;
	bool begins;
	const char *id;		/* NULL: invalid */
} txts[] = {
	{ "as in the RFC", TEXT("v=STSv1; id=20160831085700Z;"), true,
	    "20160831085700Z" },
	{ "no final delimiter", TEXT("v=STSv1; id=1"), true, "1" },
	{ "no blank", TEXT("v=STSv1;id=1;"), true, "1" },
	{ "blanks and tabs around delimiters",
	    TEXT("v=STSv1; \t id=1 \t ;\t "), true, "1" },
	{ "blanks before each delimiter", TEXT("v=STSv1 ; id=a1 ;"), true,
	    "a1" },
	{ "extension before and after", TEXT("v=STSv1;a=b;id=1;c_d-e.f=!<~"),
	    true, "1" },
	{ "the first id counts", TEXT("v=STSv1;id=1;id=2"), true, "1" },
	{ "a later id is ignored whatever it is",
	    TEXT("v=STSv1;id=1;id=a-b"), true, "1" },
	{ "longest id", TEXT("v=STSv1;id=" D32), true, D32 },
	{ "longest name of an extension", TEXT("v=STSv1;id=1;" D32 "=1"),
	    true, "1" },
	{ "another case is an extension", TEXT("v=STSv1;ID=2;id=1"), true,
	    "1" },
	{ "a second v is an extension", TEXT("v=STSv1;v=STSv1;id=1"), true,
	    "1" },

	{ "id too long", TEXT("v=STSv1;id=" D32 "6"), true, NULL },
	{ "id with a hyphen", TEXT("v=STSv1;id=2016-08-31"), true, NULL },
	{ "id empty", TEXT("v=STSv1;id=;"), true, NULL },
	{ "no id", TEXT("v=STSv1;"), true, NULL },
	{ "an extension is not enough", TEXT("v=STSv1;a=b"), true, NULL },
	{ "ID is not id", TEXT("v=STSv1;ID=1"), true, NULL },
	{ "blank at the end, without a delimiter", TEXT("v=STSv1;id=1 "),
	    true, NULL },
	{ "two delimiters", TEXT("v=STSv1;;id=1"), true, NULL },
	{ "two at the end", TEXT("v=STSv1;id=1;;"), true, NULL },
	{ "blank before the value", TEXT("v=STSv1;id= 1"), true, NULL },
	{ "blank after the name", TEXT("v=STSv1;id =1"), true, NULL },
	{ "no value at all", TEXT("v=STSv1;id"), true, NULL },
	{ "equals sign within a value", TEXT("v=STSv1;id=1;a=b=c"), true,
	    NULL },
	{ "blank within a value", TEXT("v=STSv1;id=1;a=b c"), true, NULL },
	{ "name begins with a hyphen", TEXT("v=STSv1;id=1;-a=b"), true,
	    NULL },
	{ "name too long", TEXT("v=STSv1;id=1;" D32 "6=1"), true, NULL },
	{ "8 bit", TEXT("v=STSv1;id=1;a=\303\244"), true, NULL },
	{ "NUL", TEXT("v=STSv1;id=1\0"), true, NULL },
	{ "DEL", TEXT("v=STSv1;id=1;a=\177"), true, NULL },
	{ "line end", TEXT("v=STSv1;id=1;\n"), true, NULL },

	{ "nothing", TEXT(""), false, NULL },
	{ "no delimiter", TEXT("v=STSv1"), false, NULL },
	{ "no delimiter but a blank", TEXT("v=STSv1 id=1"), false, NULL },
	{ "blank first", TEXT(" v=STSv1;id=1"), false, NULL },
	{ "another version", TEXT("v=STSv2;id=1"), false, NULL },
	{ "version in another case", TEXT("v=stsv1;id=1"), false, NULL },
	{ "V in another case", TEXT("V=STSv1;id=1"), false, NULL },
	{ "version not first", TEXT("id=1;v=STSv1;"), false, NULL },
	{ "a longer version", TEXT("v=STSv10;id=1"), false, NULL },
	{ "SPF", TEXT("v=spf1 -all"), false, NULL },
};

static void
txt_records_are_read_strictly_but_for_blanks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(txts); i++) {
		/* An exact copy, for the sanitizer to see an overrun. */
		char *text = mem_dup(txts[i].text, txts[i].len);
		char id[STS_ID_MAX + 1];
		bool begins, ok = policy_sts_txt_parse(text, txts[i].len, id,
		    &begins);

		free(text);
		if (ok != (txts[i].id != NULL) || begins != txts[i].begins ||
		    (ok && strcmp(id, txts[i].id) != 0))
			fail_msg("%s: %d %d \"%s\"", txts[i].why, ok, begins,
			    id);
	}
}

/* --- the policy */

#define HEAD "version: STSv1\n"
#define MODE "mode: enforce\n"
#define AGE "max_age: 86400\n"
#define MX "mx: mx.example\n"

static const struct {
	const char *why;
	const char *text;
	size_t len;
	enum policy_sts_mode mode;	/* STS_MODE_UNSET: no policy */
	size_t n_mx;
	int64_t max_age_s;
} policies[] = {
	{ "as in the RFC, CRLF", TEXT("version: STSv1\r\nmode: enforce\r\n"
	    "mx: mail.example.com\r\nmx: *.example.net\r\n"
	    "mx: backupmx.example.com\r\nmax_age: 604800\r\n"), STS_ENFORCE,
	    3, 604800 },
	{ "LF", TEXT(HEAD MODE AGE MX), STS_ENFORCE, 1, 86400 },
	{ "both line ends", TEXT("version: STSv1\r\n" MODE AGE MX),
	    STS_ENFORCE, 1, 86400 },
	{ "no last line end", TEXT(HEAD MODE AGE "mx: a"), STS_ENFORCE, 1,
	    86400 },
	{ "any order", TEXT(MX AGE MODE HEAD), STS_ENFORCE, 1, 86400 },
	{ "no blank, and many", TEXT("version:STSv1\nmode:\t enforce \t\n" AGE
	    MX), STS_ENFORCE, 1, 86400 },
	{ "mode testing", TEXT(HEAD "mode: testing\n" AGE MX), STS_TESTING, 1,
	    86400 },
	{ "mode none needs no mx", TEXT(HEAD "mode: none\n" AGE), STS_NONE, 0,
	    86400 },
	{ "mode none may have mx", TEXT(HEAD "mode: none\n" AGE MX), STS_NONE,
	    1, 86400 },
	{ "the first of two modes", TEXT(HEAD MODE "mode: none\n" AGE MX),
	    STS_ENFORCE, 1, 86400 },
	{ "the first of two max_age", TEXT(HEAD MODE AGE "max_age: 1\n" MX),
	    STS_ENFORCE, 1, 86400 },
	{ "a duplicate is ignored whatever it says",
	    TEXT(HEAD HEAD "version: 2\n" MODE "mode: x\n" AGE MX),
	    STS_ENFORCE, 1, 86400 },
	{ "max_age is cut at a year", TEXT(HEAD MODE "max_age: 9999999999\n"
	    MX), STS_ENFORCE, 1, STS_AGE_MAX_S },
	{ "max_age of the bound", TEXT(HEAD MODE "max_age: 31557600\n" MX),
	    STS_ENFORCE, 1, 31557600 },
	{ "max_age 0", TEXT(HEAD MODE "max_age: 0\n" MX), STS_ENFORCE, 1, 0 },
	{ "leading zeros", TEXT(HEAD MODE "max_age: 0000000001\n" MX),
	    STS_ENFORCE, 1, 1 },
	{ "unknown key", TEXT(HEAD MODE AGE MX "a_b-c.9: x y  z\n"),
	    STS_ENFORCE, 1, 86400 },
	{ "UTF-8 in an unknown key's value", TEXT(HEAD MODE AGE MX
	    "x: \303\244\342\202\254\360\237\224\222\n"), STS_ENFORCE, 1,
	    86400 },
	{ "a colon within a value", TEXT(HEAD MODE AGE MX "x: y:z\n"),
	    STS_ENFORCE, 1, 86400 },
	{ "keys in another case are extensions", TEXT(HEAD "Mode: none\n" MODE
	    AGE MX), STS_ENFORCE, 1, 86400 },
	{ "longest extension name", TEXT(HEAD MODE AGE MX D32 ": x\n"),
	    STS_ENFORCE, 1, 86400 },
	{ "host with a digit first, and A-label", TEXT(HEAD MODE AGE
	    "mx: 1and1.xn--p1ai\n"), STS_ENFORCE, 1, 86400 },

	{ "blank lines first, within and last", TEXT("\n\r\n" HEAD "\n" MODE
	    AGE " \t\n" MX "\n \n\n"), STS_ENFORCE, 1, 86400 },
	{ "blanks after the last line", TEXT(HEAD MODE AGE MX " \t"),
	    STS_ENFORCE, 1, 86400 },
	{ "indented", TEXT("      " HEAD "      " MODE "\t" MX "  " MX " "
	    AGE), STS_ENFORCE, 2, 86400 },

	{ "nothing", TEXT(""), STS_MODE_UNSET, 0, 0 },
	{ "nothing but blank lines", TEXT("\n \n\r\n"), STS_MODE_UNSET, 0,
	    0 },
	{ "an indented line without a name", TEXT(HEAD MODE AGE MX " : x\n"),
	    STS_MODE_UNSET, 0, 0 },
	{ "an indented address", TEXT(HEAD MODE AGE "  mx: 192.0.2.1\n"),
	    STS_MODE_UNSET, 0, 0 },
	{ "a line end of another kind", TEXT(HEAD "\v\n" MODE AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "no version", TEXT(MODE AGE MX), STS_MODE_UNSET, 0, 0 },
	{ "no mode", TEXT(HEAD AGE MX), STS_MODE_UNSET, 0, 0 },
	{ "no max_age", TEXT(HEAD MODE MX), STS_MODE_UNSET, 0, 0 },
	{ "no mx", TEXT(HEAD MODE AGE), STS_MODE_UNSET, 0, 0 },
	{ "no mx in testing", TEXT(HEAD "mode: testing\n" AGE),
	    STS_MODE_UNSET, 0, 0 },
	{ "another version", TEXT("version: STSv2\n" MODE AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "version in another case", TEXT("version: stsv1\n" MODE AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "key in another case only", TEXT(HEAD "Mode: enforce\n" AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "mode in another case", TEXT(HEAD "mode: Enforce\n" AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "unknown mode", TEXT(HEAD "mode: report\n" AGE MX), STS_MODE_UNSET,
	    0, 0 },
	{ "the first mode is wrong, the second not", TEXT(HEAD "mode: x\n"
	    MODE AGE MX), STS_MODE_UNSET, 0, 0 },
	{ "11 digits", TEXT(HEAD MODE "max_age: 00000000001\n" MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "signed", TEXT(HEAD MODE "max_age: -1\n" MX), STS_MODE_UNSET, 0,
	    0 },
	{ "not a number", TEXT(HEAD MODE "max_age: 1d\n" MX), STS_MODE_UNSET,
	    0, 0 },
	{ "empty value", TEXT(HEAD MODE "max_age:\n" MX), STS_MODE_UNSET, 0,
	    0 },
	{ "blank before the colon", TEXT("version : STSv1\n" MODE AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "equals sign for a colon", TEXT("version=STSv1\n" MODE AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "CR alone", TEXT("version: STSv1\r" MODE AGE MX), STS_MODE_UNSET, 0,
	    0 },
	{ "CR at the end", TEXT(HEAD MODE AGE "mx: a\r"), STS_MODE_UNSET, 0,
	    0 },
	{ "CR CR LF", TEXT(HEAD MODE AGE "mx: a\r\r\n"), STS_MODE_UNSET, 0,
	    0 },
	{ "byte order mark", TEXT("\357\273\277" HEAD MODE AGE MX),
	    STS_MODE_UNSET, 0, 0 },
	{ "NUL", TEXT(HEAD MODE AGE MX "x: a\0b\n"), STS_MODE_UNSET, 0, 0 },
	{ "tab within a value", TEXT(HEAD MODE AGE MX "x: a\tb\n"),
	    STS_MODE_UNSET, 0, 0 },
	{ "DEL", TEXT(HEAD MODE AGE MX "x: \177\n"), STS_MODE_UNSET, 0, 0 },
	{ "not UTF-8", TEXT(HEAD MODE AGE MX "x: \344\n"), STS_MODE_UNSET, 0,
	    0 },
	{ "UTF-8 that is too long", TEXT(HEAD MODE AGE MX "x: \300\200\n"),
	    STS_MODE_UNSET, 0, 0 },
	{ "UTF-8 cut at the end", TEXT(HEAD MODE AGE MX "x: \342\202"),
	    STS_MODE_UNSET, 0, 0 },
	{ "UTF-8 in a name", TEXT(HEAD MODE AGE MX "\303\244: x\n"),
	    STS_MODE_UNSET, 0, 0 },
	{ "extension name too long", TEXT(HEAD MODE AGE MX D32 "6: x\n"),
	    STS_MODE_UNSET, 0, 0 },
	{ "extension name begins with _", TEXT(HEAD MODE AGE MX "_x: x\n"),
	    STS_MODE_UNSET, 0, 0 },
	{ "HTML", TEXT("<html><body>Not found</body></html>"),
	    STS_MODE_UNSET, 0, 0 },
};

/* By walking them. */
static size_t
count_mx(const struct policy_sts *p)
{
	struct policy_sts_pattern mx = { NULL, 0 };
	size_t n = 0;

	while (policy_sts_next_mx(p, &mx)) {
		assert_true(mx.text >= p->text &&
		    mx.text + mx.len <= p->text + p->len);
		n++;
	}
	return n;
}

static void
policies_are_read_strictly_but_for_blanks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
		char *text = mem_dup(policies[i].text, policies[i].len);
		bool want = policies[i].mode != STS_MODE_UNSET;
		struct policy_sts p;
		const char *why;

		if (policy_sts_parse(&p, text, policies[i].len, &why) != want)
			fail_msg("%s: %s", policies[i].why,
			    want ? why : "accepted");
		if (want && (p.mode != policies[i].mode ||
		    p.n_mx != policies[i].n_mx || count_mx(&p) != p.n_mx ||
		    p.max_age_s != policies[i].max_age_s || why != NULL))
			fail_msg("%s: %s, %zu mx, %lld s", policies[i].why,
			    policy_sts_mode_name(p.mode), p.n_mx,
			    (long long)p.max_age_s);
		if (!want && why == NULL)
			fail_msg("%s: refused without a reason",
			    policies[i].why);
		free(text);
	}
}

#define L63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static const struct {
	const char *why;
	const char *mx;
	bool ok;
} domains[] = {
	{ "one label", "localhost", true },
	{ "upper case", "MX.Example", true },
	{ "a wildcard", "*.example", true },
	{ "labels of 63", L63 "." L63 "." L63, true },
	{ "a number that is not the last label", "1.2.example", true },
	{ "wildcard alone", "*", false },
	{ "wildcard and dot alone", "*.", false },
	{ "wildcard within", "mx.*.example", false },
	{ "part of a label", "mx*.example", false },
	{ "two wildcards", "*.*.example", false },
	{ "a dot first", ".example", false },
	{ "a dot at the end", "mx.example.", false },
	{ "two dots", "mx..example", false },
	{ "hyphen first", "-mx.example", false },
	{ "hyphen last", "mx-.example", false },
	{ "underscore", "mx_1.example", false },
	{ "a label of 64", L63 "x", false },
	{ "longer than a name", L63 "." L63 "." L63 "." L63 ".x", false },
	{ "IPv4 address", "192.0.2.1", false },
	{ "IPv4 literal", "[192.0.2.1]", false },
	{ "IPv6 literal", "[IPv6:2001:db8::1]", false },
	{ "wildcard before an address", "*.2.0.192", false },
	{ "two hosts", "mx1.example mx2.example", false },
	{ "two hosts with a comma", "mx1.example,mx2.example", false },
	{ "U-label", "\303\244.example", false },
};

static void
patterns_are_domains(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
		char *text = mem_printf(HEAD MODE AGE "mx: %s\n",
		    domains[i].mx);
		struct policy_sts_pattern mx = { NULL, 0 };
		struct policy_sts p;
		const char *why;

		if (policy_sts_parse(&p, text, strlen(text), &why) !=
		    domains[i].ok)
			fail_msg("%s: %s", domains[i].why, domains[i].mx);
		if (domains[i].ok) {
			assert_true(policy_sts_next_mx(&p, &mx));
			assert_int_equal(mx.len, strlen(domains[i].mx));
			assert_memory_equal(mx.text, domains[i].mx, mx.len);
			assert_false(policy_sts_next_mx(&p, &mx));
		}
		free(text);
	}
}

static bool
with_lines(const char *line, size_t n)
{
	struct buf text = BUF_INIT;
	struct policy_sts p;
	const char *why;
	bool ok;

	(void)buf_puts(&text, HEAD MODE AGE MX);
	while (n-- > 0)
		(void)buf_puts(&text, line);
	ok = policy_sts_parse(&p, text.data, text.len, &why);
	assert_true(ok == (why == NULL));
	buf_free(&text);
	return ok;
}

static void
there_are_bounds(void **state)
{
	const size_t head = strlen(HEAD MODE AGE MX);

	(void)state;
	/* The size is the only bound of how many mx there may be. */
	assert_true(with_lines("mx: a\n", (STS_POLICY_MAX - head) / 6));
	assert_false(with_lines("mx: a\n", (STS_POLICY_MAX - head) / 6 + 1));
	assert_true(with_lines("x:y\n", (STS_POLICY_MAX - head) / 4));
	assert_false(with_lines("x:y\n", (STS_POLICY_MAX - head) / 4 + 1));
}

/* --- matching (RFC 8461 4.1) */

static const struct {
	const char *why;
	const char *pattern, *host;
	bool matches;
} matches[] = {
	{ "the same", "mx.example", "mx.example", true },
	{ "in another case", "MX.example", "mx.EXAMPLE", true },
	{ "final dot of the host", "mx.example", "mx.example.", true },
	{ "another", "mx.example", "mx2.example", false },
	{ "a suffix", "example", "mx.example", false },
	{ "a prefix", "mx.example", "mx.example.net", false },
	{ "wildcard", "*.example", "mx.example", true },
	{ "wildcard, another case, final dot", "*.Example", "MX.example.",
	    true },
	{ "wildcard is one label, not two", "*.example", "a.mx.example",
	    false },
	{ "nor none", "*.example", "example", false },
	{ "nor an empty one", "*.example", ".example", false },
	{ "nor a part of one", "*.example", "mxexample", false },
	{ "an escaped dot does not part labels", "*.example",
	    "a\\046b.example", true },
	{ "no host", "mx.example", "", false },
	{ "the root", "*.example", ".", false },
};

static void
hosts_match_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
		size_t len = strlen(matches[i].pattern);
		char *exact = mem_dup(matches[i].pattern, len);
		struct policy_sts_pattern p = { exact, len };

		if (policy_sts_pattern_matches(&p, matches[i].host) !=
		    matches[i].matches)
			fail_msg("%s", matches[i].why);
		free(exact);
	}
}

static void
a_policy_names_what_any_pattern_does(void **state)
{
	/* An extension's name may begin with "mx", and blanks end a line. */
	static const char text[] = "mxx: x.example\n" HEAD MODE AGE
	    "\n mx:mx.example \t\r\nmxy: y.example\n\tmx: *.example.net\n\n";
	const struct policy_sts none = { .mode = STS_NONE };
	struct policy_sts p;
	const char *why;

	(void)state;
	assert_true(policy_sts_parse(&p, text, strlen(text), &why));
	assert_true(policy_sts_names(&p, "mx.example"));
	assert_true(policy_sts_names(&p, "a.example.net"));
	assert_false(policy_sts_names(&p, "a.example"));
	assert_false(policy_sts_names(&p, "x.example"));
	assert_false(policy_sts_names(&p, "y.example"));
	assert_false(policy_sts_names(&none, "mx.example"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(txt_records_are_read_strictly_but_for_blanks),
		cmocka_unit_test(policies_are_read_strictly_but_for_blanks),
		cmocka_unit_test(patterns_are_domains),
		cmocka_unit_test(there_are_bounds),
		cmocka_unit_test(hosts_match_patterns),
		cmocka_unit_test(a_policy_names_what_any_pattern_does),
	};

	return cmocka_run_group_tests_name("sts", tests, NULL, NULL);
}
