/*
 * web: targets are taken apart, foreign text is harmless wherever it is put,
 * metrics are spelled as both formats want them, nothing but loopback listens.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "web/collector.h"
#include "web/escape.h"
#include "web/expose.h"
#include "web/html.h"
#include "web/listen.h"
#include "web/metrics.h"
#include "web/route.h"
#include "web/tally.h"

static void
targets_lead_to_pages(void **state)
{
	static const struct {
		const char *why, *target;
		enum web_page page;
		const char *domain, *from;
		int64_t id, message, recipient;
		int depth;
	} rows[] = {
		{ "the root", "/", WEB_HOME, "", "", 0, 0, 0, 0 },
		{ "a whole URI (RFC 9112 3.2.2)", "http://localhost:1/queue",
		  WEB_QUEUE, "", "", 0, 0, 0, 0 },
		{ "without a path", "http://localhost", WEB_BAD_REQUEST, "",
		  "", 0, 0, 0, 0 },
		{ "OPTIONS *", "*", WEB_BAD_REQUEST, "", "", 0, 0, 0, 0 },
		{ "nothing", "", WEB_BAD_REQUEST, "", "", 0, 0, 0, 0 },
		{ "a domain in any spelling", "/domains/Bank.TEST.",
		  WEB_DOMAIN, "bank.test", "", 0, 0, 0, 1 },
		{ "escaped", "/api/domains/b%61nk%2etest", WEB_API_DOMAIN,
		  "bank.test", "", 0, 0, 0, 2 },
		{ "an address literal (RFC 5321 4.1.3)",
		  "/domains/[IPv6:2001:db8::1]", WEB_DOMAIN,
		  "[ipv6:2001:db8::1]", "", 0, 0, 0, 1 },
		{ "no name", "/domains/", WEB_NOT_FOUND, "", "", 0, 0, 0, 1 },
		{ "markup is no name", "/domains/%3Cb%3E", WEB_NOT_FOUND, "",
		  "", 0, 0, 0, 1 },
		{ "an escaped slash is no separator, and no name",
		  "/domains/a%2Fb", WEB_NOT_FOUND, "", "", 0, 0, 0, 1 },
		{ "NUL would end the name", "/domains/a%00b",
		  WEB_BAD_REQUEST, "", "", 0, 0, 0, 1 },
		{ "half an escape", "/domains/a%2", WEB_BAD_REQUEST, "", "",
		  0, 0, 0, 1 },
		{ "no escape", "/domains/a%zz", WEB_BAD_REQUEST, "", "", 0, 0,
		  0, 1 },
		{ "a message", "/api/messages/42", WEB_API_MESSAGE, "", "",
		  42, 0, 0, 2 },
		{ "a number that is none", "/messages/4x", WEB_NOT_FOUND, "",
		  "", 0, 0, 0, 1 },
		{ "below zero", "/messages/-1", WEB_NOT_FOUND, "", "", 0, 0,
		  0, 1 },
		{ "too big for 64 bits", "/messages/99999999999999999999",
		  WEB_NOT_FOUND, "", "", 0, 0, 0, 1 },
		{ "more path than there is", "/metrics/x", WEB_NOT_FOUND, "",
		  "", 0, 0, 0, 1 },
		{ "climbing", "/../etc/passwd", WEB_NOT_FOUND, "", "", 0, 0,
		  0, 2 },
		{ "where a list begins", "/domains?from=Ba%6Ek+x&y", WEB_DOMAINS,
		  "", "bank x", 0, 0, 0, 0 },
		{ "where the queue goes on",
		  "/api/queue?message=12&recipient=345", WEB_API_QUEUE, "", "",
		  0, 12, 345, 1 },
		{ "a number that is none", "/queue?message=", WEB_BAD_REQUEST,
		  "", "", 0, 0, 0, 0 },
		{ "unknown parameters", "/metrics?message&x=%41", WEB_BAD_REQUEST,
		  "", "", 0, 0, 0, 0 },
		{ "of other names", "/metrics?collect=%41", WEB_METRICS, "",
		  "", 0, 0, 0, 0 },
	};
	struct web_route r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		web_route_parse(&r, rows[i].target);
		if (r.page != rows[i].page ||
		    strcmp(r.domain, rows[i].domain) != 0 ||
		    strcmp(r.from, rows[i].from) != 0 ||
		    r.id != rows[i].id || r.depth != rows[i].depth ||
		    r.from_message != rows[i].message ||
		    r.from_recipient != rows[i].recipient)
			fail_msg("%s: page %d, \"%s\", \"%s\", depth %d",
			    rows[i].why, (int)r.page, r.domain, r.from,
			    r.depth);
	}
}

static void
long_targets_are_refused(void **state)
{
	char target[WEB_TARGET_MAX + 2] = "/domains/";
	struct web_route r;

	(void)state;
	memset(target + 9, 'a', sizeof(target) - 10);
	web_route_parse(&r, target);
	assert_int_equal(r.page, WEB_BAD_REQUEST);
	target[9 + WEB_NAME_MAX + 1] = '\0';
	web_route_parse(&r, target);	/* an octet more than a name has */
	assert_int_equal(r.page, WEB_BAD_REQUEST);
	target[9 + WEB_NAME_MAX] = '\0';
	web_route_parse(&r, target);
	assert_int_equal(r.page, WEB_DOMAIN);
}

static void
foreign_text_is_harmless_in_html(void **state)
{
	static const struct {
		const char *why, *in, *out;
	} rows[] = {
		{ "markup", "<b a='1'>&\"", "&lt;b a=&#39;1&#39;&gt;&amp;&quot;" },
		{ "UTF-8 stays", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "what is no UTF-8 cannot swallow the quote after it",
		  "a\xc3\"", "a\xef\xbf\xbd&quot;" },
		{ "escape sequences", "\033[2J", "\xef\xbf\xbd[2J" },
		{ "line ends stay", "a\nb", "a\nb" },
		{ "the direction of text stays ours", "a\xe2\x80\xae" "b",
		  "a\xef\xbf\xbd" "b" },
		{ "nothing", "", "" },
	};
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		web_put_html(&out, rows[i].in);
		if (strcmp(buf_str(&out), rows[i].out) != 0)
			fail_msg("%s: %s", rows[i].why, buf_str(&out));
	}
	buf_clear(&out);
	web_put_html(&out, NULL);
	web_put_url(&out, "a-b.c/\"?&\xff");
	assert_string_equal(buf_str(&out), "a-b.c%2F%22%3F%26%FF");
	buf_clear(&out);
	web_put_json(&out, "\"\xff\"");
	assert_string_equal(buf_str(&out), "\"\\ufffd\"");
	buf_free(&out);
}

static void
links_work_below_any_prefix(void **state)
{
	struct buf out = BUF_INIT;
	struct web_html h = { .out = &out };

	(void)state;
	web_html_link(&h, "domains/", "a.test", "<");
	assert_string_equal(buf_str(&out),
	    "<a href=\"./domains/a.test\">&lt;</a>");
	buf_clear(&out);
	h.depth = 1;
	web_html_link(&h, "", NULL, "x");
	assert_string_equal(buf_str(&out), "<a href=\"../\">x</a>");
	buf_free(&out);
}

static void
times_read_well(void **state)
{
	static const struct {
		int64_t at;
		const char *text;
	} rows[] = {
		{ 1000000, ">0 s ago<" }, { 999881, ">119 s ago<" },
		{ 999880, ">2 min ago<" }, { 1000300, ">in 5 min<" },
		{ 1000000 - 86400, ">24 h ago<" },
		{ 1000000 - 3 * 86400, ">3 d ago<" },
	};
	struct buf out = BUF_INIT;
	struct web_html h = { .out = &out, .now = 1000000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		web_html_when(&h, rows[i].at);
		if (strstr(buf_str(&out), rows[i].text) == NULL)
			fail_msg("not %s: %s", rows[i].text, buf_str(&out));
	}
	buf_clear(&out);
	web_html_when(&h, -1);
	assert_string_equal(buf_str(&out), "");
	buf_free(&out);
}

static void
accept_chooses_the_format(void **state)
{
	static const struct {
		const char *why, *accept;
		bool openmetrics;
	} rows[] = {
		{ "no field", NULL, false },
		{ "curl", "*/*", false },
		{ "a browser", "text/html,application/xhtml+xml,*/*;q=0.8",
		  false },
		{ "Prometheus 2.42", "application/openmetrics-text;"
		  "version=1.0.0,application/openmetrics-text;version=0.0.1;"
		  "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true },
		{ "Prometheus 3", "application/openmetrics-text;version=1.0.0;"
		  "escaping=allow-utf-8;q=0.6,application/openmetrics-text;"
		  "version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,"
		  "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", true },
		{ "it prefers text", "application/openmetrics-text;q=0.2, "
		  "text/plain;q=0.9", false },
		{ "it refuses", "application/openmetrics-text;q=0", false },
		{ "any version", "Application/OpenMetrics-Text", true },
		{ "a version we do not speak",
		  "application/openmetrics-text; version=2.0.0", false },
		{ "another type", "application/openmetrics-textual", false },
		{ "broken", ";;q=,,", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (web_accepts_openmetrics(rows[i].accept) !=
		    rows[i].openmetrics)
			fail_msg("%s", rows[i].why);
}

static const struct web_family counter = {
	.name = "x_seen", .help = "Things.", .type = WEB_COUNTER,
};

static void
counters_differ_between_the_formats(void **state)
{
	static const struct web_label label = { "word", "a\"b\\c\nd\xff" };
	struct buf out = BUF_INIT;
	struct web_expose x = { .out = &out, .since_s = 77 };

	(void)state;
	web_family(&x, &counter);
	web_sample(&x, &label, 1, 5);
	web_expose_end(&x);
	assert_string_equal(buf_str(&out), "# HELP x_seen_total Things.\n"
	    "# TYPE x_seen_total counter\n"
	    "x_seen_total{word=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\"} 5\n");
	buf_clear(&out);
	x.openmetrics = true;
	web_family(&x, &counter);
	web_sample(&x, NULL, 0, 5);
	web_expose_end(&x);
	assert_string_equal(buf_str(&out), "# HELP x_seen Things.\n"
	    "# TYPE x_seen counter\nx_seen_total 5\nx_seen_created 77\n"
	    "# EOF\n");
	buf_free(&out);
}

static void
histograms_add_up(void **state)
{
	static const struct web_family family = {
		.name = "x_seconds", .help = "Time.", .unit = "seconds",
		.type = WEB_HISTOGRAM,
	};
	static const int64_t bounds[] = { 10, 2500, 60000 };
	static const int64_t counts[] = { 1, 0, 2, 4 };
	struct buf out = BUF_INIT;
	struct web_expose x = { .out = &out, .openmetrics = true,
		.since_s = 77 };

	(void)state;
	web_family(&x, &family);
	web_histogram(&x, bounds, counts, ARRAY_LEN(bounds), 123456);
	assert_string_equal(buf_str(&out), "# HELP x_seconds Time.\n"
	    "# TYPE x_seconds histogram\n# UNIT x_seconds seconds\n"
	    "x_seconds_bucket{le=\"0.01\"} 1\n"
	    "x_seconds_bucket{le=\"2.5\"} 1\n"
	    "x_seconds_bucket{le=\"60.0\"} 3\n"
	    "x_seconds_bucket{le=\"+Inf\"} 7\n"
	    "x_seconds_count 7\nx_seconds_sum 123.456\n"
	    "x_seconds_created 77\n");
	buf_free(&out);
}

static void
words_have_bounded_room(void **state)
{
	struct web_tally t = { .used = 0 };
	char word[100];
	int64_t sum = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(word, sizeof(word), "%090d%d", i, i);
		web_tally_add(&t, i < 500 ? "same" : word + 85, word + 85, 1);
	}
	web_tally_add(&t, NULL, NULL, 1);
	assert_int_equal(t.used, WEB_TALLY_MAX);
	assert_string_equal(t.entries[WEB_TALLY_MAX - 1].words[0], "other");
	for (size_t i = 0; i < t.used; i++)
		sum += t.entries[i].count;
	assert_int_equal(sum, 1001);
}

static void
durations_fall_into_buckets(void **state)
{
	struct web_durations d = { .sum_ms = 0 };

	(void)state;
	web_durations_add(&d, 0);
	web_durations_add(&d, 10);	/* a bound belongs to its bucket */
	web_durations_add(&d, 11);
	web_durations_add(&d, INT64_C(100000000));
	web_durations_add(&d, -5);	/* written by hand */
	assert_int_equal(d.counts[0], 3);
	assert_int_equal(d.counts[1], 1);
	assert_int_equal(d.counts[WEB_BOUNDS], 1);
	assert_int_equal(d.sum_ms, 100000021);
}

/* Each family once, with its type before its samples. */
static void
metrics_are_whole(void **state)
{
	static const char *const wanted[] = {
		"\ntlsq_recipients{state=\"held\"} 0\n",
		"\ntlsq_attempts_total{outcome=\"deferred\",error=\"dane\"} 3\n",
		"\ntlsq_oldest_message_age_seconds 40\n",
		"\ntlsq_cache_entries{cache=\"mta_sts\"} 9\n",
		"\ntlsq_attempt_duration_seconds_bucket{le=\"+Inf\"} 1\n",
		"\n# TYPE tlsq_sessions_total counter\n",
	};
	struct web_snapshot *s = mem_zalloc(sizeof(*s));
	struct buf out = BUF_INIT;

	(void)state;
	web_ledger_init(&s->since);
	web_ledger_init(&s->kept);
	web_tally_add(&s->since.attempts, "deferred", "dane", 3);
	web_durations_add(&s->since.durations, 5);
	s->oldest_at = 60;
	web_tally_add(&s->cached, "mta_sts", NULL, 9);
	s->counted_at = -1;
	web_metrics_write(&out, s, false, 100);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (strstr(buf_str(&out), wanted[i]) == NULL)
			fail_msg("%s is not in\n%s", wanted[i], buf_str(&out));
	assert_null(strstr(buf_str(&out), "tlsq_counted"));
	assert_null(strstr(buf_str(&out), "# EOF"));
	s->oldest_at = 200;	/* a clock that was set back */
	buf_clear(&out);
	web_metrics_write(&out, s, true, 100);
	assert_non_null(strstr(buf_str(&out),
	    "\ntlsq_oldest_message_age_seconds 0\n"));
	assert_string_equal(buf_str(&out) + out.len - 6, "# EOF\n");
	buf_free(&out);
	free(s);
}

static void
only_loopback_listens(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "127.0.0.1:8025", true }, { "[::1]:1", true },
		{ "unix:/run/tlsq/http", true }, { "127.0.0.1:65535", true },
		{ "127.0.0.1:65536", false }, { "127.0.0.1:0", false },
		{ "127.0.0.1", false }, { "127.0.0.1:", false },
		{ "127.0.0.1:80x", false }, { "127.0.0.1:-1", false },
		{ "0.0.0.0:80", false }, { ":80", false }, { "*:80", false },
		{ "[::]:80", false }, { "::1:80", false },
		{ "127.0.0.2:80", false }, { "192.0.2.1:80", false },
		{ "localhost:80", false }, { "unix:relative", false },
		{ "unix:", false }, { "", false },
		{ "unix:/0123456789012345678901234567890123456789012345678901"
		  "2345678901234567890123456789012345678901234567890123456789",
		  false },
	};
	struct web_listen l;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		err.code = 0;
		if (web_listen_parse(&l, rows[i].text, &err) != rows[i].good ||
		    (!rows[i].good && err.code != EX_CONFIG))
			fail_msg("%s", rows[i].text);
	}
}

static void
other_names_are_not_answered(void **state)
{
	static const struct {
		const char *host;
		bool ours;
	} rows[] = {
		{ NULL, true }, { "127.0.0.1:8025", true }, { "[::1]", true },
		{ "LocalHost:1", true }, { "localhost.evil.test", false },
		{ "127.0.0.1.evil.test", false }, { "evil.test:8025", false },
		{ "127.0.0.1:x", false }, { "", false },
		{ "localhost:", false },
	};
	struct web_listen l = { .local = false };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (web_host_is_ours(&l, rows[i].host) != rows[i].ours)
			fail_msg("%s", rows[i].host);
	l.local = true;
	assert_true(web_host_is_ours(&l, "mail.example.org"));
}

static void
a_dead_socket_is_replaced_and_nothing_else(void **state)
{
	char dir[] = "/tmp/tlsq-web-XXXXXX", text[64], *path, *kept;
	struct web_listen a, b;
	struct error err;
	struct stat st;
	int fd, other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = mem_printf("%s/s", dir);
	(void)snprintf(text, sizeof(text), "unix:%s", path);
	assert_true(web_listen_parse(&a, text, &err));
	assert_true(web_listen_open(&fd, &a, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	b = a;
	assert_false(web_listen_open(&other, &b, &err));	/* it lives */
	assert_int_equal(err.code, EX_UNAVAILABLE);
	(void)close(fd);
	kept = mem_printf("%s/kept", dir);	/* or its number comes again */
	assert_int_equal(link(path, kept), 0);
	assert_true(web_listen_open(&other, &b, &err));
	web_listen_remove(&a);		/* it is b's by now */
	assert_int_equal(access(path, F_OK), 0);
	web_listen_remove(&b);
	assert_int_not_equal(access(path, F_OK), 0);
	(void)close(other);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_false(web_listen_open(&fd, &a, &err));
	assert_int_equal(access(path, F_OK), 0);
	(void)unlink(path);
	(void)unlink(kept);
	(void)rmdir(dir);
	free(kept);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_lead_to_pages),
		cmocka_unit_test(long_targets_are_refused),
		cmocka_unit_test(foreign_text_is_harmless_in_html),
		cmocka_unit_test(links_work_below_any_prefix),
		cmocka_unit_test(times_read_well),
		cmocka_unit_test(accept_chooses_the_format),
		cmocka_unit_test(counters_differ_between_the_formats),
		cmocka_unit_test(histograms_add_up),
		cmocka_unit_test(words_have_bounded_room),
		cmocka_unit_test(durations_fall_into_buckets),
		cmocka_unit_test(metrics_are_whole),
		cmocka_unit_test(only_loopback_listens),
		cmocka_unit_test(other_names_are_not_answered),
		cmocka_unit_test(a_dead_socket_is_replaced_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
