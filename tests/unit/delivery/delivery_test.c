/*
 * runner: command line, log line, order of places, counts of virtual queues.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "queue/backlog.h"
#include "delivery/session_limit.h"
#include "delivery/logline.h"
#include "queue/options.h"
#include "delivery/host_list.h"

static void
the_command_line_is_read_strictly(void **state)
{
	static const struct {
		const char *why, *argv[6];
		bool ok;
		const char *part;
	} rows[] = {
		{ "one pass", { "--once" }, true, NULL },
		{ "a daemon", { "--daemon", "-v", "-d", "x.db" }, true, NULL },
		{ "neither", { "-v" }, false, "--once or --daemon" },
		{ "both", { "--once", "--daemon" }, false, "combined" },
		{ "an argument", { "--once", "x" }, false, "unexpected argument" },
		{ "an unknown option", { "--twice" }, false,
		  "--twice: unknown option" },
		{ "no value", { "--once", "--domain" }, false,
		  "--domain needs a value" },
		{ "no number", { "--once", "--message", "1x" }, false, "1x" },
		{ "an unknown letter", { "-vx" }, false, "-x: unknown option" },
		{ "no domain", { "--once", "--domain", "a b" }, false, "a b" },
		{ "message ids start at 1", { "--once", "--message", "0" },
		  false, "not a message id" },
		{ "a daemon would never rest", { "--daemon", "--now" }, false,
		  "--now" },
		{ "once ends by itself", { "--once", "--background" }, false,
		  "--daemon" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *argv[8] = { mem_strdup("tlsq-runner") };
		struct queue_options o;
		struct error err = { 0, "" };
		int argc = 1;
		bool ok;

		for (; argc < 7 && rows[i].argv[argc - 1] != NULL; argc++)
			argv[argc] = mem_strdup(rows[i].argv[argc - 1]);
		ok = queue_options_parse(&o, argc, argv, &err);
		if (ok != rows[i].ok || (!ok && (err.code != EX_USAGE ||
		    strstr(err.text, rows[i].part) == NULL)))
			fail_msg("%s: %d %s", rows[i].why, ok, err.text);
		queue_options_free(&o);
		while (argc > 0)
			free(argv[--argc]);
	}
}

static void
selectors_gather(void **state)
{
	char *argv[] = { mem_strdup("tlsq-runner"), mem_strdup("--once"),
		mem_strdup("--domain"), mem_strdup("B\xc3\x9c.Example"),
		mem_strdup("--message"), mem_strdup("7"),
		mem_strdup("--message"), mem_strdup("9"), NULL };
	struct queue_options o;
	struct error err;

	(void)state;
	assert_true(queue_options_parse(&o, 8, argv, &err));
	assert_int_equal(o.n_domains, 1);
	assert_string_equal(o.domains[0], "xn--b-eha.example");
	assert_int_equal(o.n_messages, 2);
	assert_int_equal(o.messages[1], 9);
	queue_options_free(&o);
	for (size_t i = 0; argv[i] != NULL; i++)
		free(argv[i]);
}

static void
the_log_line_has_sendmails_fields_in_order(void **state)
{
	struct spool_message m = { .id = 12, .mta_id = "4ANxyz" };
	struct spool_session s = { .tls = "pkix",
		.protocol = "TLSv1.3", .cipher = "TLS_AES_128_GCM_SHA256",
		.dane = "none", .mta_sts = "none" };
	struct spool_attempt a = {
		.duration_ms = 2100, .mx = "mx.d.example",
		.address = "192.0.2.1", .strategy = "default",
		.level = "mandatory", .reply = "250 2.0.0 ok" };
	struct spool_result r = { .outcome = SPOOL_DELIVERED,
		.status = "2.0.0", .now = 65 };
	struct delivery_log_line l = { .message = &m, .to = "u@d.example",
		.attempt = &a, .session = &s, .result = &r };
	char text[1600];

	(void)state;
	delivery_log_format(text, sizeof(text), &l);
	assert_string_equal(text, "12: to=<u@d.example>, mta_id=4ANxyz, "
	    "delay=00:01:05, xdelay=00:00:02, mailer=tlsq, "
	    "relay=mx.d.example [192.0.2.1], strategy=default, "
	    "level=mandatory, tls=pkix, "
	    "protocol=TLSv1.3, cipher=TLS_AES_128_GCM_SHA256, dane=none, "
	    "mta-sts=none, dsn=2.0.0, stat=Sent (250 2.0.0 ok)");
	r.outcome = SPOOL_DEFERRED;
	m.mta_id = a.level = NULL;
	l.session = NULL;
	a.mx = a.address = "";
	r.status = "4.4.3";
	a.reply = "SERVFAIL";
	delivery_log_format(text, sizeof(text), &l);
	assert_string_equal(text, "12: to=<u@d.example>, delay=00:01:05, "
	    "xdelay=00:00:02, mailer=tlsq, strategy=default, dsn=4.4.3, "
	    "stat=Deferred: SERVFAIL");
	r.outcome = SPOOL_FAILED;
	a.result_type = "starttls-not-supported";
	delivery_log_format(text, sizeof(text), &l);
	assert_non_null(strstr(text, "stat=Policy failure: "
	    "starttls-not-supported: SERVFAIL"));
	l.to = "\"x, stat=Sent\"@d.example";
	m.mta_id = "Q, stat=Sent";
	a.reply = "550 no, stat=Sent (stat=Sent), see https://d.example/?a=b";
	delivery_log_format(text, sizeof(text), &l);
	assert_null(strstr(text, "stat=Sent"));
	assert_non_null(strstr(text, "to=<\"x+2C+20stat+3DSent\"@d.example>, "
	    "mta_id=Q??stat?Sent, delay="));
	assert_non_null(strstr(text, "550 no, stat?Sent (stat?Sent), "
	    "see https://d.example/?a=b"));
}

static void
a_long_reply_does_not_grow_the_log(void **state)
{
	char reply[5000], text[1600];
	struct spool_message m = { .id = 1 };
	struct spool_attempt a = { .strategy = "default", .reply = reply };
	struct spool_result r = { .outcome = SPOOL_FAILED, .status = "5.0.0" };
	struct delivery_log_line l = { .message = &m, .to = "a@b",
	    .attempt = &a,
		.result = &r };

	(void)state;
	memset(reply, 'x', sizeof(reply) - 1);
	reply[sizeof(reply) - 1] = '\0';
	delivery_log_format(text, sizeof(text), &l);
	assert_in_range(strlen(text), 200, 400);
}

/* Sequences of sessions that end within a message: who is to blame after each. */
static void
a_drop_is_booked_on_the_message_first(void **state)
{
	static const struct {
		const char *why;
		const char *messages;	/* that ended the sessions; '.': one was
					 * taken in between; '-': at its end */
		const char *blames;	/* A again, M message, H host */
	} rows[] = {
		{ "one bad message, alone", "aa", "AM" },
		{ "one among others", "a.a", "AM" },
		{ "two, one after the other", "ab.a.b", "AAMM" },
		{ "two that meet", "ab.ab", "AAMM" },
		{ "three in a row are the host", "abc", "AAH" },
		{ "the host, and one message waits", "aab", "AMH" },
		{ "a host that takes one in two", "a.b.c.d", "AAAA" },
		{ "ends without a word", "---", "AAH" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int drops[256] = { 0 }, host = 0, n = 0;

		for (const char *m = rows[i].messages; *m != '\0'; m++) {
			enum delivery_blame blame;

			if (*m == '.') {
				host = 0;
				continue;
			}
			blame = delivery_plan_blame(*m == '-' ? 0 :
			    ++drops[(unsigned char)*m], ++host);
			if ("AMH"[blame] != rows[i].blames[n++])
				fail_msg("%s: %d at %d", rows[i].why, blame,
				    n);
		}
	}
}

static struct delivery_attempt *
failure(void)
{
	return delivery_attempt_new(&(struct spool_attempt){ .status =
	    "4.4.1" }, NULL);
}

static void
places_are_walked_past_what_failed(void **state)
{
	struct delivery_plan *plan = mem_zalloc(sizeof(*plan));
	struct delivery_place start = { 0, 0 }, at;

	(void)state;
	assert_int_equal(delivery_plan_next(plan, start, &at), PLAN_END);
	delivery_plan_init(plan, 3);
	assert_int_equal(delivery_plan_next(plan, start, &at), PLAN_WAIT);
	plan->host[0].resolved = plan->host[1].resolved = true;
	delivery_plan_add_addresses(&plan->host[0], 2);
	delivery_plan_add_addresses(&plan->host[1], 1);
	assert_int_equal(delivery_plan_next(plan, start, &at), PLAN_TRY);
	assert_true(delivery_place_same(at, start));

	plan->host[0].address[0].failed = failure();
	assert_int_equal(delivery_plan_next(plan, start, &at), PLAN_TRY);
	assert_int_equal(at.address, 1);	/* the next address */
	plan->host[0].failed = failure();
	assert_int_equal(delivery_plan_next(plan, start, &at), PLAN_TRY);
	assert_int_equal(at.host, 1);		/* the next host */
	assert_int_equal(at.address, 0);

	at = delivery_place_after_host(at);
	assert_int_equal(delivery_plan_next(plan, at, &at), PLAN_WAIT);
	assert_int_equal(at.host, 2);
	plan->host[2].failed = failure();	/* failed before resolved */
	assert_int_equal(delivery_plan_next(plan, at, &at), PLAN_END);
	assert_int_equal(at.host, 3);
	delivery_plan_clear(plan);
	free(plan);
}

static void
a_backlog_knows_who_wants_more(void **state)
{
	struct queue_backlog b = { .open = 0 };
	struct queue_domain *d;
	int64_t ids[BACKLOG_DOMAIN_MAX];

	(void)state;
	for (int i = 0; i < BACKLOG_DOMAIN_MAX; i++) {
		ids[i] = i + 1;
		queue_backlog_open(&b, "full.example", ids[i]);
	}
	queue_backlog_open(&b, "other.example", 5000);
	assert_int_equal(b.open, BACKLOG_DOMAIN_MAX + 1);
	assert_true(queue_backlog_has(&b, 1));
	assert_false(queue_backlog_has(&b, 4999));
	HASH_FIND_STR(b.domains, "full.example", d);
	assert_int_equal(queue_backlog_room(d), 0);
	queue_backlog_set_more(&b, "full.example", true);
	assert_false(b.refill);			/* no room yet */
	queue_backlog_close(&b, "full.example", ids, BACKLOG_REFILL - 1);
	assert_false(b.refill);			/* not worth a claim */
	queue_backlog_close(&b, "other.example", &(int64_t){ 5000 }, 1);
	assert_false(b.refill);			/* left nothing behind */
	queue_backlog_close(&b, "full.example", ids, BACKLOG_REFILL);
	assert_true(b.refill);			/* those closed count once */
	assert_int_equal(b.open, BACKLOG_DOMAIN_MAX - BACKLOG_REFILL);
	assert_false(queue_backlog_has(&b, 1));
	/* Known as long as it has more, or something open. */
	queue_backlog_close(&b, "full.example", ids, BACKLOG_DOMAIN_MAX);
	assert_int_equal(b.open, 0);
	assert_int_equal(HASH_COUNT(b.domains), 1);
	assert_true(queue_backlog_wants_refill(d));
	queue_backlog_set_more(&b, "full.example", false);
	assert_int_equal(HASH_COUNT(b.domains), 0);
	/* closed meanwhile */
	queue_backlog_set_more(&b, "left.example", true);
	assert_int_equal(HASH_COUNT(b.domains), 1);
	queue_backlog_clear(&b);
	assert_null(b.domains);
}

static void
a_full_queue_notes_who_waits(void **state)
{
	struct delivery_limit *g = delivery_limit_new();

	(void)state;
	assert_int_equal(delivery_limit_part(g, 20), 20);
	delivery_limit_share(g, 3);
	assert_int_equal(delivery_limit_part(g, 20), 6);
	assert_int_equal(delivery_limit_part(g, 2), 1);	/* never none */
	/* nobody has claims yet */
	delivery_limit_share(g, 0);
	assert_int_equal(delivery_limit_part(g, 20), 20);
	assert_true(delivery_limit_enter(g, "a", 2));
	assert_true(delivery_limit_enter(g, "a", 2));
	/* full, but nobody waits */
	assert_false(delivery_limit_is_wanted(g, "a"));
	assert_false(delivery_limit_enter(g, "a", 2));
	assert_true(delivery_limit_is_wanted(g, "a"));
	assert_false(delivery_limit_is_wanted(g, "b"));	/* queues are apart */
	assert_true(delivery_limit_enter(g, "b", 1));
	/* somebody waited */
	assert_string_equal(delivery_limit_leave(g, "a"), "a");
	assert_false(delivery_limit_is_wanted(g, "a"));
	assert_null(delivery_limit_leave(g, "a"));	/* told once */
	assert_null(delivery_limit_leave(g, "b"));
	delivery_limit_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_line_is_read_strictly),
		cmocka_unit_test(a_drop_is_booked_on_the_message_first),
		cmocka_unit_test(selectors_gather),
		cmocka_unit_test(the_log_line_has_sendmails_fields_in_order),
		cmocka_unit_test(a_long_reply_does_not_grow_the_log),
		cmocka_unit_test(places_are_walked_past_what_failed),
		cmocka_unit_test(a_backlog_knows_who_wants_more),
		cmocka_unit_test(a_full_queue_notes_who_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
