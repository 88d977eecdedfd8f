/*
 * report: the report as JSON and as mail, and which reports are due.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../spool/testing.h"
#include "base/buf.h"
#include "report/mail.h"
#include "report/report.h"
#include "spool/query.h"
#include "spool/record.h"

/* 2026-12-01T00:00:00Z */
#define DAY INT64_C(1796083200)

static const struct report_author author = { .organization = "Example \"Ltd\"",
	.contact = "tls@relay.test", .from = "tls@relay.test",
	.submitter = "relay.test" };

static void
count(struct scratch *s, int64_t now, const char *domain, const char *type,
    const char *policy, const char *result)
{
	bool failed = result[0] != '\0';

	assert_done(s, spool_tls_count_add(s->spool, &(struct spool_tls_count){
	    .domain = domain, .policy_type = type, .policy = policy,
	    .result_type = result, .mx = failed ? "mx.a.test" : "",
	    .sending_ip = failed ? "192.0.2.1" : "", .receiving_ip = "",
	    .reason = "", .sessions = 1 }, now, &s->err));
}

/* A path into the report of a.test on the day, as SQLite reads it. */
static const char *
in_report(struct scratch *s, const char *path)
{
	struct buf json = BUF_INIT, sql = BUF_INIT;
	const char *value;

	assert_done(s, report_json(&json, s->spool, &author, "2026-12-01",
	    "a.test", "id@relay.test", &s->err));
	(void)buf_puts(&sql, "SELECT '");
	for (const char *p = buf_str(&json); *p != '\0'; p++)
		(void)buf_printf(&sql, *p == '\'' ? "''" : "%c", *p);
	(void)buf_printf(&sql, "' -> '%s'", path);
	value = scratch_text(s, buf_str(&sql));
	buf_free(&sql);
	buf_free(&json);
	return value;
}

#define STS "{\"policy-string\":[\"version: STSv1\"],\"mx-host\":[\"*.a.test\"]}"

static void
a_report_has_every_field(void **state)
{
	static const struct {
		const char *why, *path, *value;
	} rows[] = {
		{ "texts are escaped", "$.organization-name",
		    "\"Example \\\"Ltd\\\"\"" },
		{ "the whole day", "$.date-range",
		    "{\"start-datetime\":\"2026-12-01T00:00:00Z\","
		    "\"end-datetime\":\"2026-12-01T23:59:59Z\"}" },
		{ "contact", "$.contact-info", "\"tls@relay.test\"" },
		{ "id", "$.report-id", "\"id@relay.test\"" },
		{ "no policy: its domain, and no text (RFC 8460 4.4)",
		    "$.policies[0].policy", "{\"policy-type\":"
		    "\"no-policy-found\",\"policy-domain\":\"a.test\","
		    "\"mx-host\":[]}" },
		{ "no failure is an empty list", "$.policies[0].failure-details",
		    "[]" },
		{ "a policy as it was served, mx-host a list",
		    "$.policies[1].policy", "{\"policy-type\":\"sts\","
		    "\"policy-domain\":\"a.test\",\"mx-host\":[\"*.a.test\"],"
		    "\"policy-string\":[\"version: STSv1\"]}" },
		{ "successes and failures of one policy",
		    "$.policies[1].summary",
		    "{\"total-successful-session-count\":2,"
		    "\"total-failure-session-count\":3}" },
		{ "the largest failure first", "$.policies[1].failure-details[0]",
		    "{\"result-type\":\"validation-failure\","
		    "\"sending-mta-ip\":\"192.0.2.1\","
		    "\"receiving-mx-hostname\":\"mx.a.test\","
		    "\"receiving-mx-helo\":\"\",\"receiving-ip\":\"\","
		    "\"failed-session-count\":2,\"additional-information\":\"\","
		    "\"failure-reason-code\":\"\"}" },
		{ "and then the other",
		    "$.policies[1].failure-details[1].result-type",
		    "\"certificate-expired\"" },
		{ "of another day nothing", "$.policies[2]", "" },
	};
	struct scratch *s = *state;

	count(s, DAY, "a.test", "no-policy-found", "{}", "");
	count(s, DAY, "a.test", "sts", STS, "");
	count(s, DAY + 86399, "a.test", "sts", STS, "");
	count(s, DAY, "a.test", "sts", STS, "certificate-expired");
	count(s, DAY, "a.test", "sts", STS, "validation-failure");
	count(s, DAY, "a.test", "sts", STS, "validation-failure");
	count(s, DAY + 86400, "a.test", "tlsa", "{}", "");
	count(s, DAY, "b.test", "tlsa", "{}", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(in_report(s, rows[i].path), rows[i].value) != 0)
			fail_msg("%s: %s is %s", rows[i].why, rows[i].path,
			    in_report(s, rows[i].path));
}

/* Receivers bound what they take; the counts stay true. */
static void
many_failures_are_cut(void **state)
{
	struct scratch *s = *state;

	assert_string_equal(scratch_sql(s, "WITH n(i) AS (SELECT 1 UNION ALL "
	    "SELECT i + 1 FROM n WHERE i < 1003) INSERT INTO tls_report (day, "
	    "domain, policy_type, policy, result_type, mx, count) SELECT "
	    "'2026-12-01', 'a.test', 'sts', '" STS "', 'certificate-expired', "
	    "'mx' || i, iif(i <= 3, 1, 2) FROM n"), "");
	assert_string_equal(in_report(s, "$.policies[0].summary"),
	    "{\"total-successful-session-count\":0,"
	    "\"total-failure-session-count\":2003}");
	assert_string_equal(in_report(s, "$.policies[0].failure-details[1000]."
	    "failed-session-count"), "3");
	assert_string_equal(in_report(s, "$.policies[0].failure-details[1000]."
	    "additional-information"), "\"and 3 more\"");
	assert_string_equal(in_report(s, "$.policies[0].failure-details[1001]"),
	    "");
}

static void
plan(struct scratch *s, int64_t now)
{
	assert_done(s, spool_run(s->spool, SQL_REPORT_PLAN, SPOOL_VALUES(
	    SPOOL_INT(":now", now), SPOOL_TEXT(":submitter", "relay.test")),
	    &s->err));
}

#define LATER(what) "SELECT count(*) FROM tls_report_sent WHERE " what

/* RFC 8460 4.1: after midnight, each at a time of its own, once. */
static void
a_day_is_planned_once_it_is_over(void **state)
{
	struct scratch *s = *state;
	char id[128];

	count(s, DAY, "a.test", "no-policy-found", "{}", "");
	count(s, DAY, "a.test", "sts", STS, "");
	count(s, DAY, "b.test", "sts", STS, "");
	plan(s, DAY + 86399);
	assert_int_equal(scratch_number(s, LATER("1")), 0);
	plan(s, DAY + 86400);
	assert_int_equal(scratch_number(s, LATER("1")), 2);
	assert_int_equal(scratch_number(s, LATER("next_try_at BETWEEN "
	    "1796169601 AND 1796184000")), 2);
	(void)snprintf(id, sizeof(id), "%s", scratch_text(s, "SELECT report_id "
	    "FROM tls_report_sent WHERE domain = 'a.test'"));
	assert_non_null(strstr(id, "@relay.test"));
	plan(s, DAY + 90000);
	assert_int_equal(scratch_number(s, LATER("1")), 2);
	assert_string_equal(scratch_text(s, "SELECT report_id FROM "
	    "tls_report_sent WHERE domain = 'a.test'"), id);
}

static void
an_old_day_is_not_planned(void **state)
{
	struct scratch *s = *state;

	count(s, DAY, "a.test", "no-policy-found", "{}", "");
	plan(s, DAY + 9 * 86400);
	assert_int_equal(scratch_number(s, LATER("1")), 0);
}

/* The delays double, and end a day after the report was due. */
static void
failures_are_tried_again_for_a_day(void **state)
{
	struct scratch *s = *state;
	int64_t now = DAY + 86400 + 14400, before = now, tries = 0;

	count(s, DAY, "a.test", "no-policy-found", "{}", "");
	plan(s, now);
	while (scratch_number(s, LATER("state = 'due'")) == 1) {
		assert_true(++tries < 20);
		assert_done(s, spool_run(s->spool, SQL_REPORT_TAKE,
		    SPOOL_VALUES(SPOOL_TEXT(":day", "2026-12-01"),
		    SPOOL_TEXT(":domain", "a.test"),
		    SPOOL_INT(":tries", tries - 1), SPOOL_INT(":now", now)),
		    &s->err));
		assert_int_equal(spool_changes(s->spool), 1);
		assert_done(s, spool_run(s->spool, SQL_REPORT_AGAIN,
		    SPOOL_VALUES(SPOOL_TEXT(":day", "2026-12-01"),
		    SPOOL_TEXT(":domain", "a.test"),
		    SPOOL_TEXT(":target", "https://a.test/"),
		    SPOOL_TEXT(":why", "HTTP status 500"),
		    SPOOL_INT(":now", now)), &s->err));
		before = now;
		now = scratch_number(s,
		    "SELECT next_try_at FROM tls_report_sent");
		assert_true(now >= before + (INT64_C(300) << tries));
	}
	assert_string_equal(scratch_text(s, "SELECT state FROM "
	    "tls_report_sent"), "failed");
	assert_true(before <= DAY + 2 * 86400 + 14400);
	assert_true(tries >= 7);
}

/* Two runners, or a runner and cron: one of them. */
static void
only_one_takes_it(void **state)
{
	struct scratch *s = *state;

	count(s, DAY, "a.test", "no-policy-found", "{}", "");
	plan(s, DAY + 90000);
	for (int i = 0; i < 2; i++) {
		assert_done(s, spool_run(s->spool, SQL_REPORT_TAKE,
		    SPOOL_VALUES(SPOOL_TEXT(":day", "2026-12-01"),
		    SPOOL_TEXT(":domain", "a.test"), SPOOL_INT(":tries", 0),
		    SPOOL_INT(":now", DAY + 90000)), &s->err));
		assert_int_equal(spool_changes(s->spool), i == 0 ? 1 : 0);
	}
}

static void
mail_says_what_it_is(void **state)
{
	static const char *const lines[] = {
		"From: <tls@relay.test>\r\n", "To: <rua@a.test>\r\n",
		"TLS-Report-Domain: a.test\r\n",
		"TLS-Report-Submitter: relay.test\r\n",
		"Message-ID: <2026-12-01.abc@relay.test>\r\n",
		"Subject: Report Domain: a.test\r\n Submitter: relay.test\r\n"
		" Report-ID: <2026-12-01.abc@relay.test>\r\n",
		"TLS-Required: No\r\n", "Auto-Submitted: auto-generated\r\n",
		"multipart/report; report-type=\"tlsrpt\"",
		"application/tlsrpt+gzip\r\n",
		"filename=\"relay.test!a.test!1796083200!1796169599!"
		"2026-12-01.abc.json.gz\"", "\r\nAQID\r\n",
	};
	struct report_mail mail = { .day = "2026-12-01", .domain = "a.test",
		.report_id = "2026-12-01.abc@relay.test",
		.submitter = "relay.test", .from = "tls@relay.test",
		.to = "rua@a.test", .now = DAY + 90000, .day_start = DAY,
		.gzip = "\1\2\3", .gzip_len = 3 };
	struct buf out = BUF_INIT;

	(void)state;
	report_mail_write(&out, &mail);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strstr(buf_str(&out), lines[i]) == NULL)
			fail_msg("no %s in %s", lines[i], buf_str(&out));
	for (const char *p = buf_str(&out), *end; *p != '\0'; p = end + 2) {
		end = strstr(p, "\r\n");
		assert_non_null(end);
		assert_true(end - p <= 998);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_open_setup, \
	scratch_teardown)
		TEST(a_report_has_every_field),
		TEST(many_failures_are_cut),
		TEST(a_day_is_planned_once_it_is_over),
		TEST(an_old_day_is_not_planned),
		TEST(failures_are_tried_again_for_a_day),
		TEST(only_one_takes_it),
		cmocka_unit_test(mail_says_what_it_is),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
