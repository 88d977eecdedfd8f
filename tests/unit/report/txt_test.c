/*
 * report: the TXT record at _smtp._tls.DOMAIN, by the ABNF of RFC 8460 3.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "report/txt.h"

#define TEXT(s) (s), sizeof(s) - 1

/* targets: "-" where the record is not well-formed, else "m:" and "h:" with the
 * target, "," between them. */
static const struct {
	const char *why, *text;
	size_t len;
	const char *targets;
} rows[] = {
	{ "an address", TEXT("v=TLSRPTv1; rua=mailto:a@b.test"), "m:a@b.test" },
	{ "a URI", TEXT("v=TLSRPTv1; rua=https://b.test/v1?x=1"),
	    "h:https://b.test/v1?x=1" },
	{ "both, in their order", TEXT("v=TLSRPTv1;rua=mailto:a@b.test,"
	    "https://b.test/;"), "m:a@b.test,h:https://b.test/" },
	{ "blanks around delimiters", TEXT("v=TLSRPTv1 ;\trua=mailto:a@b.test "
	    ", mailto:c@b.test ; "), "m:a@b.test,m:c@b.test" },
	{ "unknown fields", TEXT("v=TLSRPTv1;x=1;rua=mailto:a@b.test;y_z-1.=!"),
	    "m:a@b.test" },
	{ "schemes in capitals", TEXT("v=TLSRPTv1;rua=MAILTO:a@b.test,"
	    "HTTPS://b.test/"), "m:a@b.test,h:HTTPS://b.test/" },
	{ "an escaped comma in a local part (RFC 6068 2)",
	    TEXT("v=TLSRPTv1;rua=mailto:%22a%2Cb%22@b.test"), "m:\"a,b\"@b.test" },
	{ "an escaped letter", TEXT("v=TLSRPTv1;rua=mailto:%61@b.test"),
	    "m:a@b.test" },
	{ "fields of the mail have no say",
	    TEXT("v=TLSRPTv1;rua=mailto:a@b.test?bcc=c@d.test"), "m:a@b.test" },
	{ "a broken URI drops that URI only", TEXT("v=TLSRPTv1;rua=mailto:a%4,"
	    "mailto:c@b.test"), "m:c@b.test" },
	{ "an address without a domain", TEXT("v=TLSRPTv1;rua=mailto:a"), "" },
	{ "an address literal is no domain",
	    TEXT("v=TLSRPTv1;rua=mailto:a@[127.0.0.1]"), "" },
	{ "two addresses in one", TEXT("v=TLSRPTv1;rua=mailto:a@b.test%2Cc@b.test"),
	    "" },
	{ "a line end", TEXT("v=TLSRPTv1;rua=mailto:a%0D%0ARCPT@b.test"), "" },
	{ "NUL", TEXT("v=TLSRPTv1;rua=mailto:a%00@b.test"), "" },
	{ "no host", TEXT("v=TLSRPTv1;rua=https:///x"), "" },
	{ "a port alone is no host", TEXT("v=TLSRPTv1;rua=https://:443/"), "" },
	{ "a password in the URI", TEXT("v=TLSRPTv1;rua=https://u:p@b.test/"),
	    "" },
	{ "http is not secure", TEXT("v=TLSRPTv1;rua=http://b.test/"), "" },
	{ "a file of ours", TEXT("v=TLSRPTv1;rua=file:///etc/passwd"), "" },
	{ "an empty rua", TEXT("v=TLSRPTv1;rua="), "" },
	{ "no rua", TEXT("v=TLSRPTv1;x=1"), "-" },
	{ "no field at all", TEXT("v=TLSRPTv1"), "-" },
	{ "a field without a name", TEXT("v=TLSRPTv1;=1;rua=mailto:a@b.test"),
	    "-" },
	{ "a field without =", TEXT("v=TLSRPTv1;x;rua=mailto:a@b.test"), "-" },
	{ "another version", TEXT("v=TLSRPTv2;rua=mailto:a@b.test"), "-" },
	{ "a version that begins alike", TEXT("v=TLSRPTv11;rua=mailto:a@b.test"),
	    "-" },
	{ "the version in another case", TEXT("V=TLSRPTv1;rua=mailto:a@b.test"),
	    "-" },
	{ "the version not first", TEXT("rua=mailto:a@b.test;v=TLSRPTv1"), "-" },
	{ "an empty record", TEXT(""), "-" },
};

static void
records_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct buf out = BUF_INIT;
		struct report_txt txt;

		if (!report_txt_parse(&txt, arena, rows[i].text, rows[i].len))
			(void)buf_puts(&out, "-");
		for (size_t k = 0; k < txt.n; k++)
			(void)buf_printf(&out, "%s%s:%s", k > 0 ? "," : "",
			    txt.target[k].https ? "h" : "m",
			    txt.target[k].text);
		if (strcmp(buf_str(&out), rows[i].targets) != 0)
			fail_msg("%s: %s, not %s", rows[i].why, buf_str(&out),
			    rows[i].targets);
		buf_free(&out);
		arena_free(&arena);
	}
}

static void
targets_are_bounded(void **state)
{
	struct arena *arena = arena_new();
	struct buf text = BUF_INIT;
	struct report_txt txt;

	(void)state;
	(void)buf_puts(&text, "v=TLSRPTv1;rua=mailto:a@b.test");
	for (int i = 0; i < 100; i++)
		(void)buf_printf(&text, ",mailto:a%d@b.test", i);
	assert_true(report_txt_parse(&txt, arena, buf_str(&text), text.len));
	assert_int_equal(txt.n, REPORT_TARGETS_MAX);
	buf_free(&text);
	arena_free(&arena);
}

/* The strings of another record at the same name do not count. */
static void
only_reports_count(void **state)
{
	(void)state;
	assert_true(report_txt_is_record(TEXT("v=TLSRPTv1;")));
	assert_true(report_txt_is_record(TEXT("v=TLSRPTv1")));
	assert_false(report_txt_is_record(TEXT("v=STSv1; id=1")));
	assert_false(report_txt_is_record(TEXT(" v=TLSRPTv1;")));
	assert_false(report_txt_is_record(TEXT("v=TLSRPT")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read),
		cmocka_unit_test(targets_are_bounded),
		cmocka_unit_test(only_reports_count),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
