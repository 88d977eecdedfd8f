/*
 * conf/check: what is told about a configuration file that is wrong, and the
 * expressions of one.
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
#include "conf/check.h"
#include "conf/config.h"

/* All problems, a line each. */
static char *
problems_of(const char *text)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct conf_rows *rows = NULL;
	struct buf out = BUF_INIT;
	char *all;

	if (conf_check_text(&rows, text, strlen(text), NULL, &problems))
		assert_int_equal(problems.count, 0);
	for (size_t i = 0; i < problems.count; i++) {
		char *line = toml_problem_text(&problems.item[i], "f");

		(void)buf_printf(&out, "%s\n", line);
		free(line);
	}
	all = mem_strdup(buf_str(&out));
	buf_free(&out);
	toml_problems_clear(&problems);
	conf_rows_free(&rows);
	return all;
}

/* --- one problem each */

struct bad_row {
	const char *why, *text, *problem;
};

static void
expect_one_problem(const struct bad_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *all = problems_of(rows[i].text);
		const char *end = strchr(all, '\n');

		if (end == NULL)
			fail_msg("%s: accepted", rows[i].why);
		else if (strstr(all, rows[i].problem) == NULL || end[1] != '\0')
			fail_msg("%s: got %s", rows[i].why, all);
		free(all);
	}
}

static void
bad_values_are_told(void **state)
{
	static const struct bad_row rows[] = {
		{ "a word that is none", "[queue.tls.a]\ndane = \"maybe\"",
		  "f:2: queue.tls.a.dane: must be \"optional\", \"require\" or "
		  "\"disable\", not \"maybe\"" },
		{ "words are lower case", "[queue.tls.a]\ndane = \"Require\"",
		  "must be \"optional\"" },
		{ "a word of another kind", "[queue.tls.a]\nstarttls = true",
		  "must be a string, not a boolean" },
		{ "a version as a number",
		  "[queue.tls.a]\nmin-version = 1.2",
		  "must be a string, not a float" },
		{ "an old TLS", "[queue.tls.a]\nmin-version = \"1.1\"",
		  "must be \"1.2\" or \"1.3\"" },
		{ "a unit that is none", "dns.timeout = \"5x\"",
		  "f:1: dns.timeout: \"5x\" is not a duration" },
		{ "two units", "dns.timeout = \"1h30m\"", "not a duration" },
		{ "a blank before the unit", "dns.timeout = \"5 m\"",
		  "not a duration" },
		{ "a fraction", "dns.timeout = 1.5", "not a float" },
		{ "seconds in quotes", "dns.timeout = \"30\"", "no unit" },
		{ "nothing", "dns.timeout = \"\"", "not a duration" },
		{ "a time-out of nothing", "dns.timeout = 0", "must be 1s to" },
		{ "a negative time", "dns.timeout = -1", "not a duration" },
		{ "a time-out of a year", "dns.timeout = \"365d\"",
		  "must be 1s to 1d, not 365d" },
		{ "a time beyond 64 bits",
		  "queue.retention = \"999999999999999999d\"",
		  "not a duration" },
		{ "port 0", "mta-sts.port = 0", "must be 1 to 65535, not 0" },
		{ "port 65536", "mta-sts.port = 65536", "must be 1 to 65535" },
		{ "a port in quotes", "mta-sts.port = \"443\"",
		  "must be an integer, not a string" },
		{ "a relative path", "tls.ca-file = \"ca.pem\"", "full path" },
		{ "a control character",
		  "report.dsn.from-name = \"a\\nBcc: x\"", "U+000A" },
		{ "NUL", "tls.ca-file = \"/a\\u0000b\"", "U+0000" },
		{ "no list", "[queue.schedule.a]\nretry = \"2m\"",
		  "must be a list of durations, not a string" },
		{ "a list of something else",
		  "[queue.schedule.a]\nretry = [true]", "not a boolean" },
		{ "no retry at all", "[queue.schedule.a]\nretry = []",
		  "must not be empty" },
		{ "one bad element",
		  "[queue.schedule.a]\nretry = [\"2m\", \"x\"]",
		  "\"x\" is not a duration" },
		{ "no address", "[queue.connection.a]\n"
		  "source-ips = [\"192.0.2.1\", \"host\"]",
		  "\"host\" is not an IPv4 or IPv6 address" },
		{ "an EHLO name that SMTP does not know",
		  "[queue.connection.a]\nehlo-hostname = \"a_b.example\"",
		  "must be a host name" },
		{ "a bare address in EHLO",
		  "[queue.connection.a]\nehlo-hostname = \"192.0.2.1\"",
		  "must be a host name" },
		{ "a relay that is no host", "[queue.route.a]\n"
		  "type = \"relay\"\naddress = \"a b\"", "f:3: "
		  "queue.route.a.address: must be a host name" },
		{ "a page for everybody", "http.listen = \"0.0.0.0:80\"",
		  "http.listen: must be \"127.0.0.1:PORT\"" },
		{ "no port", "http.listen = \"127.0.0.1\"", "must be" },
		{ "a relative socket", "http.listen = \"unix:x\"", "must be" },
		{ "a header with its colon",
		  "milter.strategy-header = \"X-Tls:\"", "header field" },
		{ "no address", "report.tls.from = \"postmaster\"",
		  "local@domain" },
		{ "an empty expression", "milter.take = \" \"", "empty" },
		{ "no expression", "milter.take = true",
		  "must be an expression in quotes, not a boolean" },
		{ "a word for true",
		  "[queue.tls.a]\nallow-invalid-certs = 1",
		  "must be true, false or an expression" },
		{ "no sessions at all",
		  "[queue.virtual.a]\nthreads-per-node = 0", "must be 1 to" },
		{ "a secret from a relative file", "[queue.route.a]\n"
		  "type = \"relay\"\naddress = \"a.example\"\n"
		  "auth = { username = \"u\", secret = \"file:x\" }",
		  "full path" },
		{ "an id with a blank", "[queue.tls.\"a b\"]",
		  "an id is made of" },
		{ "an id with a dot", "[queue.tls.\"a.b\"]",
		  "an id is made of" },
	};

	(void)state;
	expect_one_problem(rows, ARRAY_LEN(rows));
}

static void
unknown_keys_are_told_with_a_near_one(void **state)
{
	static const struct bad_row rows[] = {
		{ "a letter swapped", "[queue.tls.a]\ndnae = \"require\"",
		  "f:2: queue.tls.a.dnae: unknown key; did you mean "
		  "queue.tls.a.dane?" },
		{ "an underscore", "[queue.tls.a]\nmta_sts = \"require\"",
		  "did you mean queue.tls.a.mta-sts?" },
		{ "the table misspelt", "[queue.conection.a]\nport = 26",
		  "f:1: queue.conection: unknown key; did you mean "
		  "queue.connection?" },
		{ "a part left out", "dns = { timeouts = 1 }",
		  "did you mean dns.timeout?" },
		{ "nothing near", "[server]\nname = 1",
		  "f:1: server: unknown key; tlsq.toml(5)" },
		{ "below a value", "dns.timeout.x = 1",
		  "f:1: dns.timeout: must be a duration" },
		{ "a value for a table", "queue.tls.a.timeout = \"3m\"",
		  "queue.tls.a.timeout: is a table" },
		{ "an array of tables", "[[queue.tls.a]]", "is a table" },
		{ "a strategy of nothing",
		  "queue.strategy.host = \"'default'\"",
		  "tls, route, connection and schedule" },
		{ "an object about which nothing is stored",
		  "[queue.connection.a]", "no settings" },
		{ "a key of eight parts", "a.b.c.d.e.f.g.h = 1",
		  "f:1: a: unknown key" },
	};

	(void)state;
	expect_one_problem(rows, ARRAY_LEN(rows));
}

static void
contradictions_are_told(void **state)
{
	static const struct bad_row rows[] = {
		{ "nothing to authenticate without STARTTLS",
		  "[queue.tls.a]\nstarttls = \"disable\"\ndane = \"require\"",
		  "f:2: queue.tls.a.starttls: \"disable\" cannot go with dane" },
		{ "the same for MTA-STS", "[queue.tls.a]\n"
		  "mta-sts = \"require\"\nstarttls = \"disable\"",
		  "f:3: queue.tls.a.starttls: \"disable\" cannot go with "
		  "mta-sts" },
		{ "a relay to nowhere", "\n[queue.route.a]\ntype = \"relay\"",
		  "f:2: queue.route.a.address: is missing" },
		{ "MX of an address", "[queue.route.a]\ntype = \"mx\"\n"
		  "address = \"a.example\"",
		  "f:3: queue.route.a.address: is only for routes of type "
		  "\"relay\"" },
		{ "a relay without MX has no MX limit", "[queue.route.a]\n"
		  "type = \"relay\"\naddress = \"a.example\"\nlimits.mx = 1",
		  "is only for routes of type \"mx\"" },
		{ "a route of no type", "[queue.route.a]\nport = 26",
		  "queue.route.a.type: is missing" },
		{ "a name without a secret", "[queue.route.a]\n"
		  "type = \"relay\"\naddress = \"a.example\"\n"
		  "auth.username = \"u\"",
		  "queue.route.a.auth.secret: is missing" },
		{ "two ends", "[queue.schedule.a]\nexpire = \"1d\"\n"
		  "max-attempts = 3", "f:3: queue.schedule.a.max-attempts: "
		  "cannot go with expire" },
		{ "a virtual queue that is not there", "[queue.schedule.a]\n"
		  "queue-name = \"bulk\"", "there is no queue.virtual.bulk" },
		{ "notices that do not rise", "[queue.schedule.a]\n"
		  "notify = [\"1d\", \"4h\"]", "must rise" },
		{ "a strategy that is not there",
		  "queue.strategy.tls = \"'secure'\"",
		  "f:1: queue.strategy.tls: there is no queue.tls.secure" },
		{ "the same in a rule", "[queue.strategy]\nroute = [\n"
		  "{ if = \"size > 1\", then = \" 'x' \" },\n"
		  "{ else = '\"mx\"' }\n]",
		  "f:3: queue.strategy.route: there is no queue.route.x" },
		{ "an id without quotes",
		  "queue.strategy.connection = \"default\"",
		  "in quotes of its own: \"'default'\"" },
		{ "a pinned strategy that is not there",
		  "milter.tls-strategy = \"'x'\"", "there is no queue.tls.x" },
		{ "no else", "queue.strategy.tls = [{ if = \"1\", then = "
		  "\"'default'\" }]", "must end in { else = ... }" },
		{ "else in the middle", "queue.strategy.tls = [ "
		  "{ else = \"'default'\" }, { else = \"'default'\" } ]",
		  "must be the last" },
		{ "if without then",
		  "queue.strategy.tls = [ { if = \"1\" } ]",
		  "a rule has if and then" },
		{ "if, then and else", "queue.strategy.tls = [ { if = \"1\", "
		  "then = \"'default'\", else = \"'default'\" } ]",
		  "a rule has if and then" },
		{ "a key that rules do not have", "queue.strategy.tls = "
		  "[ { else = \"'default'\", x = 1 } ]",
		  "a rule has if and then" },
		{ "no rules", "queue.strategy.tls = []",
		  "must be an expression in quotes, or [" },
		{ "a rule that is a string",
		  "queue.strategy.tls = [ \"'default'\" ]",
		  "each element of the list is" },
		{ "a condition that is no text", "queue.strategy.tls = "
		  "[ { if = true, then = \"'default'\" }, "
		  "{ else = \"'default'\" } ]", "an expression in quotes" },
		{ "a map key with dots out of quotes",
		  "[lookup.local]\nexample.org = \"\"",
		  "f:2: lookup.local.example: must be a string; a key that "
		  "has dots" },
		{ "two keys that are one name",
		  "[lookup.m]\n\"CAFE.test\" = \"a\"\nx = \"\"\n"
		  "\"cafe.test.\" = \"b\"\n",
		  "f:4: lookup.m.cafe.test.: is the same name as the key of "
		  "line 2: both are cafe.test" },
		{ "an IDN in both forms",
		  "[lookup.m]\n\"b\xc3\xbc" "cher.test\" = \"a\"\n"
		  "\"xn--bcher-kva.test\" = \"b\"\n",
		  "f:3: lookup.m.xn--bcher-kva.test: is the same name as the "
		  "key of line 2" },
		{ "a map that is a value", "lookup.local = \"x\"",
		  "must be a table" },
		{ "a map value that is a number",
		  "lookup.local.a = 1", "must be a string" },
		{ "a syntax error", "dns.timeout = 5m", "f:1: dns.timeout: 5m "
		  "is not a number" },
	};

	(void)state;
	expect_one_problem(rows, ARRAY_LEN(rows));
}

static void
all_problems_come_in_one_run_by_line(void **state)
{
	static const char text[] =
	    "[queue.route.a]\n"			/* 1: no address */
	    "type = \"relay\"\n"
	    "port = 0\n"			/* 3 */
	    "[queue.route.b]\n"
	    "type = \"relay\"\n"
	    "address = a.example\n"		/* 6: read as a bad value */
	    "[queue.strategy]\n"
	    "tls = \"'none'\"\n"		/* 8 */
	    "route = [ oops ]\n"		/* 9 */
	    "[dsn]\n"				/* 10 */
	    "timeout = 1\n";
	char *all = problems_of(text);

	(void)state;
	assert_string_equal(all,
	    "f:1: queue.route.a.address: is missing: a relay needs one\n"
	    "f:3: queue.route.a.port: must be 1 to 65535, not 0\n"
	    "f:6: queue.route.b.address: a.example is not a value; texts "
	    "stand in quotes, true and false in lower case\n"
	    "f:8: queue.strategy.tls: there is no queue.tls.none\n"
	    "f:9: queue.strategy.route: oops is not a value; texts stand in "
	    "quotes, true and false in lower case\n"
	    "f:10: dsn: unknown key; did you mean dns?\n");
	free(all);
}

/* --- expressions */

static void
expressions_are_there_for_who_knows_them(void **state)
{
	static const char text[] =
	    "milter.take = \"size < 10\"\n"
	    "milter.tls-strategy = \"NULL\"\n"
	    "[queue.tls.a]\n"
	    "allow-invalid-certs = \"bad\"\n"
	    "[queue.tls.b]\n"
	    "allow-invalid-certs = true\n"
	    "[queue.strategy]\n"
	    "tls = [ { if = \"size > 1\", then = \"'a'\" },\n"
	    "  { else = \"bad\" } ]\n"
	    "[lookup.m]\n\"example.org\" = \"\"\n";
	/* also beside something else that is wrong */
	static const char *const ends[] = { "", "[nonsense]\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct toml_problems problems = TOML_PROBLEMS_INIT;
		char *whole = mem_printf("%s%s", text, ends[i]);
		struct conf_rows *rows;
		struct buf seen = BUF_INIT;
		struct conf *conf;

		assert_true(conf_check_text(&rows, whole, strlen(whole), &conf,
		    &problems) == (i == 0));
		for (size_t n = 0; n < conf->expression_count; n++) {
			const struct conf_expression *e = &conf->expression[n];

			(void)buf_printf(&seen, "%u: %s[%d] %s%s%s%s %s\n",
			    e->line, e->key, e->position,
			    e->milter ? "milter " : "",
			    e->condition ? "condition" :
			    conf_rule_kind_name(e->kind),
			    e->or_null ? " or NULL" : "",
			    e->known ? " known" : "", e->text);
		}
		assert_string_equal(buf_str(&seen),
		    "1: milter.take[-1] milter condition size < 10\n"
		    "2: milter.tls-strategy[-1] milter tls or NULL NULL\n"
		    "4: queue.tls.a.allow-invalid-certs[-1] condition bad\n"
		    "8: queue.strategy.tls[0] condition size > 1\n"
		    "8: queue.strategy.tls[0] tls known 'a'\n"
		    "9: queue.strategy.tls[1] tls bad\n");
		assert_int_equal(conf->lookup_count, 1);
		assert_string_equal(conf->lookup[0].key, "example.org");
		toml_problems_clear(&problems);
		conf_rows_free(&rows);
		conf_free(&conf);
		buf_free(&seen);
		free(whole);
	}
}

static void
keys_of_maps_are_stored_in_one_form(void **state)
{
	static const char text[] =
	    "[lookup.a]\n\"CAFE.test\" = \"1\"\n"
	    "\"*.B\xc3\xbc" "cher.test\" = \"2\"\n"
	    "\"fin.test.\" = \"3\"\n\"Boss@Cafe.Test\" = \"4\"\n"
	    "\"J\xc3\xb6rg M\" = \"5\"\n\"192.0.2.1\" = \"6\"\n"
	    /* the same name in another map */
	    "[lookup.b]\n\"cafe.test\" = \"7\"\n";
	static const char *const keys[] = {
		"cafe.test", "*.xn--bcher-kva.test", "fin.test",
		"Boss@cafe.test", "j\xc3\xb6rg m", "192.0.2.1", "cafe.test",
	};
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct conf_rows *rows;

	(void)state;
	assert_true(conf_check_text(&rows, text, strlen(text), NULL,
	    &problems));
	assert_int_equal(rows->lookup_count, ARRAY_LEN(keys));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_string_equal(rows->lookup[i].key, keys[i]);
	conf_rows_free(&rows);
	toml_problems_clear(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_values_are_told),
		cmocka_unit_test(unknown_keys_are_told_with_a_near_one),
		cmocka_unit_test(contradictions_are_told),
		cmocka_unit_test(all_problems_come_in_one_run_by_line),
		cmocka_unit_test(expressions_are_there_for_who_knows_them),
		cmocka_unit_test(keys_of_maps_are_stored_in_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
