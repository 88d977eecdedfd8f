/*
 * strategy: which strategy an attempt gets and by which rule, from
 * configuration files; and what is found wrong with them before any mail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "conf/check.h"
#include "strategy/rules.h"

/* A configuration in use. */
struct used {
	struct strategy_engine *engine;
	struct conf_rows *rows;
	struct conf *conf;
	struct strategy_rules *rules;
};

static bool
rows_read(struct conf_rows **rows_r, const char *toml, struct error *err)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	char *why;
	bool ok;

	ok = conf_check_text(rows_r, toml, strlen(toml), NULL, &problems);
	if (!ok) {
		why = toml_problem_text(&problems.item[0], "test");
		(void)error_set(err, EX_CONFIG, "%s", why);
		free(why);
	}
	toml_problems_clear(&problems);
	return ok;
}

static bool
used_open(struct used *u, const char *toml, struct error *err)
{
	*u = (struct used){ .rows = NULL };
	return rows_read(&u->rows, toml, err) &&
	    conf_build(&u->conf, u->rows, err) &&
	    strategy_engine_open(&u->engine, err) &&
	    strategy_engine_set_lookup(u->engine, u->rows->lookup,
	    u->rows->lookup_count, err) &&
	    strategy_rules_compile(&u->rules, u->engine, u->conf, err);
}

static void
used_close(struct used *u)
{
	strategy_rules_free(&u->rules);
	strategy_engine_close(&u->engine);
	conf_free(&u->conf);
	conf_rows_free(&u->rows);
}

struct row {
	const char *why;
	enum conf_rule_kind kind;
	struct strategy_values values;
	const char *id, *rule;	/* id NULL: an error that begins with rule */
};

static void
run_rows(const char *toml, const struct row *rows, size_t count)
{
	struct strategy_rules_choice choice;
	struct error err;
	struct used u;

	if (!used_open(&u, toml, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];

		if (!strategy_rules_choose(u.rules, r->kind, &r->values,
		    &choice, &err)) {
			if (r->id != NULL || strncmp(err.text, r->rule,
			    strlen(r->rule)) != 0)
				fail_msg("%s: %s", r->why, err.text);
			continue;
		}
		if (r->id == NULL || strcmp(choice.id, r->id) != 0)
			fail_msg("%s: chose %s", r->why, choice.id);
		if (strcmp(choice.rule, r->rule) != 0)
			fail_msg("%s: by %s", r->why, choice.rule);
	}
	used_close(&u);
}

static void
without_rules_the_shipped_ones_serve(void **state)
{
	static const char tls_rule[] =
	    "queue.strategy.tls[0]: retry_num > 0 && last_error == 'tls'";
	static const struct row rows[] = {
		{ "first attempt", CONF_RULE_TLS, { .retry_num = 0 },
		  "default", "queue.strategy.tls[1]: else" },
		{ "after a TLS failure", CONF_RULE_TLS,
		  { .retry_num = 1, .last_error = "tls" }, "invalid-tls",
		  tls_rule },
		{ "after another failure", CONF_RULE_TLS,
		  { .retry_num = 1, .last_error = "dane" }, "default",
		  "queue.strategy.tls[1]: else" },
		{ "mail goes to its MX", CONF_RULE_ROUTE, { .source = "spool" },
		  "mx", "queue.strategy.route[1]: else" },
		{ "what we return goes home", CONF_RULE_ROUTE,
		  { .source = "dsn" }, "local",
		  "queue.strategy.route[0]: source == 'dsn'" },
		{ "connection", CONF_RULE_CONNECTION, { .size = 1 },
		  "default", "queue.strategy.connection: 'default'" },
		{ "schedule", CONF_RULE_SCHEDULE, { .size = 1 }, "default",
		  "queue.strategy.schedule: 'default'" },
	};

	(void)state;
	run_rows("", rows, ARRAY_LEN(rows));
}

static void
the_examples_of_stalwart_run_as_they_stand(void **state)
{
	static const char toml[] =
	    "[queue.strategy]\n"
	    "route = [ { if = \"is_local_domain('', rcpt_domain)\", "
	    "then = \"'local'\" },\n"
	    "  { if = \"retry_num > 1\", then = \"'fallback'\" },\n"
	    "  { else = \"'mx'\" } ]\n"
	    "schedule = [ { if = \"is_local_domain('*', rcpt_domain)\", "
	    "then = \"'local'\" },\n"
	    "  { if = \"source == 'dsn'\", then = \"'dsn'\" },\n"
	    "  { if = \"source == 'report'\", then = \"'report'\" },\n"
	    "  { else = \"'remote'\" } ]\n"
	    "connection = [ { if = \"retry_num > 0 && last_error == "
	    "'connection'\", then = \"'long-timeout'\" },\n"
	    "  { else = \"'default'\" } ]\n"
	    "tls = [ { if = \"retry_num > 0 && last_error == 'tls'\", "
	    "then = \"'invalid-tls'\" },\n"
	    "  { if = \"(retry_num > 3 || notify_num > 1) && "
	    "is_local_domain(rcpt_domain)\", then = \"'lax'\" },\n"
	    "  { if = '''matches(\"^([^.]+)@([^.]+)\\.(.+)$\", rcpt) & "
	    "!starts_with(remote_ip, '192.180.1.')''', "
	    "then = \"'strict'\" },\n"
	    "  { else = \"'default'\" } ]\n"
	    "[lookup.local_domains]\n\"home.example\" = \"\"\n"
	    "[queue.route.fallback]\ntype = \"relay\"\n"
	    "address = \"fallback.example\"\n"
	    "[queue.connection.long-timeout]\ntimeout.connect = \"10m\"\n"
	    "[queue.schedule]\nlocal.expire = \"1d\"\ndsn.expire = \"1d\"\n"
	    "report.expire = \"1d\"\nremote.expire = \"1d\"\n"
	    "[queue.tls]\nlax.starttls = \"optional\"\n"
	    "strict.starttls = \"require\"\n";
	static const struct row rows[] = {
		{ "local", CONF_RULE_ROUTE, { .rcpt_domain = "home.example" },
		  "local", "queue.strategy.route[0]: "
		  "is_local_domain('', rcpt_domain)" },
		{ "failover", CONF_RULE_ROUTE, { .retry_num = 2 }, "fallback",
		  "queue.strategy.route[1]: retry_num > 1" },
		{ "not yet", CONF_RULE_ROUTE, { .retry_num = 1 }, "mx",
		  "queue.strategy.route[2]: else" },
		{ "by kind of message", CONF_RULE_SCHEDULE,
		  { .source = "report" }, "report",
		  "queue.strategy.schedule[2]: source == 'report'" },
		{ "all else", CONF_RULE_SCHEDULE, { .source = "milter" },
		  "remote", "queue.strategy.schedule[3]: else" },
		{ "patience", CONF_RULE_CONNECTION, { .retry_num = 1,
		  .last_error = "connection" }, "long-timeout",
		  "queue.strategy.connection[0]: retry_num > 0 && "
		  "last_error == 'connection'" },
		{ "both", CONF_RULE_TLS, { .notify_num = 2,
		  .rcpt_domain = "home.example" }, "lax",
		  "queue.strategy.tls[1]: (retry_num > 3 || notify_num > 1) && "
		  "is_local_domain(rcpt_domain)" },
		{ "pattern", CONF_RULE_TLS, { .rcpt = "a@b.example",
		  .remote_ip = "192.0.2.1" }, "strict",
		  "queue.strategy.tls[2]: matches(\"^([^.]+)@([^.]+)\\.(.+)$\""
		  ", rcpt) & !starts_with(remote_ip, '192.180.1.')" },
		{ "not the pattern", CONF_RULE_TLS, { .rcpt = "a.b@c.example",
		  .remote_ip = "192.0.2.1" }, "default",
		  "queue.strategy.tls[3]: else" },
	};

	(void)state;
	run_rows(toml, rows, ARRAY_LEN(rows));
}

static void
what_is_no_id_is_an_error_never_a_default(void **state)
{
	static const char toml[] =
	    "queue.strategy.tls = \"concat('no-', rcpt_domain)\"\n"
	    "queue.strategy.route = \"key_get('routes', rcpt_domain)\"\n"
	    "queue.strategy.schedule = [ { if = \"key_get('routes', "
	    "rcpt_domain) == 'mx'\", then = \"'default'\" }, "
	    "{ else = \"'default'\" } ]\n"
	    "queue.strategy.connection = \"iif(retry_num > 0, 7, "
	    "'default')\"\n"
	    "lookup.routes.\"a.example\" = \"mx\"\n";
	static const struct row rows[] = {
		{ "an id that is not there", CONF_RULE_TLS,
		  { .rcpt_domain = "strategy" }, NULL,
		  "queue.strategy.tls: concat('no-', rcpt_domain): there is no "
		  "queue.tls.no-strategy" },
		{ "a map that has it", CONF_RULE_ROUTE,
		  { .rcpt_domain = "a.example" }, "mx",
		  "queue.strategy.route: key_get('routes', rcpt_domain)" },
		{ "a map that has it not gives NULL", CONF_RULE_ROUTE,
		  { .rcpt_domain = "b.example" }, NULL,
		  "queue.strategy.route: key_get('routes', rcpt_domain): " },
		{ "a NULL condition is not false", CONF_RULE_SCHEDULE,
		  { .rcpt_domain = "b.example" }, NULL,
		  "queue.strategy.schedule[0]: key_get('routes', rcpt_domain) "
		  "== 'mx': gives NULL" },
		{ "text", CONF_RULE_CONNECTION, { .retry_num = 0 }, "default",
		  "queue.strategy.connection: iif(retry_num > 0, 7, "
		  "'default')" },
		{ "then a number", CONF_RULE_CONNECTION, { .retry_num = 1 },
		  NULL, "queue.strategy.connection: iif(retry_num > 0, 7, "
		  "'default'): " },
	};

	(void)state;
	run_rows(toml, rows, ARRAY_LEN(rows));
}

static void
rules_that_name_a_host_are_known(void **state)
{
	struct error err;
	struct used u;

	(void)state;
	if (!used_open(&u,
	    "queue.strategy.tls = [ { if = \"ends_with(mx, '.example')\", "
	    "then = \"'default'\" }, { else = \"'default'\" } ]\n"
	    "queue.strategy.connection = \"iif(is_ip_in_cidr(remote_ip, "
	    "'::/0'), 'default', 'default')\"\n"
	    "queue.strategy.route = \"iif(rcpt_domain == 'mx', 'mx', 'mx')\"",
	    &err))
		fail_msg("%s", err.text);
	assert_true(strategy_rules_name_host(u.rules, CONF_RULE_TLS));
	assert_true(strategy_rules_name_host(u.rules, CONF_RULE_CONNECTION));
	assert_false(strategy_rules_name_host(u.rules, CONF_RULE_ROUTE));
	assert_false(strategy_rules_name_host(u.rules, CONF_RULE_SCHEDULE));
	used_close(&u);
}

static void
invalid_certificates_are_allowed_conditionally(void **state)
{
	static const struct {
		const char *id;
		struct strategy_values values;
		bool ok, allow;
	} rows[] = {
		{ "always", { .retry_num = 0 }, true, true },
		{ "never", { .retry_num = 9 }, true, false },
		{ "later", { .retry_num = 0 }, true, false },
		{ "later", { .retry_num = 1, .last_error = "tls" }, true,
		  true },
		{ "host", { .mx = "old.example" }, true, true },
		{ "host", { .mx = "mx.example" }, true, false },
		{ "unclear", { .mx = "mx.example" }, false, false },
	};
	struct error err;
	struct used u;

	(void)state;
	if (!used_open(&u,
	    "[queue.tls]\nalways.allow-invalid-certs = true\n"
	    "never.allow-invalid-certs = false\n"
	    "later.allow-invalid-certs = \"retry_num > 0 && "
	    "last_error == 'tls'\"\n"
	    "host.allow-invalid-certs = \"mx == 'old.example'\"\n"
	    "unclear.allow-invalid-certs = \"key_get('m', mx) == 'yes'\"\n"
	    "[lookup.m]\na = \"yes\"\n", &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool allow = true;

		if (strategy_rules_allow_invalid(u.rules,
		    conf_tls_strategy(u.conf, rows[i].id), &rows[i].values,
		    &allow, &err) != rows[i].ok || allow != rows[i].allow)
			fail_msg("%zu %s", i, rows[i].id);
	}
	assert_non_null(strstr(err.text, "queue.tls.unclear."
	    "allow-invalid-certs: key_get('m', mx) == 'yes': gives NULL"));
	used_close(&u);
}

static void
what_does_not_compile_names_its_rule(void **state)
{
	struct error err;
	struct used u;

	(void)state;
	assert_false(used_open(&u, "queue.strategy.tls = [ { if = "
	    "\"retry_nun > 0\", then = \"'default'\" }, { else = "
	    "\"'default'\" } ]\n", &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.text, "queue.strategy.tls[0]: "
	    "retry_nun > 0: unknown variable retry_nun"));
	assert_null(u.rules);
	used_close(&u);
}

/* --- at load ------------------------------------------------------------ */

static void
note(void *arg, const struct conf_expression *e, const char *problem)
{
	(void)buf_printf(arg, "%s/%d: %s: %s\n", e->key, e->position, e->text,
	    problem);
}

static void
note_problem_only(void *arg, const struct conf_expression *e,
    const char *problem)
{
	(void)e;
	(void)buf_puts(arg, problem);
}

static void
problems_are_found_at_load(void **state)
{
	static const struct {
		const char *why, *toml, *says; /* NULL: nothing */
	} rows[] = {
		{ "as shipped", "", NULL },
		{ "an unknown variable", "queue.strategy.tls = "
		  "\"iif(a > 0, 'default', 'default')\"",
		  "queue.strategy.tls/0: iif(a > 0, 'default', 'default'): "
		  "unknown variable a " },
		{ "a variable of the other class",
		  "milter.take = \"retry_num > 0\"",
		  "milter.take/-1: retry_num > 0: unknown variable" },
		{ "an unknown function",
		  "milter.take = \"sql_query('x', 'y')\"",
		  "unknown function sql_query" },
		{ "syntax", "milter.take = \"size >\"", "syntax error" },
		{ "the second rule", "queue.strategy.tls = [ { if = "
		  "\"true\", then = \"'default'\" }, { if = \"mx\", then = "
		  "\"'default'\" }, { else = \"'default'\" } ]",
		  "queue.strategy.tls/1: mx: gives text where true or false" },
		{ "a condition for an id", "queue.strategy.tls = "
		  "\"retry_num > 0\"", "gives a number where text is needed" },
		{ "a constant that is no id", "queue.strategy.tls = "
		  "\"concat('no', 'where')\"",
		  "there is no queue.tls.nowhere" },
		{ "NULL for good", "queue.strategy.tls = \"nullif(1, 1)\"",
		  "gives NULL where text is needed" },
		{ "NULL for the sample only", "queue.strategy.tls = "
		  "\"key_get('m', rcpt_domain)\"\nlookup.m.a = \"default\"",
		  NULL },
		{ "a map that is not there", "queue.strategy.tls = "
		  "\"key_get('m', rcpt_domain)\"\n",
		  "there is no lookup map m" },
		{ "a bad pattern", "milter.take = \"matches('(', rcpt)\"",
		  "milter.take/-1: matches('(', rcpt): matches: " },
		{ "a bad network",
		  "milter.take = \"is_ip_in_cidr(client_ip, 'x')\"",
		  "no network" },
		{ "a pin that is no id",
		  "milter.tls-strategy = \"lower('NONE')\"",
		  "there is no queue.tls.none" },
		{ "a pin by map", "milter.tls-strategy = "
		  "\"key_get('m', sender_domain)\"\nlookup.m.a = \"default\"",
		  NULL },
		{ "certificates", "queue.tls.x.allow-invalid-certs = "
		  "\"last_error\"",
		  "queue.tls.x.allow-invalid-certs/-1: last_error: gives text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf found = BUF_INIT;
		struct conf_rows *from;
		struct conf *conf;
		struct error err;
		bool ok;

		if (!rows_read(&from, rows[i].toml, &err) ||
		    !conf_build(&conf, from, &err))
			fail_msg("%s: %s", rows[i].why, err.text);
		ok = strategy_rules_check_all(conf, note, &found);
		if (ok != (rows[i].says == NULL) || ok != (found.len == 0) ||
		    (!ok && strstr(buf_str(&found), rows[i].says) == NULL))
			fail_msg("%s: found: %s", rows[i].why,
			    buf_str(&found));
		buf_free(&found);
		conf_free(&conf);
		conf_rows_free(&from);
	}
}

struct literal_case {
	const char *text;
	const char *says;	/* NULL: it is taken */
};

static void
check_literals(const struct literal_case *rows, size_t count)
{
	static const struct conf_lookup_row map = { .map = "m", .key = "k",
		.value = "v" };

	for (size_t i = 0; i < count; i++) {
		const struct conf_expression e = { .key = "milter.take",
			.condition = true, .text = rows[i].text };
		const struct conf conf = { .lookup = &map, .lookup_count = 1,
			.expression = &e, .expression_count = 1 };
		struct buf found = BUF_INIT;

		if (strategy_rules_check_all(&conf, note_problem_only,
		    &found) != (rows[i].says == NULL) ||
		    (rows[i].says != NULL && strstr(buf_str(&found),
		    rows[i].says) == NULL))
			fail_msg("%s: %s", rows[i].text, buf_str(&found));
		buf_free(&found);
	}
}

/* Literals that no name is equal to, and their twins that some name is. */
static void
literals_that_never_match_are_refused(void **state)
{
	static const struct literal_case rows[] = {
		{ "rcpt_domain == 'cafe.test'", NULL },
		{ "rcpt_domain == 'Cafe.test'", "write 'cafe.test'" },
		{ "rcpt_domain = 'cafe.test.'", "write 'cafe.test'" },
		{ "rcpt_domain = 'b\xc3\xbc" "cher.test'",
		  "write 'xn--bcher-kva.test'" },
		{ "rcpt_domain = 'xn--bcher-kva.test'", NULL },
		{ "rcpt_domain != '*.gov'", "write ends_with(rcpt_domain, "
		  "'.gov')" },
		{ "rcpt_domain = 'mx*.Gov'", "GLOB 'mx*.gov'" },
		{ "'Cafe.test' = rcpt_domain", "write 'cafe.test'" },
		{ "'cafe.test' = rcpt_domain", NULL },
		{ "rcpt_domain IS NOT 'Cafe.test'", "write 'cafe.test'" },
		{ "rcpt_domain IN ('a.test', 'B.test')", "write 'b.test'" },
		{ "RCPT_DOMAIN not in ('a.test', 'b.test.')", "'b.test'" },
		{ "rcpt_domain IN ('a.test', 'b.test')", NULL },
		{ "rcpt_domain IN (lower('A.test')) && 'X' = auth_user",
		  NULL },
		{ "CASE rcpt_domain WHEN 'A.test' THEN 1 ELSE 0 END",
		  "write 'a.test'" },
		{ "CASE rcpt_domain WHEN 'a.test' THEN 1 ELSE 0 END", NULL },
		{ "CASE auth_user WHEN 'A' THEN 1 ELSE 0 END", NULL },
		{ "ends_with(rcpt_domain, '.GOV')", "write '.gov'" },
		{ "ends_with(rcpt_domain, '.gov.')", "write '.gov'" },
		{ "ends_with(rcpt_domain, '*.gov')", "'.gov')" },
		{ "ends_with(rcpt_domain, '.gov')", NULL },
		{ "starts_with(mx, 'mail.')", NULL },
		{ "starts_with(mx, 'Mail.')", "write 'mail" },
		{ "contains(sender_domain, 'X')", "write 'x'" },
		{ "eq_ignore_case(rcpt_domain, 'Cafe.test')", NULL },
		{ "eq_ignore_case('*.test', rcpt_domain)", "ends_with" },
		{ "rcpt_domain LIKE '%.GOV'", NULL },
		{ "rcpt_domain LIKE '*.gov'", "ends_with" },
		{ "rcpt_domain NOT LIKE '%.gov.'", "write '%.gov'" },
		{ "rcpt_domain GLOB '*.gov'", NULL },
		{ "rcpt_domain GLOB '*.Gov'", "write '*.gov'" },
		{ "rcpt_domain GLOB '[A-z]*'", NULL },
		{ "matches('(?i)^Cafe', rcpt_domain)", NULL },
		{ "key_exists('m', 'Cafe.test.')", NULL },
		{ "rcpt == 'Boss@cafe.test'", NULL },
		{ "rcpt == 'Boss@Cafe.test'", "write 'Boss@cafe.test'" },
		{ "rcpt IN ('a*b@cafe.test')", NULL },
		{ "starts_with(rcpt, 'Boss')", NULL },
		{ "sender_domain == ''", NULL },
		{ "sender == ''", NULL },
		{ "auth_user == 'Admin.*'", NULL },
		{ "rcpt_domain = 'a.test' && auth_user = 'B*.'", NULL },
		{ "auth_user = 'B' && rcpt_domain = 'a.test'", NULL },
		{ "concat('Mail from ', sender_domain) = 'Mail from a'",
		  NULL },
		/* where the sample values do not get */
		{ "iif(rcpt_domain = 'a.test', matches('(', rcpt), 0)",
		  "matches: '(': at character 2" },
		{ "iif(rcpt_domain = 'a.test', rcpt REGEXP 'a++', 0)",
		  "matches: 'a++': + after" },
		{ "iif(rcpt_domain = 'a.test', matches('^(a)+$', rcpt), 0)",
		  NULL },
		{ "iif(rcpt_domain = 'a.test', matches(concat('(', mx), "
		  "rcpt), 0)", NULL },
		{ "iif(rcpt_domain = 'a.test', key_exists('n', mx), 0)",
		  "there is no lookup map n" },
		{ "iif(rcpt_domain = 'a.test', key_get('n', mx) = 'x', 0)",
		  "there is no lookup map n" },
		{ "iif(rcpt_domain = 'a.test', key_get('m', mx) = 'x', 0)",
		  NULL },
		{ "iif(rcpt_domain = 'a.test', is_local_domain('n'), 0)",
		  NULL },
	};

	(void)state;
	check_literals(rows, ARRAY_LEN(rows));
}

/* Those that no value of the variable is equal to, and their twins. */
static void
words_and_addresses_that_never_match_are_refused(void **state)
{
	static const struct literal_case rows[] = {
		{ "last_error != 'TLS*'", "'TLS*' never matches last_error, "
		  "which is one of none, dns, connection, tls, dane, mta-sts, "
		  "unexpected-reply, rate, concurrency, io" },
		{ "last_error == 'tls'", NULL },
		{ "last_error == 'tlss'", "one of none, dns" },
		{ "last_error == ''", "one of none" },
		{ "last_error IN ('dane', 'sts')", "'sts' never matches" },
		{ "last_error NOT IN ('dane', 'mta-sts', 'none')", NULL },
		{ "CASE last_error WHEN 'TLS' THEN 1 ELSE 0 END", "'TLS'" },
		{ "'tls' = last_error", NULL },
		{ "'starttls' <> last_error", "'starttls' never" },
		{ "eq_ignore_case(last_error, 'TLS')", NULL },
		{ "starts_with(last_error, 'mta')", NULL },
		{ "starts_with(last_error, 'sts')", "'sts' never matches" },
		{ "ends_with(last_error, 'sts')", NULL },
		{ "contains(last_error, 'reply')", NULL },
		{ "contains(last_error, 'timeout')", "'timeout' never" },
		{ "last_error LIKE '%STS'", NULL },
		{ "last_error LIKE '*sts'", "'*sts' never" },
		{ "last_error GLOB '*sts'", NULL },
		{ "last_error GLOB '*STS'", "'*STS' never" },
		{ "source == 'dsn'", NULL },
		{ "source == 'sendmail'", "one of milter, submit, spool, dsn, "
		  "report" },
		{ "remote_ip == '192.0.2.1'", NULL },
		{ "remote_ip == '1.2.3'", "it is no IP address" },
		{ "remote_ip == ''", NULL },
		{ "remote_ip IN ('192.0.2.1', '192.0.2.256')", "'192.0.2.256'" },
		{ "remote_ip = '192.0.2.0/24'", "write is_ip_in_cidr(remote_ip, "
		  "'192.0.2.0/24')" },
		{ "remote_ip = '2001:db8::1'", NULL },
		{ "remote_ip = '2001:DB8:0::1'", "write '2001:db8::1'" },
		{ "starts_with(remote_ip, '192.0.')", NULL },
		{ "remote_ip GLOB '192.0.*'", NULL },
		{ "received_from_ip != '[192.0.2.1]'", "no IP address" },
		{ "received_from_ip != '192.0.2.1'", NULL },
	};

	(void)state;
	check_literals(rows, ARRAY_LEN(rows));
}

/* A rule that an earlier version stored still serves. */
static void
stored_literals_go_on(void **state)
{
	struct strategy_engine *engine;
	struct error err;
	struct strategy_expr *expr;

	(void)state;
	if (!strategy_engine_open(&engine, &err) ||
	    !strategy_expr_compile(&expr, engine, EXPR_QUEUE,
	    "rcpt_domain == 'Cafe.test'", &err))
		fail_msg("%s", err.text);
	strategy_expr_free(&expr);
	strategy_engine_close(&engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_rules_the_shipped_ones_serve),
		cmocka_unit_test(the_examples_of_stalwart_run_as_they_stand),
		cmocka_unit_test(what_is_no_id_is_an_error_never_a_default),
		cmocka_unit_test(rules_that_name_a_host_are_known),
		cmocka_unit_test(
		    invalid_certificates_are_allowed_conditionally),
		cmocka_unit_test(what_does_not_compile_names_its_rule),
		cmocka_unit_test(problems_are_found_at_load),
		cmocka_unit_test(literals_that_never_match_are_refused),
		cmocka_unit_test(
		    words_and_addresses_that_never_match_are_refused),
		cmocka_unit_test(stored_literals_go_on),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
