/*
 * conf: what a configuration file may say, what is told about one that is
 * wrong, rows and text as two forms of the same thing, the snapshot.
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
problems_of(const char *text, const struct conf_checker *checker)
{
	struct conf_problems problems = CONF_PROBLEMS_INIT;
	struct conf_rows *rows = NULL;
	struct buf out = BUF_INIT;
	char *all;

	if (conf_check_text(&rows, text, strlen(text), checker, &problems))
		assert_int_equal(problems.count, 0);
	for (size_t i = 0; i < problems.count; i++) {
		char *line = conf_problem_text(&problems.item[i], "f");

		(void)buf_printf(&out, "%s\n", line);
		free(line);
	}
	all = mem_strdup(buf_str(&out));
	buf_free(&out);
	conf_problems_clear(&problems);
	conf_rows_free(&rows);
	return all;
}

static struct conf_rows *
rows_of(const char *text)
{
	struct conf_problems problems = CONF_PROBLEMS_INIT;
	struct conf_rows *rows = NULL;

	if (!conf_check_text(&rows, text, strlen(text), NULL, &problems))
		fail_msg("line %u: %s: %s", problems.item[0].line,
		    problems.item[0].key, problems.item[0].text);
	return rows;
}

static struct conf *
snapshot_of(const char *text)
{
	struct conf_rows *rows = rows_of(text);
	struct conf *conf = NULL;
	struct error err;

	if (!conf_build(&conf, rows, &err))
		fail_msg("%s", err.text);
	conf_rows_free(&rows);
	return conf;
}

/* --- one problem each */

struct bad_row {
	const char *why, *text, *problem;
};

static void
expect_one_problem(const struct bad_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *all = problems_of(rows[i].text, NULL);
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
	char *all = problems_of(text, NULL);

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

struct seen {
	struct buf text;
	size_t maps;
};

static bool
note_lookup(void *ctx, const struct conf_lookup_row *row, size_t count,
    struct error *err)
{
	struct seen *seen = ctx;

	(void)err;
	assert_int_equal(seen->text.len, 0); /* before any expression */
	assert_string_equal(row[0].key, "example.org");
	seen->maps = count;
	return true;
}

static bool
note_expression(void *ctx, const char *key, enum conf_expression kind,
    const char *text, struct error *err)
{
	struct seen *seen = ctx;

	(void)buf_printf(&seen->text, "%s %d %s\n", key, (int)kind, text);
	return strcmp(text, "bad") != 0 ||
	    error_set(err, EX_CONFIG, "no such column: bad");
}

static void
expressions_are_checked_by_who_knows(void **state)
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
	struct seen seen = { BUF_INIT, 0 };
	const struct conf_checker checker = {
		.set_lookup = note_lookup,
		.check_expression = note_expression, .ctx = &seen,
	};
	char *all = problems_of(text, &checker);

	(void)state;
	assert_string_equal(all,
	    "f:4: queue.tls.a.allow-invalid-certs: no such column: bad\n"
	    "f:9: queue.strategy.tls: no such column: bad\n");
	assert_string_equal(buf_str(&seen.text),
	    "milter.take 2 size < 10\n"
	    "milter.tls-strategy 3 NULL\n"
	    "queue.tls.a.allow-invalid-certs 0 bad\n"
	    "queue.strategy.tls 0 size > 1\n"
	    "queue.strategy.tls 1 'a'\n"
	    "queue.strategy.tls 1 bad\n");
	assert_int_equal(seen.maps, 1);
	buf_free(&seen.text);
	free(all);
}

/* --- rows and text */

static const char full_text[] =
    "[queue.tls.secure]\n"
    "dane = \"require\"\n"
    "mta-sts = \"disable\"\n"
    "starttls = \"require\"\n"
    "allow-invalid-certs = \"rcpt_domain == \\\"a.example\\\"\"\n"
    "timeout.tls = \"90s\"\n"
    "timeout.mta-sts = \"1m\"\n"
    "on-policy-failure = \"bounce\"\n"
    "min-version = \"1.3\"\n"
    "\n[queue.strategy]\n"
    "tls = [\n"
    "\t{ if = \"rcpt_domain == 'a.example'\", then = \"'secure'\" },\n"
    "\t{ else = \"'default'\" },\n"
    "]\n"
    "schedule = \"'bulk'\"\n"
    "\n[queue.route.hub]\n"
    "type = \"relay\"\n"
    "address = \"hub.example\"\n"
    "port = 465\n"
    "tls.implicit = true\n"
    "auth.username = \"u\"\n"
    "auth.secret = \"file:/etc/tlsq/hub.secret\"\n"
    "\n[queue.route.v6]\n"
    "type = \"mx\"\n"
    "ip-lookup = \"ipv6_only\"\n"
    "\n[queue.connection.default]\n"
    "source-ips = [\"192.0.2.1\", \"2001:db8::1\"]\n"
    "timeout.data = 700\n"
    "\n[queue.schedule.bulk]\n"
    "retry = [90, \"5m\"]\n"
    "notify = []\n"
    "max-attempts = 3\n"
    "queue-name = \"bulk\"\n"
    "\n[queue.virtual.bulk]\n"
    "threads-per-node = 5\n"
    "\n[queue]\n"
    "tls-required-no = \"never\"\n"
    "\n[queue.limit]\n"
    "sessions-per-domain = 3\n"
    "\n[milter]\n"
    "take = \"size < 10 &&\\n\\tsize > 1\"\n"
    "\n[report.dsn]\n"
    "from-name = \"M\xc3\xbcller \\\\ \\\"Mail\\\"\"\n"
    "\n[lookup.local]\n"
    "\"a \\\"b\\\".example\" = \"\\u0001\"\n"
    "\"example.org\" = \"\"\n";

static char *
text_of(const struct conf_rows *rows)
{
	struct buf out = BUF_INIT;
	struct error err;
	char *text;

	if (!conf_rows_print(&out, rows, &err))
		fail_msg("%s", err.text);
	text = mem_strdup(buf_str(&out));
	buf_free(&out);
	return text;
}

static void
what_is_printed_loads_as_the_same_rows(void **state)
{
	struct conf_rows *rows = rows_of(full_text), *again;
	char *text = text_of(rows), *second;

	(void)state;
	assert_string_equal(text, full_text);
	again = rows_of(text);
	second = text_of(again);
	assert_string_equal(second, text);
	assert_int_equal(again->setting_count, rows->setting_count);
	assert_int_equal(again->lookup_count, rows->lookup_count);
	assert_int_equal(again->tls_count, rows->tls_count);
	assert_int_equal(again->rule_count, rows->rule_count);
	free(text);
	free(second);
	conf_rows_free(&rows);
	conf_rows_free(&again);
}

static void
order_in_the_file_is_not_kept(void **state)
{
	static const char text[] = "[lookup.b]\nz = \"1\"\na = \"2\"\n"
	    "[lookup.a]\nk = \"3\"\n"
	    "[dns]\ntimeout = 5\n"
	    "[queue.connection.b]\nport = 26\n"
	    "[queue.connection.a]\nport = 27\ntimeout.connect = \"1m\"\n";
	struct conf_rows *rows = rows_of(text);
	char *printed = text_of(rows);

	(void)state;
	assert_string_equal(printed,
	    "[queue.connection.a]\nport = 27\ntimeout.connect = \"1m\"\n"
	    "\n[queue.connection.b]\nport = 26\n"
	    "\n[dns]\ntimeout = 5\n"
	    "\n[lookup.a]\n\"k\" = \"3\"\n"
	    "\n[lookup.b]\n\"a\" = \"2\"\n\"z\" = \"1\"\n");
	free(printed);
	conf_rows_free(&rows);
}

static const char *
setting(const struct conf_rows *rows, const char *key)
{
	for (size_t i = 0; i < rows->setting_count; i++)
		if (strcmp(rows->setting[i].key, key) == 0)
			return rows->setting[i].value;
	return NULL;
}

static void
rows_hold_what_the_file_said(void **state)
{
	struct conf_rows *rows = rows_of(full_text);
	const struct conf_tls_row *tls = &rows->tls[0];

	(void)state;
	assert_string_equal(tls->id, "secure");
	assert_string_equal(tls->dane, "require");
	assert_int_equal(tls->timeout_tls, 90);
	assert_int_equal(rows->tls_count, 3); /* and the shipped ones */
	assert_string_equal(rows->rule[0].condition,
	    "rcpt_domain == 'a.example'");
	assert_int_equal(rows->rule[1].position, 1);
	assert_null(rows->rule[1].condition);
	assert_string_equal(setting(rows, "queue.schedule.bulk.retry"),
	    "[\"90\",\"5m\"]");
	assert_string_equal(setting(rows, "queue.route.hub.port"), "465");
	assert_null(setting(rows, "queue.route.hub.tls.allow-invalid-certs"));
	assert_null(setting(rows, "dns.timeout"));
	conf_rows_free(&rows);
}

static void
the_defaults_print_as_nothing(void **state)
{
	struct conf_rows *rows = rows_of("# empty\n");
	char *text = text_of(rows);

	(void)state;
	assert_string_equal(text, "");
	assert_int_equal(rows->tls_count, 2);
	assert_int_equal(rows->rule_count, 6);
	assert_int_equal(rows->setting_count, 0);
	free(text);
	conf_rows_free(&rows);
}

/* --- the snapshot */

static void
defaults_are_those_of_the_manual(void **state)
{
	struct conf *conf = NULL;
	const struct conf_schedule *schedule;
	const struct conf_route *route;
	const struct conf_tls_strategy *tls;

	(void)state;
	assert_true(conf_build(&conf, NULL, NULL));
	tls = conf_tls_strategy(conf, "default");
	assert_string_equal(tls->id, "default");
	assert_int_equal(tls->dane, CONF_OPTIONAL);
	assert_int_equal(tls->starttls, CONF_OPTIONAL);
	assert_int_equal(tls->allow_invalid_certs, CONF_INVALID_REFUSE);
	assert_int_equal(tls->timeout_tls_s, 180);
	assert_int_equal(tls->timeout_mta_sts_s, 300);
	assert_int_equal(tls->min_version, CONF_TLS_1_2);
	assert_int_equal(tls->on_policy_failure, CONF_FAILURE_DEFER);
	tls = conf_tls_strategy(conf, "invalid-tls");
	assert_int_equal(tls->allow_invalid_certs, CONF_INVALID_ALLOW);
	assert_null(conf_tls_strategy(conf, "none"));

	route = conf_route(conf, "mx");
	assert_int_equal(route->type, CONF_ROUTE_MX);
	assert_int_equal(route->limits_mx, 5);
	assert_int_equal(route->limits_multihomed, 2);
	assert_int_equal(route->ip_lookup, CONF_IP_V4_THEN_V6);
	route = conf_route(conf, "local");
	assert_int_equal(route->type, CONF_ROUTE_RELAY);
	assert_string_equal(route->address, "127.0.0.1");
	assert_int_equal(route->port, 25);
	assert_null(route->auth_username);

	assert_null(conf_connection(conf, "default")->ehlo_hostname);
	assert_int_equal(conf_connection(conf, "default")->port, 25);
	assert_int_equal(conf_connection(conf, "default")->timeout_connect_s,
	    300);
	assert_int_equal(conf_connection(conf, "default")->timeout_data_s,
	    600);
	schedule = conf_schedule(conf, "default");
	assert_int_equal(schedule->retry.count, 7);
	assert_int_equal(schedule->retry.item_s[0], 120);
	assert_int_equal(schedule->retry.item_s[6], 7200);
	assert_int_equal(schedule->notify.item_s[1], 3 * 86400);
	assert_int_equal(schedule->expire_s, 5 * 86400);
	assert_int_equal(schedule->max_attempts, 0);
	assert_int_equal(conf_virtual(conf, schedule->queue_name)->
	    threads_per_node, 100);

	assert_int_equal(conf->queue.retention_s, 7 * 86400);
	assert_int_equal(conf->queue.sessions_per_domain, 20);
	assert_int_equal(conf->queue.tls_required_no,
	    CONF_REQUIRED_NO_OPTIONAL);
	assert_int_equal(conf->dns.timeout_s, 30);
	assert_null(conf->tls.ca_file);
	assert_int_equal(conf->mta_sts.port, 443);
	assert_string_equal(conf->milter.tls_strategy, "NULL");
	assert_int_equal(conf->milter.failing_domains, CONF_FAILING_ACCEPT);
	assert_int_equal(conf->milter.max_message_size, 52428800);
	assert_string_equal(conf->http.listen, "");
	assert_false(conf->report.tls_enable);
	assert_string_equal(conf->rules[CONF_RULE_TLS].item[0].result,
	    "'invalid-tls'");
	assert_string_equal(conf->rules[CONF_RULE_ROUTE].item[1].result,
	    "'mx'");
	conf_free(&conf);
	assert_null(conf);
}

static void
what_was_configured_replaces_what_is_shipped(void **state)
{
	struct conf *conf = snapshot_of(full_text);
	const struct conf_tls_strategy *tls = conf_tls_strategy(conf,
	    "secure");
	const struct conf_route *hub = conf_route(conf, "hub");
	const struct conf_schedule *bulk = conf_schedule(conf, "bulk");
	const struct conf_connection *connection = conf_connection(conf,
	    "default");

	(void)state;
	assert_int_equal(tls->dane, CONF_REQUIRE);
	assert_int_equal(tls->mta_sts, CONF_DISABLE);
	assert_int_equal(tls->allow_invalid_certs,
	    CONF_INVALID_BY_EXPRESSION);
	assert_string_equal(tls->allow_invalid_expression,
	    "rcpt_domain == \"a.example\"");
	assert_int_equal(tls->min_version, CONF_TLS_1_3);
	assert_string_equal(hub->auth_secret_file, "/etc/tlsq/hub.secret");
	assert_null(hub->auth_secret);
	assert_true(hub->tls_implicit);
	assert_false(hub->tls_allow_invalid_certs);
	assert_int_equal(bulk->expire_s, 0);
	assert_int_equal(bulk->max_attempts, 3);
	assert_int_equal(bulk->retry.item_s[0], 90);
	assert_int_equal(bulk->notify.count, 0);
	assert_int_equal(connection->source_ips.count, 2);
	assert_string_equal(connection->source_ips.item[1], "2001:db8::1");
	assert_int_equal(connection->timeout_data_s, 700);
	assert_int_equal(connection->timeout_connect_s, 300);
	assert_int_equal(conf_virtual(conf, "bulk")->threads_per_node, 5);
	assert_non_null(conf_virtual(conf, "default"));
	assert_int_equal(conf->rules[CONF_RULE_TLS].count, 2);
	assert_int_equal(conf->rules[CONF_RULE_SCHEDULE].count, 1);
	conf_free(&conf);
}

static void
hand_edited_rows_are_refused_by_name(void **state)
{
	static const struct {
		const char *why, *key, *value, *problem;
	} rows[] = {
		{ "no number", "queue.route.mx2.port", "smtp",
		  "queue.route.mx2.port: must be 1 to 65535" },
		{ "no key", "queue.nonsense", "1",
		  "queue.nonsense: is not a key" },
		{ "strategies have a table of their own",
		  "queue.tls.a.dane", "require", "is not a key" },
		{ "no list", "queue.schedule.a.retry", "2m",
		  "2m is not a list" },
		{ "more than a list", "queue.schedule.a.retry",
		  "[\"2m\"]\nx = 1", "U+000A" },
		{ "more than a list on a line", "queue.schedule.a.retry",
		  "[\"2m\"], [\"3m\"]", "is not a list" },
		{ "a list of numbers", "queue.schedule.a.retry", "[1]",
		  "is not a list of strings" },
		{ "header injection", "report.dsn.from-name", "a\nBcc: b",
		  "U+000A" },
		{ "half a route", "queue.route.a.type", "relay",
		  "queue.route.a.address: is missing" },
		{ "an id of blanks", "queue.route. .type", "mx",
		  "is not a key" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conf_rows *r = conf_rows_new();
		struct buf out = BUF_INIT;
		struct conf *conf = NULL;
		struct error err;

		conf_rows_add_setting(r, rows[i].key, rows[i].value);
		if (conf_build(&conf, r, &err))
			fail_msg("%s: accepted", rows[i].why);
		if (strstr(err.text, rows[i].problem) == NULL)
			fail_msg("%s: got %s", rows[i].why, err.text);
		assert_int_equal(err.code, EX_CONFIG);
		assert_null(conf);
		assert_false(conf_rows_print(&out, r, &err));
		buf_free(&out);
		conf_rows_free(&r);
	}
}

static void
rules_come_in_order_of_position(void **state)
{
	struct conf_rows *rows = conf_rows_new();
	struct conf *conf = NULL;
	struct error err;

	(void)state;
	conf_rows_add_rule(rows, &(struct conf_rule_row){
		.kind = CONF_RULE_ROUTE, .position = 9, .result = "'mx'" });
	conf_rows_add_rule(rows, &(struct conf_rule_row){
		.kind = CONF_RULE_ROUTE, .position = 2,
		.condition = "size > 1", .result = "'local'" });
	assert_true(conf_build(&conf, rows, &err));
	assert_string_equal(conf->rules[CONF_RULE_ROUTE].item[0].result,
	    "'local'");
	conf_free(&conf);
	conf_rows_add_rule(rows, &(struct conf_rule_row){
		.kind = CONF_RULE_ROUTE, .position = 10,
		.condition = "size > 1", .result = "'none'" });
	assert_false(conf_build(&conf, rows, &err));
	assert_string_equal(err.text, "queue.strategy.route: { else = ... } "
	    "must be the last of the list (and 1 more)");
	conf_rows_free(&rows);
}

/* The sample of contrib/ and everything in it that is commented out. */
static void
the_sample_file_loads(void **state)
{
	const char *top = getenv("top_srcdir");
	char *path = mem_printf("%s/contrib/tlsq.toml",
	    top != NULL ? top : "."), line[1024];
	struct buf text = BUF_INIT, opened = BUF_INIT;
	FILE *f = fopen(path, "r");

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		(void)buf_puts(&text, line);
		(void)buf_puts(&opened, strncmp(line, "#", 1) == 0 &&
		    line[1] != ' ' ? line + 1 : line);
	}
	fclose(f);
	for (int i = 0; i < 2; i++) {
		char *all = problems_of(buf_str(i == 0 ? &text : &opened),
		    NULL);

		if (*all != '\0')
			fail_msg("%s", all);
		free(all);
	}
	buf_free(&text);
	buf_free(&opened);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_values_are_told),
		cmocka_unit_test(unknown_keys_are_told_with_a_near_one),
		cmocka_unit_test(contradictions_are_told),
		cmocka_unit_test(all_problems_come_in_one_run_by_line),
		cmocka_unit_test(expressions_are_checked_by_who_knows),
		cmocka_unit_test(what_is_printed_loads_as_the_same_rows),
		cmocka_unit_test(order_in_the_file_is_not_kept),
		cmocka_unit_test(rows_hold_what_the_file_said),
		cmocka_unit_test(the_defaults_print_as_nothing),
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(what_was_configured_replaces_what_is_shipped),
		cmocka_unit_test(hand_edited_rows_are_refused_by_name),
		cmocka_unit_test(rules_come_in_order_of_position),
		cmocka_unit_test(the_sample_file_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
