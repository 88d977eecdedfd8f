/*
 * smtp/client: sessions with real servers on loopback (smtp_server.py), good
 * ones, and such that stall, close, inject or are slow.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "smtp/client.h"
#include "world.h"

#define MX "mx.example.test"

/* One client and what came of it. */
struct run {
	const struct world *w;
	const char *spec;
	struct loop *loop;
	struct smtp_client *client;
	struct smtp_client_config config;
	size_t n_messages, size;	/* to be handed over */
	size_t n_given, n_results, n_delivered;
	size_t pieces;		/* of content left, of the one under way */
	bool late;		/* content comes only after a wake-up */
	bool keep;		/* no quit when all is done */
	bool free_in_result, free_in_next, free_in_closed;
	bool reject;		/* what the hook says */
	struct loop_timer *timer;
	struct smtp_transaction tx;
	struct smtp_recipient_result result;	/* of the last recipient */
	bool possible_duplicate;
	char reply[1200];
	bool ready, closed, failed;
	struct smtp_failure failure;
	int64_t took_ms;
};

/* --- the client's callbacks --- */

static void
wake_later(void *arg)
{
	struct run *r = arg;

	smtp_client_wake(r->client);
}

static bool
read_content(void *ctx, struct buf *out, bool *end_r, struct error *err)
{
	static const char line[] = "This is a line of sixty-four octets, "
	    "its line end is included.\r\n";
	struct run *r = ctx;

	(void)err;
	assert_int_equal(sizeof(line) - 1, 64);
	if (r->late && r->pieces % 2 == 0) {
		r->pieces++;
		loop_timer_set(r->timer, 5);
		return true;
	}
	for (int i = 0; i < 256 && out->len < r->size; i++)
		(void)buf_append(out, line, sizeof(line) - 1);
	r->pieces++;
	*end_r = (r->late ? r->pieces / 2 : r->pieces) * 16384 >= r->size;
	return true;
}

static const struct smtp_transaction *
on_next(void *ctx)
{
	static const struct smtp_recipient recipient = {
		.address = "r@b.example",
	};
	struct run *r = ctx;

	assert_true(r->ready);
	if (r->free_in_next) {
		smtp_client_free(&r->client);
		loop_stop(r->loop);
		return NULL;
	}
	if (r->n_given == r->n_messages) {
		if (r->n_results == r->n_messages && !r->keep)
			smtp_client_quit(r->client);
		return NULL;
	}
	r->n_given++;
	r->pieces = 0;
	r->tx = (struct smtp_transaction){
		.sender = "s@a.example", .recipients = &recipient,
		.n_recipients = 1, .size = r->size, .read = read_content,
		.ctx = r,
	};
	return &r->tx;
}

static void
on_ready(void *ctx, const struct smtp_evidence *evidence)
{
	struct run *r = ctx;

	assert_false(r->ready);
	assert_string_equal(evidence->capabilities.name, MX);
	r->ready = true;
}

static void
on_result(void *ctx, const struct smtp_transaction *tx,
    const struct smtp_result *result)
{
	struct run *r = ctx;

	assert_ptr_equal(tx, &r->tx);
	assert_int_equal(result->n_recipients, 1);
	r->n_results++;
	r->result = result->recipients[0];
	r->n_delivered += r->result.outcome == SMTP_DELIVERED;
	r->possible_duplicate = result->possible_duplicate;
	(void)snprintf(r->reply, sizeof(r->reply), "%s", r->result.reply);
	r->result.reply = r->reply;
	if (r->free_in_result) {
		smtp_client_free(&r->client);
		loop_stop(r->loop);
	}
}

static void
on_closed(void *ctx, const struct smtp_failure *failure)
{
	struct run *r = ctx;

	assert_false(r->closed);
	r->closed = true;
	r->failed = failure != NULL;
	if (failure != NULL)
		r->failure = *failure;
	if (r->free_in_closed)
		smtp_client_free(&r->client);
	loop_stop(r->loop);
}

static void
judge(void *ctx, const struct stls_peer *peer, struct smtp_verdict *v)
{
	struct run *r = ctx;

	assert_int_equal(peer->n_chain, 1);
	assert_false(v->verified);
	v->verified = !r->reject;
	v->proof = SMTP_PROOF_DANE;
	v->event = EVENT_TLSA_MISMATCH;
	(void)snprintf(v->text, sizeof(v->text), "%s",
	    r->reject ? "no TLSA record matched" : "");
}

static const struct smtp_client_events events = {
	.next = on_next, .ready = on_ready, .result = on_result,
	.closed = on_closed,
};
static const struct smtp_client_events events_with_judge = {
	.next = on_next, .ready = on_ready, .result = on_result,
	.closed = on_closed, .authenticate = judge,
};

/* --- running one --- */

enum { SHORT_MS = 150, LONG_MS = 10000 };

static void
set_times(struct run *r, int64_t ms)
{
	for (size_t i = 0; i < SMTP_STEP_COUNT; i++)
		r->config.timeout_ms[i] = ms;
}

static void
prepare(struct run *r, void **state, const char *spec, enum policy_level level)
{
	const struct world *w = *state;
	struct error err;

	memset(r, 0, sizeof(*r));
	r->w = w;
	r->spec = spec;
	r->n_messages = 1;
	r->size = 64;
	if (!loop_new(&r->loop, &err))
		fail_msg("%s", err.text);
	r->timer = loop_timer_new(r->loop, wake_later, r);
	r->config = (struct smtp_client_config){
		.loop = r->loop, .tls = w->trusting, .mx = MX,
		.session.helo = "me.example", .session.demand.level = level,
		.min_version = STLS_MIN_TLS12, .events = &events, .ctx = r,
	};
	set_times(r, LONG_MS);
	assert_true(net_address_parse(&r->config.to, "127.0.0.1",
	    world_port(w, spec)));
}

static void
go(struct run *r)
{
	int64_t start = clock_mono_ms();

	r->client = smtp_client_start(&r->config);
	loop_run(r->loop);
	r->took_ms = clock_mono_ms() - start;
}

static void
end(struct run *r)
{
	smtp_client_free(&r->client);
	loop_timer_free(&r->timer);
	loop_free(&r->loop);
}

static void
expect_failure(const struct run *r, const char *error, const char *status,
    const char *result_type)
{
	assert_true(r->failed);
	if (strcmp(r->failure.error, error) != 0 ||
	    strcmp(r->failure.status, status) != 0)
		fail_msg("%s %s: %s", r->failure.error, r->failure.status,
		    r->failure.text);
	if (result_type == NULL)
		assert_null(r->failure.result_type);
	else
		assert_string_equal(r->failure.result_type, result_type);
	assert_non_null(strstr(r->failure.text, MX " [127.0.0.1]: "));
}

/* --- the tests --- */

static void
a_message_is_delivered_in_plaintext(void **state)
{
	struct run r;

	prepare(&r, state, "plain", LEVEL_NONE);
	go(&r);
	assert_false(r.failed);
	assert_int_equal(r.n_delivered, 1);
	assert_string_equal(r.reply, "250 2.0.0 taken");
	assert_int_equal(smtp_client_evidence(r.client)->proof,
	    SMTP_PROOF_NONE);
	assert_int_equal(smtp_client_evidence(r.client)->capabilities.size_max,
	    100000000);
	end(&r);
}

static void
the_certificate_is_proved_after_starttls(void **state)
{
	const struct smtp_evidence *e;
	struct run r;

	prepare(&r, state, "tls", LEVEL_MANDATORY);
	go(&r);
	assert_false(r.failed);
	assert_int_equal(r.n_delivered, 1);
	e = smtp_client_evidence(r.client);
	assert_int_equal(e->proof, SMTP_PROOF_PKIX);
	assert_string_equal(e->protocol, "TLSv1.3");
	assert_true(e->has_certificate);
	assert_string_equal(e->certificate.subject, "CN=" MX);
	assert_int_equal(strlen(e->certificate.cert_sha256), 64);
	assert_null(e->verify_error);
	assert_int_equal(net_address_port(&e->local) > 0, 1);
	/* Known from within TLS, where STARTTLS is not offered. */
	assert_int_equal(e->capabilities.can & SMTP_CAN_STARTTLS, 0);
	assert_true((e->capabilities.can & SMTP_CAN_PIPELINING) != 0);
	end(&r);
}

static void
tls_may_come_first(void **state)
{
	struct run r;

	prepare(&r, state, "implicit", LEVEL_MANDATORY);
	r.config.session.implicit_tls = true;
	go(&r);
	assert_false(r.failed);
	assert_int_equal(r.n_delivered, 1);
	end(&r);
	/* To a server that greets in plaintext: nothing is said to it. */
	prepare(&r, state, "plain", LEVEL_MANDATORY);
	r.config.session.implicit_tls = true;
	go(&r);
	expect_failure(&r, "tls", "4.7.5", "validation-failure");
	end(&r);
}

struct tls_row {
	enum policy_level level;
	const char *spec, *mx;
	bool strange, allow_invalid;
	const char *error, *status, *result_type;	/* NULL: delivered */
	enum smtp_proof proof;
	const char *why;
};

static const struct tls_row tls_rows[] = {
	{ LEVEL_NONE, "tls", MX, true, false, NULL, NULL, NULL,
	  SMTP_PROOF_NONE, "STARTTLS is not used" },
	{ LEVEL_OPPORTUNISTIC, "plain", MX, true, false, NULL, NULL, NULL,
	  SMTP_PROOF_NONE, "not offered" },
	{ LEVEL_MANDATORY, "plain", MX, false, false, "tls", "4.7.4",
	  "starttls-not-supported", SMTP_PROOF_NONE, "not offered" },
	{ LEVEL_OPPORTUNISTIC, "tls", MX, true, false, "tls", "4.7.5",
	  "certificate-not-trusted", SMTP_PROOF_ENCRYPTED, "no anchor" },
	{ LEVEL_MANDATORY, "tls", MX, true, true, NULL, NULL, NULL,
	  SMTP_PROOF_ENCRYPTED, "allow-invalid-certs" },
	{ LEVEL_MTA_STS, "tls", MX, true, true, "mta-sts", "4.7.5",
	  "certificate-not-trusted", SMTP_PROOF_ENCRYPTED,
	  "allow-invalid-certs does not weaken mta-sts" },
	{ LEVEL_MANDATORY, "tls", "mail.example.test", false, false, "tls",
	  "4.7.5", "certificate-host-mismatch", SMTP_PROOF_ENCRYPTED,
	  "another host's certificate" },
	{ LEVEL_DANE, "tls", MX, false, true, "dane", "4.7.5",
	  "validation-failure", SMTP_PROOF_PKIX, "PKIX is not DANE" },
	{ LEVEL_OPPORTUNISTIC, "tls+inject", MX, false, false, "tls", "4.7.5",
	  "validation-failure", SMTP_PROOF_NONE, "response injection" },
	{ LEVEL_OPPORTUNISTIC, "tls+tickets=4000", MX, false, false, "tls",
	  "4.7.5", "validation-failure", SMTP_PROOF_PKIX, "a flood" },
	{ LEVEL_MTA_STS, "tls+tickets=4000", MX, true, true, "mta-sts",
	  "4.7.5", "certificate-not-trusted", SMTP_PROOF_ENCRYPTED,
	  "nothing is read before the certificate is judged" },
	{ LEVEL_OPPORTUNISTIC, "tls+tickets=20", MX, false, false, NULL, NULL,
	  NULL, SMTP_PROOF_PKIX, "no flood" },
	{ LEVEL_OPPORTUNISTIC, "tls+drop=STARTTLS", MX, false, false, "tls",
	  "4.7.5", "validation-failure", SMTP_PROOF_NONE, "closes" },
	{ LEVEL_OPPORTUNISTIC, "tls+drop=HANDSHAKE", MX, false, false, "tls",
	  "4.7.5", "validation-failure", SMTP_PROOF_NONE, "closes" },
};

static void
what_tls_must_prove_is_proved(void **state)
{
	const struct world *w = *state;
	struct run r;

	for (size_t i = 0; i < ARRAY_LEN(tls_rows); i++) {
		const struct tls_row *row = &tls_rows[i];

		prepare(&r, state, row->spec, row->level);
		r.config.tls = row->strange ? w->strange : w->trusting;
		r.config.session.demand.allow_invalid = row->allow_invalid;
		r.config.mx = row->mx;
		go(&r);
		if (r.failed != (row->error != NULL) ||
		    r.n_delivered != (row->error == NULL))
			fail_msg("%s (%s): %s", row->spec, row->why,
			    r.failure.text);
		if (row->error != NULL &&
		    (strcmp(r.failure.error, row->error) != 0 ||
		    strcmp(r.failure.status, row->status) != 0 ||
		    strcmp(r.failure.result_type, row->result_type) != 0))
			fail_msg("%s (%s): %s %s %s: %s", row->spec, row->why,
			    r.failure.error, r.failure.status,
			    r.failure.result_type, r.failure.text);
		assert_int_equal(smtp_client_evidence(r.client)->proof,
		    row->proof);
		if (row->proof == SMTP_PROOF_ENCRYPTED)
			assert_non_null(smtp_client_evidence(r.client)
			    ->verify_error);
		end(&r);
	}
}

static void
another_judge_may_be_asked(void **state)
{
	struct run r;

	for (int reject = 0; reject < 2; reject++) {
		prepare(&r, state, "tls", LEVEL_DANE);
		r.config.events = &events_with_judge;
		r.reject = reject;
		go(&r);
		assert_int_equal(r.n_delivered, !reject);
		if (reject)
			expect_failure(&r, "dane", "4.7.5",
			    "validation-failure");
		else
			assert_int_equal(smtp_client_evidence(r.client)->proof,
			    SMTP_PROOF_DANE);
		end(&r);
	}
}

struct fault_row {
	const char *step;	/* of the server */
	enum smtp_step at;	/* where we see it */
	enum smtp_outcome outcome;
	bool result, possible_duplicate;
};

static const struct fault_row fault_rows[] = {
	{ "GREETING", SMTP_STEP_GREETING, SMTP_NOT_TRIED, false, false },
	{ "EHLO", SMTP_STEP_EHLO, SMTP_NOT_TRIED, false, false },
	{ "MAIL", SMTP_STEP_MAIL, SMTP_NOT_TRIED, true, false },
	{ "RCPT", SMTP_STEP_RCPT, SMTP_NOT_TRIED, true, false },
	{ "DATA", SMTP_STEP_DATA, SMTP_NOT_TRIED, true, false },
	{ "END", SMTP_STEP_END, SMTP_TEMPORARY, true, true },
};

static void
fault_at(void **state, const char *fault, const struct fault_row *row)
{
	char spec[40];
	struct run r;

	(void)snprintf(spec, sizeof(spec), "%s=%s", fault, row->step);
	prepare(&r, state, spec, LEVEL_NONE);
	if (strcmp(fault, "stall") == 0)
		set_times(&r, SHORT_MS);
	go(&r);
	expect_failure(&r, "connection", "4.4.2", NULL);
	assert_int_equal(r.failure.step, row->at);
	assert_int_equal(r.n_results, row->result);
	assert_int_equal(r.result.outcome, row->outcome);
	assert_int_equal(r.possible_duplicate, row->possible_duplicate);
	assert_int_equal(r.n_delivered, 0);
	assert_true(r.took_ms < SHORT_MS + 2000);
	end(&r);
}

static void
a_server_that_closes_is_left_at_each_step(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(fault_rows); i++)
		fault_at(state, "drop", &fault_rows[i]);
}

static void
a_server_that_stalls_is_left_at_each_step(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(fault_rows); i++)
		fault_at(state, "stall", &fault_rows[i]);
}

static void
tls_that_stalls_is_left(void **state)
{
	static const char *const stalls[] = {
		"tls+stall=STARTTLS", "tls+stall=HANDSHAKE",
	};
	struct run r;

	for (size_t i = 0; i < ARRAY_LEN(stalls); i++) {
		prepare(&r, state, stalls[i], LEVEL_OPPORTUNISTIC);
		r.config.timeout_ms[SMTP_STEP_TLS] = SHORT_MS;
		go(&r);
		expect_failure(&r, "tls", "4.7.5", "validation-failure");
		assert_in_range(r.took_ms, SHORT_MS, SHORT_MS + 2000);
		end(&r);
	}
}

static void
quit_is_not_waited_for_long(void **state)
{
	static const char *const ends[] = { "drop=QUIT", "stall=QUIT" };
	struct run r;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		prepare(&r, state, ends[i], LEVEL_NONE);
		r.config.timeout_ms[SMTP_STEP_QUIT] = SHORT_MS;
		go(&r);
		assert_false(r.failed);
		assert_int_equal(r.n_delivered, 1);
		assert_true(r.took_ms < SHORT_MS + 2000);
		end(&r);
	}
}

static void
a_refused_connection_is_told(void **state)
{
	struct run r;

	prepare(&r, state, "plain", LEVEL_NONE);
	assert_true(net_address_parse(&r.config.to, "127.0.0.1", 1));
	go(&r);
	expect_failure(&r, "connection", "4.4.1", NULL);
	assert_int_equal(r.failure.step, SMTP_STEP_CONNECT);
	assert_non_null(strstr(r.failure.text, strerror(ECONNREFUSED)));
	end(&r);
}

/* One round trip a message: commands and content in one write, then the reply. */
static void
a_thousand_messages_need_a_thousand_round_trips(void **state)
{
	static const char *const servers[] = { "plain", "tls", "tls+chunking" };
	unsigned rounds, messages;
	unsigned long octets;
	struct run r;

	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		prepare(&r, state, servers[i], i > 0 ? LEVEL_MANDATORY :
		    LEVEL_NONE);
		r.n_messages = 1000;
		go(&r);
		assert_false(r.failed);
		assert_int_equal(r.n_delivered, 1000);
		world_counted(r.w, r.spec, &rounds, &messages, &octets);
		while (messages < 1000)
			world_counted(r.w, r.spec, &rounds, &messages, &octets);
		assert_int_equal(messages, 1000);
		assert_int_equal(octets, 64000);
		print_message("%s: %u round trips in %lld ms\n", servers[i],
		    rounds, (long long)r.took_ms);
		assert_in_range(rounds, 1000, 1020);
		end(&r);
	}
}

/* The server reads slowly: content waits for it, in pieces. */
static void
large_content_streams_to_a_slow_server(void **state)
{
	enum { SIZE = 8 * 1024 * 1024 };
	static const char *const servers[] = { "tls", "tls+chunking",
		"tls+slow" };
	unsigned rounds, messages = 0;
	unsigned long octets;
	struct run r;

	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		size_t size = i < 2 ? SIZE : SIZE / 8;

		prepare(&r, state, servers[i], LEVEL_MANDATORY);
		r.size = size;
		go(&r);
		assert_int_equal(r.n_delivered, 1);
		do
			world_counted(r.w, r.spec, &rounds, &messages, &octets);
		while (octets < size);
		assert_int_equal(octets, size);
		end(&r);
	}
}

static void
content_may_come_late(void **state)
{
	struct run r;

	prepare(&r, state, "plain", LEVEL_NONE);
	r.late = true;
	r.size = 100 * 16384;
	go(&r);
	assert_int_equal(r.n_delivered, 1);
	end(&r);
}

static void
without_pipelining_it_goes_step_by_step(void **state)
{
	struct run r;

	prepare(&r, state, "nopipe", LEVEL_NONE);
	r.n_messages = 10;
	go(&r);
	assert_int_equal(r.n_delivered, 10);
	end(&r);
}

static void
give_one_more(void *arg)
{
	struct run *r = arg;

	assert_true(smtp_client_idle(r->client));
	r->n_messages++;
	r->keep = false;
	smtp_client_wake(r->client);
	/* Never from within: the message is taken later. */
	assert_int_equal(r->n_given, 1);
}

static void
an_idle_session_can_be_woken(void **state)
{
	struct loop_timer *timer;
	struct run r;

	prepare(&r, state, "plain", LEVEL_NONE);
	r.keep = true;
	timer = loop_timer_new(r.loop, give_one_more, &r);
	loop_timer_set(timer, 50);
	go(&r);
	assert_false(r.failed);
	assert_int_equal(r.n_delivered, 2);
	loop_timer_free(&timer);
	end(&r);
}

static void
a_server_may_close_an_idle_session(void **state)
{
	struct run r;

	prepare(&r, state, "idle", LEVEL_NONE);
	r.keep = true;
	go(&r);
	assert_true(r.closed);
	assert_false(r.failed);
	assert_int_equal(r.n_delivered, 1);
	end(&r);
}

static void
a_limit_of_messages_leaves_a_warm_host(void **state)
{
	struct run r;

	prepare(&r, state, "after=1", LEVEL_NONE);
	r.n_messages = 2;
	go(&r);
	assert_int_equal(r.n_delivered, 1);
	assert_int_equal(r.result.outcome, SMTP_NOT_TRIED);
	expect_failure(&r, "unexpected-reply", "4.7.0", NULL);
	assert_true(r.failure.warm);
	end(&r);
}

static void
a_client_may_be_freed_in_any_callback(void **state)
{
	struct run r;

	for (int i = 0; i < 3; i++) {
		prepare(&r, state, i == 0 ? "tls" : "plain", i == 0 ?
		    LEVEL_MANDATORY : LEVEL_NONE);
		r.free_in_next = i == 0;
		r.free_in_result = i == 1;
		r.free_in_closed = i == 2;
		go(&r);
		assert_null(r.client);
		assert_int_equal(r.closed, i == 2);
		end(&r);
	}
}

static void
a_client_may_be_freed_at_once(void **state)
{
	struct run r;

	prepare(&r, state, "plain", LEVEL_NONE);
	r.client = smtp_client_start(&r.config);
	smtp_client_free(&r.client);
	r.client = smtp_client_start(&r.config);
	smtp_client_wake(r.client);
	smtp_client_quit(r.client);
	loop_run(r.loop);
	assert_true(r.closed);
	assert_false(r.failed);
	end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_delivered_in_plaintext),
		cmocka_unit_test(the_certificate_is_proved_after_starttls),
		cmocka_unit_test(tls_may_come_first),
		cmocka_unit_test(what_tls_must_prove_is_proved),
		cmocka_unit_test(another_judge_may_be_asked),
		cmocka_unit_test(a_server_that_closes_is_left_at_each_step),
		cmocka_unit_test(a_server_that_stalls_is_left_at_each_step),
		cmocka_unit_test(tls_that_stalls_is_left),
		cmocka_unit_test(quit_is_not_waited_for_long),
		cmocka_unit_test(a_refused_connection_is_told),
		cmocka_unit_test(
		    a_thousand_messages_need_a_thousand_round_trips),
		cmocka_unit_test(large_content_streams_to_a_slow_server),
		cmocka_unit_test(content_may_come_late),
		cmocka_unit_test(without_pipelining_it_goes_step_by_step),
		cmocka_unit_test(an_idle_session_can_be_woken),
		cmocka_unit_test(a_server_may_close_an_idle_session),
		cmocka_unit_test(a_limit_of_messages_leaves_a_warm_host),
		cmocka_unit_test(a_client_may_be_freed_in_any_callback),
		cmocka_unit_test(a_client_may_be_freed_at_once),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("smtp_client", tests,
	    world_set_up, world_tear_down);
}
