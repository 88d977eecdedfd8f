/*
 * strategy: expressions evaluated, function by function; what an expression is
 * known to name; how results of a wrong type are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "strategy/expr.h"

static const struct conf_lookup_row maps[] = {
	{ .map = "local_domains", .key = "example.org", .value = "" },
	{ .map = "partners", .key = "bank.example", .value = "secure" },
	{ .map = "partners", .key = "it's.example", .value = "quoted" },
	{ .map = "secure", .key = "*.gov", .value = "wide" },
	{ .map = "secure", .key = "*.near.gov", .value = "near" },
	{ .map = "secure", .key = "exact.near.gov", .value = "exact" },
	/* as sqlite3 may have put them there */
	{ .map = "hand", .key = "Cafe.test.", .value = "folded" },
	{ .map = "hand", .key = "*.B\xc3\xbc" "cher.test", .value = "idn" },
	{ .map = "hand", .key = "Boss@Cafe.TEST", .value = "address" },
};

static int
set_up(void **state)
{
	struct strategy_engine *engine;
	struct error err;

	if (!strategy_engine_open(&engine, &err) ||
	    !strategy_engine_set_lookup(engine, maps, ARRAY_LEN(maps), &err)) {
		print_error("%s\n", err.text);
		return -1;
	}
	*state = engine;
	return 0;
}

static int
tear_down(void **state)
{
	struct strategy_engine *engine = *state;

	strategy_engine_close(&engine);
	assert_null(engine);
	return 0;
}

/* "text:x", "integer:1", "NULL", "a blob", or "error: ..." */
static char *
result_of(struct strategy_engine *engine, enum strategy_class class,
    const char *text, const struct strategy_values *values)
{
	struct strategy_expr_result r;
	struct strategy_expr *expr;
	struct error err;
	char *out;

	if (!strategy_expr_compile(&expr, engine, class, text, &err))
		return mem_printf("error: %s", err.text);
	if (!strategy_expr_evaluate(expr, values, &r, &err))
		out = mem_printf("error: %s", err.text);
	else if (r.type == EXPR_TEXT)
		out = mem_printf("text:%s", r.text);
	else if (r.type == EXPR_INTEGER)
		out = mem_printf("integer:%lld", (long long)r.integer);
	else
		out = mem_strdup(strategy_expr_type_name(r.type));
	strategy_expr_free(&expr);
	return out;
}

struct row {
	const char *text, *result; /* an error: how it begins */
};

static void
run_rows(struct strategy_engine *engine, enum strategy_class class,
    const struct strategy_values *values, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *got = result_of(engine, class, rows[i].text, values);
		size_t len = strncmp(rows[i].result, "error", 5) == 0 ?
		    strlen(rows[i].result) : strlen(got) + 1;

		if (strncmp(got, rows[i].result, len) != 0)
			fail_msg("[%s] gives [%s], not [%s]", rows[i].text,
			    got, rows[i].result);
		free(got);
	}
}

static void
queue_variables_have_their_values(void **state)
{
	static const struct strategy_values values = {
		.sender = "a@x.example", .sender_domain = "x.example",
		.rcpt = "b@y.example", .rcpt_domain = "y.example",
		.auth_user = "joe", .size = 12345, .mx = "mx.y.example",
		.remote_ip = "192.0.2.7", .retry_num = 3, .notify_num = 1,
		.expires_in = 100, .queue_age = 200, .last_error = "tls",
		.last_status = "4.7.5", .tls_failures = 2,
		.source = "submit", .queue_name = "bulk",
		.received_from_ip = "2001:db8::1",
	};
	static const struct row rows[] = {
		{ "sender", "text:a@x.example" },
		{ "sender_domain", "text:x.example" },
		{ "rcpt", "text:b@y.example" },
		{ "rcpt_domain", "text:y.example" },
		{ "mx", "text:mx.y.example" },
		{ "remote_ip", "text:192.0.2.7" },
		{ "retry_num", "integer:3" },
		{ "notify_num", "integer:1" },
		{ "expires_in", "integer:100" },
		{ "queue_age", "integer:200" },
		{ "last_error", "text:tls" },
		{ "last_status", "text:4.7.5" },
		{ "tls_failures", "integer:2" },
		{ "source", "text:submit" },
		{ "size", "integer:12345" },
		{ "queue_name", "text:bulk" },
		{ "received_from_ip", "text:2001:db8::1" },
		{ "auth_user", "text:joe" },
		{ "RETRY_NUM", "integer:3" },
		/* declared types: a number in quotes is compared as one */
		{ "retry_num == '3'", "integer:1" },
		{ "rcpt_mailer", "error: unknown variable rcpt_mailer" },
		{ "client_ip", "error: unknown variable client_ip" },
	};

	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
}

static void
milter_variables_have_their_values(void **state)
{
	static const struct strategy_values values = {
		.sender = "", .sender_domain = "", .rcpt = "b@y.example",
		.rcpt_domain = "y.example", .auth_user = "joe", .size = 7,
		.rcpt_mailer = "esmtp", .rcpt_host = "y.example",
		.client_ip = "192.0.2.7", .client_name = "c.example",
	};
	static const struct row rows[] = {
		{ "sender", "text:" },
		{ "sender_domain", "text:" },
		{ "rcpt", "text:b@y.example" },
		{ "rcpt_domain", "text:y.example" },
		{ "rcpt_mailer", "text:esmtp" },
		{ "rcpt_host", "text:y.example" },
		{ "client_ip", "text:192.0.2.7" },
		{ "client_name", "text:c.example" },
		{ "auth_user", "text:joe" },
		{ "size", "integer:7" },
		{ "retry_num", "error: unknown variable retry_num" },
		{ "mx", "error: unknown variable mx" },
		/* the default of milter.take */
		{ "rcpt_mailer == 'tlsq' || (rcpt_mailer IN ('esmtp', 'smtp', "
		  "'smtp8', 'dsmtp') && rcpt_host == rcpt_domain)",
		  "integer:1" },
	};

	run_rows(*state, EXPR_MILTER, &values, rows, ARRAY_LEN(rows));
}

static void
absent_values_are_empty_not_null(void **state)
{
	static const struct strategy_values none = { .sender = NULL };
	static const struct row rows[] = {
		{ "mx", "text:" },
		{ "mx == 'a'", "integer:0" },
		{ "last_error", "text:none" },
		{ "retry_num", "integer:0" },
	};

	run_rows(*state, EXPR_QUEUE, &none, rows, ARRAY_LEN(rows));
}

static void
functions_on_text(void **state)
{
	const struct strategy_values values = strategy_values_sample();
	static const struct row rows[] = {
		{ "starts_with('abc', 'ab')", "integer:1" },
		{ "starts_with('abc', 'b')", "integer:0" },
		{ "starts_with('a', 'abc')", "integer:0" },
		{ "starts_with('abc', '')", "integer:1" },
		{ "starts_with(NULL, 'a')", "NULL" },
		{ "ends_with('abc', 'bc')", "integer:1" },
		{ "ends_with('abc', 'b')", "integer:0" },
		{ "ends_with('c', 'abc')", "integer:0" },
		{ "contains('abc', 'b')", "integer:1" },
		{ "contains('abc', 'B')", "integer:0" },
		{ "contains_ignore_case('abc', 'B')", "integer:1" },
		{ "eq_ignore_case('abc', 'ABC')", "integer:1" },
		{ "eq_ignore_case('abc', 'ABCD')", "integer:0" },
		{ "is_empty('')", "integer:1" },
		{ "is_empty(NULL)", "integer:1" },
		{ "is_empty(' ')", "integer:0" },
		{ "is_empty(0)", "integer:0" },
		{ "len('hello')", "integer:5" },
		{ "len('gr\xc3\xbc\xc3\x9f')", "integer:4" },
		{ "len(NULL)", "NULL" },
		{ "to_lowercase('HeLLo-Z[')", "text:hello-z[" },
		{ "to_uppercase('HeLLo-z{')", "text:HELLO-Z{" },
		{ "concat('a', 1, NULL, \"b\")", "text:a1b" },
		{ "concat()", "text:" },
		{ "trim('  a ')", "text:a" },
		{ "len('a', 'b')", "error: wrong number of arguments" },
	};

	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
}

static void
regular_expressions(void **state)
{
	const struct strategy_values values = strategy_values_sample();
	static const struct row rows[] = {
		{ "matches('^[a-z]+$', 'abc')", "integer:1" },
		{ "matches('^[a-z]+$', 'ab1')", "integer:0" },
		{ "matches('b', 'abc')", "integer:1" }, /* not anchored */
		{ "matches('B', 'abc')", "integer:0" },
		{ "'abc' REGEXP 'b|x'", "integer:1" },
		{ "matches('^([^.]+)@([^.]+)\\.(.+)$', rcpt)", "integer:1" },
		{ "matches(NULL, 'a')", "NULL" },
		{ "matches('[]]', ']')", "integer:1" },
		{ "matches('[[:alpha:]\\d]', 'z')", "integer:1" },
		{ "matches('[[:alpha:]\\d]', '7')", "integer:1" },
		{ "matches('[a\\]+]+$', ']+')", "integer:1" },
		{ "matches('^\\+\\{,$', '+{,')", "integer:1" },
		{ "matches('^[\\\\<{,+]+$', '{,')", "integer:1" },
		{ "matches('^([0-9]{1,3}\\.){3}[0-9]{1,3}$', '192.0.2.1')",
		  "integer:1" },
		{ "matches('(', 'a')", "error: matches: '(': at character 2" },
		/* as in Rust */
		{ "matches('^\\d+\\.\\w\\b', '1.a')", "integer:1" },
		{ "matches('^(?i)(?P<x>B)', 'b')", "integer:1" },
		{ "matches('^.\xc3\xa4$', '\xc3\xb6\xc3\xa4')", "integer:1" },
		/* the end is the end, not before a last line feed */
		{ "matches('a$', concat('a', '\n'))", "integer:0" },
		{ "matches('a.b', 'a\nb')", "integer:1" },
		/* text that is no UTF-8 */
		{ "matches('^a.*b$', 'a\xffz b')", "integer:0" },
		{ "matches('b$', 'a\xff" "b')", "integer:1" },
		/* back references make matching exponential */
		{ "matches('(a*)\\1', 'a')", "error: matches: '(a*)\\1': at" },
		{ "matches('((((a+)+)+b+)+c+)+', 'abc')", "integer:1" },
		/* what meant another thing before, or does for Stalwart */
		{ "matches('\\<a', 'a')", "error: matches: '\\<a': \\<" },
		{ "matches('a{,3}', 'a')", "error: matches: 'a{,3}': {,n}" },
		{ "matches('a++', 'a')", "error: matches: 'a++': + after" },
		{ "matches('[a-z&&[^b]]', 'a')", "error: matches: '[a-z&&" },
		{ "matches(substr(replace(hex('0123456789abcdef0123456789abcdef"
		  "'),'3',\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"),1,600), "
		  "'a')", "error: matches: the pattern is longer" },
	};

	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
}

static void
functions_on_addresses(void **state)
{
	const struct strategy_values values = strategy_values_sample();
	static const struct row rows[] = {
		{ "is_ip_addr('192.0.2.1')", "integer:1" },
		{ "is_ip_addr('2001:db8::1')", "integer:1" },
		{ "is_ip_addr('192.0.2.256')", "integer:0" },
		{ "is_ip_addr('mx.example')", "integer:0" },
		{ "is_ip_addr('')", "integer:0" },
		{ "is_ipv4_addr('192.0.2.1')", "integer:1" },
		{ "is_ipv4_addr('::1')", "integer:0" },
		{ "is_ipv6_addr('::1')", "integer:1" },
		{ "is_ipv6_addr('192.0.2.1')", "integer:0" },
		{ "is_ip_in_cidr('192.0.2.1', '192.0.2.0/24')", "integer:1" },
		{ "is_ip_in_cidr('192.0.3.1', '192.0.2.0/24')", "integer:0" },
		{ "is_ip_in_cidr('192.0.3.1', '192.0.2.0/23')", "integer:1" },
		{ "is_ip_in_cidr('192.0.2.129', '192.0.2.0/25')", "integer:0" },
		{ "is_ip_in_cidr('192.0.2.127', '192.0.2.99/25')",
		  "integer:1" }, /* host bits do not matter */
		{ "is_ip_in_cidr('192.0.2.1', '192.0.2.1')", "integer:1" },
		{ "is_ip_in_cidr('203.0.113.1', '0.0.0.0/0')", "integer:1" },
		{ "is_ip_in_cidr('2001:db8::1', '0.0.0.0/0')", "integer:0" },
		{ "is_ip_in_cidr('2001:db8:1::', '2001:db8::/32')",
		  "integer:1" },
		{ "is_ip_in_cidr('2001:db9::', '2001:db8::/32')",
		  "integer:0" },
		{ "is_ip_in_cidr('::ffff:192.0.2.1', '192.0.2.0/24')",
		  "integer:1" },
		{ "is_ip_in_cidr('192.0.2.1', '::ffff:192.0.2.0/120')",
		  "integer:1" },
		{ "is_ip_in_cidr('', '192.0.2.0/24')", "integer:0" },
		{ "is_ip_in_cidr(remote_ip, '192.0.2.0/24')", "integer:1" },
		{ "is_ip_in_cidr(remote_ip, '192.0.2.0/33')",
		  "error: is_ip_in_cidr" },
		{ "is_ip_in_cidr(remote_ip, '192.0.2.0/')",
		  "error: is_ip_in_cidr" },
		{ "is_ip_in_cidr(remote_ip, '192.0.2.0/-1')",
		  "error: is_ip_in_cidr" },
		{ "is_ip_in_cidr(remote_ip, '192.0.2/24')",
		  "error: is_ip_in_cidr" },
		{ "is_ip_in_cidr(remote_ip, '::ffff:192.0.2.0/64')",
		  "error: is_ip_in_cidr" },
		{ "is_ip_in_cidr(remote_ip, 'mx.example')",
		  "error: is_ip_in_cidr" },
		{ "email_part(rcpt, 'local')", "text:rcpt" },
		{ "email_part(rcpt, 'domain')", "text:example.net" },
		{ "email_part('\"a@b\"@c.example', 'local')",
		  "text:\"a@b\"" },
		{ "email_part('postmaster', 'local')", "text:postmaster" },
		{ "email_part('postmaster', 'domain')", "text:" },
		{ "email_part('', 'local')", "text:" },
		{ "email_part(NULL, 'local')", "NULL" },
		{ "email_part(rcpt, 'host')", "error: email_part" },
	};

	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
}

/* Domains in one form, however they came in; other text as it is. */
static void
names_have_one_form(void **state)
{
	struct strategy_values values = strategy_values_sample();
	static const struct row rows[] = {
		{ "sender_domain", "text:xn--bcher-kva.test" },
		{ "sender", "text:Boss@cafe.test" },
		{ "rcpt", "text:\"A@B\"@cafe.test" },
		{ "rcpt_domain", "text:[ipv6:::1]" },
		{ "mx", "text:mx.cafe.test" },
		{ "auth_user", "text:Admin." },
	}, milter[] = {
		{ "rcpt_host", "text:mx.cafe.test" },
		{ "client_name", "text:client.cafe.test" },
		{ "rcpt_mailer", "text:ESMTP" },
	};

	values.sender = "Boss@Cafe.test.";
	values.sender_domain = "B\xc3\xbc" "cher.test";
	values.rcpt = "\"A@B\"@CAFE.test";
	values.rcpt_domain = "[IPv6:::1]";
	values.mx = "MX.cafe.test.";
	values.auth_user = "Admin.";
	values.rcpt_host = "Mx.Cafe.test.";
	values.client_name = "CLIENT.cafe.test";
	values.rcpt_mailer = "ESMTP";
	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
	run_rows(*state, EXPR_MILTER, &values, milter, ARRAY_LEN(milter));
}

/* As many labels as a name can have, in as many calls as an expression can. */
static void
long_names_are_found_or_refused(void **state)
{
	struct strategy_values values = strategy_values_sample();
	struct buf name = BUF_INIT, text = { .limit = 8000 };
	char *result;

	for (int i = 0; i < 126; i++)
		assert_true(buf_puts(&name, "a."));
	assert_true(buf_puts(&name, "gov"));
	values.rcpt_domain = buf_str(&name);
	assert_true(buf_puts(&text, "key_get('secure', rcpt_domain) == 'x'"));
	for (int i = 0; i < 20; i++)
		assert_true(buf_puts(&text,
		    " || key_get('secure', rcpt_domain) == 'wide'"));
	result = result_of(*state, EXPR_QUEUE, buf_str(&text), &values);
	assert_string_equal(result, "integer:1");
	free(result);
	buf_free(&name);
	buf_free(&text);
}

static void
functions_on_maps(void **state)
{
	const struct strategy_values values = strategy_values_sample();
	static const struct row rows[] = {
		{ "is_local_domain('example.org')", "integer:1" },
		{ "is_local_domain('EXAMPLE.org')", "integer:1" },
		{ "is_local_domain(rcpt_domain)", "integer:0" },
		{ "is_local_domain('', sender_domain)", "integer:1" },
		{ "is_local_domain('*', sender_domain)", "integer:1" },
		{ "is_local_domain('partners', 'bank.example')",
		  "integer:1" },
		{ "is_local_domain('partners', 'example.org')", "integer:0" },
		{ "is_local_domain('no_map', 'a')",
		  "error: there is no lookup map no_map" },
		{ "key_exists('partners', 'bank.example')", "integer:1" },
		{ "key_exists('partners', 'BANK.example.')", "integer:1" },
		{ "key_exists('partners', 'bank.example..')", "integer:0" },
		{ "key_exists('partners', 'sub.bank.example')", "integer:0" },
		{ "key_exists('partners', \"it's.example\")", "integer:1" },
		{ "key_exists('partner', 'bank.example')",
		  "error: there is no lookup map partner" },
		{ "key_get('partners', 'bank.example')", "text:secure" },
		{ "key_get('partners', 'other.example')", "NULL" },
		{ "coalesce(key_get('partners', rcpt_domain), 'default')",
		  "text:default" },
		{ "key_get('', 'a')", "error: there is no lookup map" },
		/* the nearest parent first; "*.gov" is not gov itself */
		{ "key_get('secure', 'exact.near.gov')", "text:exact" },
		{ "key_get('secure', 'other.near.gov')", "text:near" },
		{ "key_get('secure', 'a.b.near.gov')", "text:near" },
		{ "key_get('secure', 'near.gov')", "text:wide" },
		{ "key_get('secure', 'gov')", "NULL" },
		{ "key_get('secure', 'near.gov.test')", "NULL" },
		{ "key_get('secure', '.gov')", "NULL" },
		{ "key_get('secure', 'u@near.gov')", "NULL" },
		{ "key_exists('secure', 'a.gov')", "integer:1" },
		{ "key_exists('secure', 'agov')", "integer:0" },
		{ "is_local_domain('secure', 'a.gov')", "integer:1" },
		{ "is_local_domain('secure', 'a.com')", "integer:0" },
		{ "key_get('hand', 'cafe.test')", "text:folded" },
		{ "key_get('hand', 'CAFE.test')", "text:folded" },
		{ "key_get('hand', 'a.xn--bcher-kva.test')", "text:idn" },
		{ "key_get('hand', 'a.b\xc3\xbc" "cher.test')", "text:idn" },
		{ "key_get('hand', 'Boss@cafe.test')", "text:address" },
		{ "key_get('hand', 'boss@cafe.test')", "NULL" },
	};

	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
}

static void
operators_bind_as_documented(void **state)
{
	const struct strategy_values values = strategy_values_sample();
	static const struct row rows[] = {
		{ "1 == 1 & 2 == 2", "integer:1" }, /* bits would give 0 */
		{ "0 == 1 | 2 == 2", "integer:1" },
		{ "1 || 0 && 0", "integer:1" },
		{ "(1 || 0) && 0", "integer:0" },
		{ "!0 && 0", "integer:0" },
		{ "!is_empty(rcpt) && retry_num == 0", "integer:1" },
		{ "!(source == 'dsn')", "integer:1" },
		{ "source != 'dsn'", "integer:1" },
		{ "!source == 'dsn'", "integer:1" }, /* SQL's NOT is looser */
		{ "1 + 2 * 3 - 4 / 2 % 5", "integer:5" },
		{ "retry_num => 0 && retry_num =< 0", "integer:1" },
		{ "true && !false", "integer:1" },
		{ "rcpt LIKE '%@EXAMPLE.net'", "integer:1" },
		{ "rcpt GLOB '*@EXAMPLE.net'", "integer:0" },
		{ "rcpt_domain IN ('a.example', \"example.net\")",
		  "integer:1" },
		{ "size BETWEEN 1 AND 1000", "integer:1" },
		{ "CASE WHEN retry_num > 0 THEN 'a' ELSE 'b' END", "text:b" },
		{ "iif(retry_num > 0, 'a', 'b')", "text:b" },
		{ "1.5", "a number with a fraction" },
		{ "CAST('a' AS BLOB)", "a blob" },
		{ "retry_num >", "error: near \")\": syntax error" },
		{ "retry_num 0", "error: near \"0\": syntax error" },
		{ "x'41'", "error: " },
		{ "no_such", "error: unknown variable no_such (text is written" },
		{ "no_such(1)", "error: unknown function no_such" },
		{ "rowid", "error: unknown variable" },
	};

	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
}

static void
text_is_no_condition(void **state)
{
	const struct strategy_values values = strategy_values_sample();
	static const struct row rows[] = {
		{ "!auth_user", "error: auth_user is text" },
		{ "auth_user && retry_num == 0", "error: auth_user is text" },
		{ "retry_num == 0 || (mx)", "integer:1" }, /* SQL's rule */
		{ "(retry_num == 0 AND auth_user)", "error: auth_user is" },
		{ "iif(!mx, 'a', 'b')", "error: mx is text" },
		{ "retry_num == 0 && 'it''s'", "error: 'it''s' is text" },
		{ "CASE WHEN NOT mx THEN 'a' END", "error: mx is text" },
		{ "!tls_failures", "integer:1" },
		{ "!!retry_num && size", "integer:0" },
		{ "!auth_user == 'joe'", "integer:1" },
		{ "!(auth_user == 'joe') && mx != 'a'", "integer:1" },
		{ "sender BETWEEN 'a' AND 'z'", "integer:1" },
		{ "NOT sender NOT BETWEEN 'a' AND rcpt", "integer:0" },
		{ "rcpt NOT IN ('a', mx) AND rcpt NOT LIKE 'x'",
		  "integer:1" },
		{ "!is_empty(auth_user)", "integer:1" },
		{ "concat(sender, mx) IS NOT NULL && mx IS NOT NULL",
		  "integer:1" },
		{ "'a' || 'b'", "error: 'a' is text" }, /* concat() joins */
	};

	run_rows(*state, EXPR_QUEUE, &values, rows, ARRAY_LEN(rows));
}

static void
what_it_names_is_known(void **state)
{
	static const struct {
		const char *text;
		bool host, constant;
	} rows[] = {
		{ "'default'", false, true },
		{ "iif(1 == 1, 'a', 'b')", false, true },
		{ "mx == 'a' || retry_num > 0", true, false },
		{ "is_ip_in_cidr(Remote_IP, '::/0')", true, false },
		{ "'mx' == 'remote_ip'", false, true },
		{ "false && size > 1", false, false },
		{ "key_exists('partners', 'a')", false, false },
		{ "is_local_domain('a')", false, false },
		{ "strftime('%H', 'now')", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strategy_expr *expr;
		struct error err;

		if (!strategy_expr_compile(&expr, *state, EXPR_QUEUE,
		    rows[i].text, &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		if (strategy_expr_names_host(expr) != rows[i].host ||
		    strategy_expr_is_constant(expr) != rows[i].constant)
			fail_msg("%s: host or constant", rows[i].text);
		assert_string_equal(strategy_expr_text(expr), rows[i].text);
		strategy_expr_free(&expr);
	}
}

static void
wrong_types_are_errors(void **state)
{
	static const struct {
		const char *text;
		bool text_ok, null_ok, condition_ok;
	} rows[] = {
		{ "'a'", true, true, false },
		{ "NULL", false, true, false },
		{ "1", false, false, true },
		{ "true", false, false, true },
		{ "1.5", false, false, false },
		{ "CAST('a' AS BLOB)", false, false, false },
		{ "key_get('partners', rcpt_domain)", false, true, false },
		{ "key_get('partners', rcpt_domain) == 'x'", false, true,
		  false },
		{ "retry_num + 1", false, false, true },
	};
	const struct strategy_values values = strategy_values_sample();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *text;
		struct strategy_expr *expr;
		struct error err;
		bool holds;

		assert_true(strategy_expr_compile(&expr, *state, EXPR_QUEUE,
		    rows[i].text, &err));
		if (strategy_expr_evaluate_text(expr, &values, &text, &err) !=
		    rows[i].text_ok ||
		    strategy_expr_evaluate_text_or_null(expr, &values, &text,
		    &err) != rows[i].null_ok ||
		    strategy_expr_evaluate_condition(expr, &values, &holds,
		    &err) != rows[i].condition_ok)
			fail_msg("%s", rows[i].text);
		strategy_expr_free(&expr);
	}
}

static void
new_maps_replace_the_old_ones(void **state)
{
	static const struct conf_lookup_row fresh[] = {
		{ .map = "fresh", .key = "a", .value = "b" },
	};
	static const struct conf_lookup_row twice[] = {
		{ .map = "m", .key = "a", .value = "b" },
		{ .map = "m", .key = "a", .value = "c" },
	};
	static char big[5000];
	const struct conf_lookup_row large[] = {
		{ .map = "m", .key = "a", .value = big },
	};
	const struct strategy_values values = strategy_values_sample();
	struct strategy_engine *engine;
	const char *text;
	struct strategy_expr *expr;
	struct error err;

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	assert_true(strategy_engine_open(&engine, &err));
	assert_true(strategy_engine_set_lookup(engine, maps, ARRAY_LEN(maps),
	    &err));
	/* An expression compiled before sees what comes after. */
	assert_true(strategy_expr_compile(&expr, engine, EXPR_QUEUE,
	    "key_get('fresh', 'a')", &err));
	assert_false(strategy_expr_evaluate_text(expr, &values, &text, &err));
	assert_true(strategy_engine_set_lookup(engine, fresh, 1, &err));
	if (!strategy_expr_evaluate_text(expr, &values, &text, &err))
		fail_msg("%s", err.text);
	assert_string_equal(text, "b");
	/* What fails changes nothing. */
	assert_false(strategy_engine_set_lookup(engine, twice, 2, &err));
	assert_non_null(strstr(err.text, "lookup.m.a: the key is there twice"));
	assert_false(strategy_engine_set_lookup(engine, large, 1, &err));
	assert_non_null(strstr(err.text, "lookup.m.a: longer than"));
	assert_true(strategy_expr_evaluate_text(expr, &values, &text, &err));
	assert_true(strategy_engine_set_lookup(engine, NULL, 0, &err));
	assert_false(strategy_expr_evaluate_text(expr, &values, &text, &err));
	strategy_expr_free(&expr);
	strategy_engine_close(&engine);
}

/* A figure for the log, never a reason to fail. */
static void
cost_is_measured(void **state)
{
	static const char *const texts[] = {
		"retry_num > 0 && last_error == 'tls'", "'default'",
		"key_exists('partners', rcpt_domain)",
		"matches('^[a-z]+@example[.]net$', rcpt)",
		"is_ip_in_cidr(remote_ip, '192.0.2.0/24')",
	};
	const struct strategy_values values = strategy_values_sample();
	enum { ROUNDS = 20000 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		int64_t start = clock_mono_ms(), ms;
		struct strategy_expr_result r;
		struct strategy_expr *expr;
		struct error err;

		assert_true(strategy_expr_compile(&expr, *state, EXPR_QUEUE,
		    texts[i], &err));
		for (int n = 0; n < ROUNDS; n++)
			assert_true(strategy_expr_evaluate(expr, &values, &r,
			    &err));
		ms = clock_mono_ms() - start;
		printf("# %s: %.2f microseconds\n", texts[i],
		    (double)ms * 1000 / ROUNDS);
		strategy_expr_free(&expr);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue_variables_have_their_values),
		cmocka_unit_test(milter_variables_have_their_values),
		cmocka_unit_test(absent_values_are_empty_not_null),
		cmocka_unit_test(functions_on_text),
		cmocka_unit_test(regular_expressions),
		cmocka_unit_test(functions_on_addresses),
		cmocka_unit_test(functions_on_maps),
		cmocka_unit_test(names_have_one_form),
		cmocka_unit_test(long_names_are_found_or_refused),
		cmocka_unit_test(operators_bind_as_documented),
		cmocka_unit_test(text_is_no_condition),
		cmocka_unit_test(what_it_names_is_known),
		cmocka_unit_test(wrong_types_are_errors),
		cmocka_unit_test(new_maps_replace_the_old_ones),
		cmocka_unit_test(cost_is_measured),
	};

	return cmocka_run_group_tests_name("expr", tests, set_up, tear_down);
}
