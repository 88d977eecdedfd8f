/*
 * conf: rows and text as two forms of the same thing, the snapshot, and the
 * texts that are shipped with it.
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

static struct conf_rows *
rows_of(const char *text)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
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
	assert_string_equal(tls->column[CONF_TLS_DANE], "require");
	assert_string_equal(tls->column[CONF_TLS_TIMEOUT_TLS], "90");
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
	assert_int_equal(tls->wants.dane, WANT_OPTIONAL);
	assert_int_equal(tls->wants.starttls, WANT_OPTIONAL);
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
	assert_true(route->tls_allow_invalid_certs);
	assert_null(route->auth_username);

	assert_null(conf_connection(conf, "default")->ehlo_hostname);
	assert_int_equal(conf_connection(conf, "default")->port, 25);
	assert_int_equal(conf_connection(conf, "default")->timeout_connect_s,
	    300);
	assert_int_equal(conf_connection(conf, "default")->timeout_data_s,
	    600);
	schedule = conf_schedule(conf, "default");
	assert_int_equal(schedule->retry.n_retry, 7);
	assert_int_equal(schedule->retry.retry_s[0], 120);
	assert_int_equal(schedule->retry.retry_s[6], 7200);
	assert_int_equal(schedule->notify.item_s[1], 3 * 86400);
	assert_int_equal(schedule->retry.expire_s, 5 * 86400);
	assert_int_equal(schedule->retry.max_attempts, 0);
	assert_int_equal(conf_virtual(conf, schedule->queue_name)->
	    threads_per_node, 100);

	assert_int_equal(conf->queue.retention_s, 7 * 86400);
	assert_int_equal(conf->queue.sessions_per_domain, 20);
	assert_int_equal(conf->queue.tls_required_no,
	    REQUIRED_NO_OPTIONAL);
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
	assert_int_equal(tls->wants.dane, WANT_REQUIRE);
	assert_int_equal(tls->wants.mta_sts, WANT_DISABLE);
	assert_int_equal(tls->allow_invalid_certs,
	    CONF_INVALID_BY_EXPRESSION);
	assert_string_equal(tls->allow_invalid_expression,
	    "rcpt_domain == \"a.example\"");
	assert_int_equal(tls->min_version, CONF_TLS_1_3);
	assert_string_equal(hub->auth_secret_file, "/etc/tlsq/hub.secret");
	assert_null(hub->auth_secret);
	assert_true(hub->tls_implicit);
	assert_false(hub->tls_allow_invalid_certs);
	assert_int_equal(bulk->retry.expire_s, 0);
	assert_int_equal(bulk->retry.max_attempts, 3);
	assert_int_equal(bulk->retry.retry_s[0], 90);
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

static void
read_source(struct buf *out, const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = mem_printf("%s/%s", top != NULL ? top : ".", name);
	FILE *f = fopen(path, "r");
	char piece[1024];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		(void)buf_append(out, piece, n);
	fclose(f);
	free(path);
}

static void
every_key_is_in_the_manual(void **state)
{
	static const char mark[] = ".pattern = \"";
	struct buf table = BUF_INIT, manual = BUF_INIT;
	size_t keys = 0;

	(void)state;
	read_source(&table, "src/conf/keys.c");
	read_source(&manual, "doc/tlsq.toml.5");
	for (const char *s = buf_str(&table); (s = strstr(s, mark)) != NULL;
	    keys++) {
		size_t n = strcspn(s += strlen(mark), "\"");
		char *item = mem_printf("Va %.*s", (int)n, s);
		const char *found = strstr(buf_str(&manual), item);

		if (found == NULL || strchr(" \n", found[strlen(item)]) == NULL)
			fail_msg("%s", item);
		free(item);
	}
	assert_true(keys > 50);
	buf_free(&table);
	buf_free(&manual);
}

/* The sample of contrib/ and everything in it that is commented out. */
static void
the_sample_file_loads(void **state)
{
	struct buf text = BUF_INIT, opened = BUF_INIT;
	const char *line;
	size_t n;

	(void)state;
	read_source(&text, "contrib/tlsq.toml");
	for (line = buf_str(&text); *line != '\0'; line += n) {
		n = strcspn(line, "\n") + 1;
		if (line[0] == '#' && line[1] != ' ')
			(void)buf_append(&opened, line + 1, n - 1);
		else
			(void)buf_append(&opened, line, n);
	}
	for (int i = 0; i < 2; i++) {
		struct conf *conf = snapshot_of(buf_str(i == 0 ? &text :
		    &opened));

		assert_true((conf_route(conf, "hub") != NULL) == (i == 1));
		conf_free(&conf);
	}
	buf_free(&text);
	buf_free(&opened);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_loads_as_the_same_rows),
		cmocka_unit_test(order_in_the_file_is_not_kept),
		cmocka_unit_test(rows_hold_what_the_file_said),
		cmocka_unit_test(the_defaults_print_as_nothing),
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(what_was_configured_replaces_what_is_shipped),
		cmocka_unit_test(hand_edited_rows_are_refused_by_name),
		cmocka_unit_test(rules_come_in_order_of_position),
		cmocka_unit_test(every_key_is_in_the_manual),
		cmocka_unit_test(the_sample_file_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
