/*
 * spool: claims, leases, results, the end of a message, retention.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "spool/query.h"
#include "spool/queue.h"
#include "spool/record.h"
#include "testing.h"

#define NOW INT64_C(1800000000)
#define ADDRESSES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct spool_claim
claim_at(int64_t now, const char *token)
{
	return (struct spool_claim){ .token = token, .now = now, .due_by = now,
	    .lease_s = 60, .max = 100 };
}

/* Claims in a transaction of its own; the jobs are the caller's. */
static size_t
take(struct scratch *s, const struct spool_claim *claim,
    struct spool_job **jobs, bool *more)
{
	size_t n = 0;

	assert_done(s, spool_begin(s->spool, &s->err));
	assert_done(s, spool_claim(s->spool, claim, jobs, &n, more, &s->err));
	assert_done(s, spool_commit(s->spool, &s->err));
	return n;
}

static void
free_jobs(struct spool_job *jobs)
{
	while (jobs != NULL) {
		struct spool_job *next = jobs->next;

		spool_job_free(&jobs);
		jobs = next;
	}
}

static size_t
take_count(struct scratch *s, const struct spool_claim *claim)
{
	struct spool_job *jobs;
	bool more;
	size_t n = take(s, claim, &jobs, &more);

	free_jobs(jobs);
	return n;
}

static enum spool_effect
result(struct scratch *s, const struct spool_result *r)
{
	enum spool_effect effect = SPOOL_LOST;

	assert_done(s, spool_begin(s->spool, &s->err));
	assert_done(s, spool_result_set(s->spool, r, &effect, &s->err));
	assert_done(s, spool_commit(s->spool, &s->err));
	return effect;
}

static void
a_claim_hands_over_message_and_recipients(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");
	struct spool_job *jobs;
	bool more;
	int64_t id;

	id = scratch_message(s, NOW - 5, ADDRESSES("a@y.example", "b@Z.example"));
	(void)scratch_message(s, NOW, ADDRESSES("c@y.example"));
	(void)scratch_message(s, NOW + 1, ADDRESSES("later@y.example"));
	assert_int_equal(take(s, &claim, &jobs, &more), 3);
	assert_false(more);
	assert_int_equal(jobs->message.id, id);
	assert_string_equal(jobs->message.sender, "sender@x.example");
	assert_string_equal(jobs->message.source, "submit");
	assert_string_equal(jobs->message.body_type, "7BIT");
	assert_null(jobs->message.mta_id);
	assert_int_equal(jobs->message.wait_until, -1);
	assert_int_equal(jobs->rcpt_count, 2);
	assert_string_equal(jobs->rcpts[1].address, "b@Z.example");
	assert_string_equal(jobs->rcpts[1].domain, "z.example");
	assert_int_equal(jobs->rcpts[0].attempts, 0);
	assert_int_equal(jobs->rcpts[0].expires_at, -1);
	assert_non_null(jobs->next);
	assert_null(jobs->next->next);
	free_jobs(jobs);
	assert_string_equal(scratch_text(s, "SELECT group_concat(DISTINCT "
	    "state || ' ' || claimed_by || ' ' || claimed_until) "
	    "FROM recipient WHERE claimed_by IS NOT NULL"),
	    "active h/b/1/1 1800000060");
	assert_int_equal(take_count(s, &claim), 0);
}

static void
a_lease_that_ran_out_is_due_again(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");
	int64_t due, count;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_int_equal(take_count(s, &claim), 1);
	assert_done(s, spool_next_due(s->spool, &due, &s->err));
	assert_int_equal(due, NOW + 60);
	claim = claim_at(NOW + 59, "h/b/2/2");
	assert_int_equal(take_count(s, &claim), 0);
	assert_done(s, spool_claims_renew(s->spool, "h/b/1/1", NOW + 90,
	    &s->err));
	claim = claim_at(NOW + 60, "h/b/2/2");
	assert_int_equal(take_count(s, &claim), 0);
	claim = claim_at(NOW + 90, "h/b/2/2");
	assert_int_equal(take_count(s, &claim), 1);
	assert_done(s, spool_claims_release(s->spool, "h/b/1/1", &count,
	    &s->err));
	assert_int_equal(count, 0);
	assert_done(s, spool_claims_release(s->spool, "h/b/2/2", &count,
	    &s->err));
	assert_int_equal(count, 1);
	assert_string_equal(scratch_text(s, "SELECT state FROM recipient"),
	    "queued");
}

/* The clock was 3 days ahead when the lease was given. */
static void
a_lease_from_a_clock_that_was_ahead_is_cut_not_ended(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW + 3 * 86400, "h/b/1/1");

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_int_equal(take_count(s, &claim), 1);
	/* Who holds it may live: it has the time of a lease to renew it. */
	claim = claim_at(NOW, "h/b/2/2");
	assert_int_equal(take_count(s, &claim), 0);
	assert_done(s, spool_claims_renew(s->spool, "h/b/1/1", NOW + 80,
	    &s->err));
	claim = claim_at(NOW + 79, "h/b/2/2");
	assert_int_equal(take_count(s, &claim), 0);
	claim = claim_at(NOW + 80, "h/b/2/2");
	assert_int_equal(take_count(s, &claim), 1);
	/* And nobody renews this one. */
	claim = claim_at(NOW, "h/b/3/3");
	assert_done(s, spool_claims_renew(s->spool, "h/b/2/2",
	    NOW + 3 * 86400, &s->err));
	assert_int_equal(take_count(s, &claim), 0);
	claim = claim_at(NOW + 60, "h/b/3/3");
	assert_int_equal(take_count(s, &claim), 1);
}

struct far_case {
	const char *what, *change;	/* of recipient 1, or its message */
	bool due;
};

static const struct far_case far_cases[] = {
	{ "deferred within the longest interval", "UPDATE recipient SET "
	    "state = 'deferred', attempts = 1, "
	    "next_attempt_at = 1800000000 + 4 * 3600", false },
	{ "deferred beyond it", "UPDATE recipient SET state = 'deferred', "
	    "attempts = 1, next_attempt_at = 1800000001 + 4 * 3600", true },
	{ "waits for its domain, beyond it", "UPDATE recipient SET "
	    "last_error = 'connection', next_attempt_at = 1900000000", true },
	{ "from the future", "UPDATE message SET received_at = 1900000000; "
	    "UPDATE recipient SET next_attempt_at = 1900000000", true },
	{ "never tried, put there by somebody", "UPDATE recipient SET "
	    "next_attempt_at = 1900000000", false },
	{ "held", "UPDATE recipient SET state = 'held', attempts = 1, "
	    "next_attempt_at = 1900000000", false },
};

/* The longest interval of a schedule is 4 hours. */
static void
what_no_schedule_can_have_set_is_due(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");

	claim.longest_wait_s = INT64_C(4) * 3600;
	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	for (size_t i = 0; i < ARRAY_LEN(far_cases); i++) {
		const struct far_case *c = &far_cases[i];

		assert_string_equal(scratch_sql(s, c->change), "");
		if (take_count(s, &claim) != (c->due ? 1 : 0))
			fail_msg("%s", c->what);
		assert_string_equal(scratch_sql(s, "UPDATE recipient SET "
		    "claimed_by = NULL, claimed_until = NULL, state = 'queued', "
		    "attempts = 0, last_error = NULL, next_attempt_at = "
		    "1800000000; UPDATE message SET received_at = 1800000000"),
		    "");
	}
	/* Nothing is known of the schedules: nothing is cut. */
	claim.longest_wait_s = 0;
	assert_string_equal(scratch_sql(s, far_cases[1].change), "");
	assert_int_equal(take_count(s, &claim), 0);
}

static void
a_wait_of_the_milter_is_an_hour_at_most(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_string_equal(scratch_sql(s, "UPDATE message SET wait_until = "
	    "1800003600"), "");
	(void)take_count(s, &claim);
	assert_int_equal(scratch_number(s, "SELECT wait_until FROM message"),
	    NOW + 3600);
	assert_string_equal(scratch_sql(s, "UPDATE message SET wait_until = "
	    "1900000000"), "");
	(void)take_count(s, &claim);
	assert_int_equal(scratch_number(s, "SELECT wait_until FROM message"),
	    NOW + 3600);
}

static void
a_released_recipient_is_due_when_said(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");
	int64_t due;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_int_equal(take_count(s, &claim), 1);
	assert_done(s, spool_claim_release(s->spool, 1, "h/b/9/9", NOW + 7,
	    &s->err));
	assert_string_equal(scratch_text(s, "SELECT state FROM recipient"),
	    "active");
	assert_done(s, spool_claim_release(s->spool, 1, "h/b/1/1", NOW + 7,
	    &s->err));
	assert_done(s, spool_next_due(s->spool, &due, &s->err));
	assert_int_equal(due, NOW + 7);
	claim.due_by = INT64_MAX;
	assert_int_equal(take_count(s, &claim), 1);
}

static bool
room_for_ten_of_big(void *ctx, const char *domain, size_t taken)
{
	(void)ctx;
	return strcmp(domain, "big.example") != 0 || taken < 10;
}

static bool
no_room_in_big(void *ctx, const char *domain, size_t taken)
{
	(void)ctx;
	(void)taken;
	return strcmp(domain, "big.example") != 0;
}

static void
one_domain_cannot_fill_the_claim(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");
	struct spool_job *jobs;
	bool more = false;
	size_t n = 0, calls = 0;

	/* More due rows of one domain than one call looks at. */
	assert_string_equal(scratch_sql(s,
	    "INSERT INTO message (sender, size) VALUES ('', 1);"
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i < 45000) INSERT INTO recipient (message_id, address, "
	    "domain, next_attempt_at) SELECT 1, 'u@big.example', "
	    "'big.example', 1000 FROM n;"
	    "INSERT INTO recipient (message_id, address, domain, "
	    "next_attempt_at) VALUES (1, 'a@small.example', 'small.example', "
	    "2000)"), "");
	claim.domain_has_room = room_for_ten_of_big;
	assert_int_equal(take(s, &claim, &jobs, &more), 10);
	assert_true(more);
	free_jobs(jobs);
	claim.domain_has_room = no_room_in_big;
	while (n == 0 && calls < 5) {
		n = take(s, &claim, &jobs, &more);
		if (n > 0)
			assert_string_equal(jobs->rcpts[0].domain,
			    "small.example");
		free_jobs(jobs);
		calls++;
	}
	assert_int_equal(n, 1);
	assert_in_range(calls, 2, 3);
	/* From the start again, where there is room now. */
	claim.domain_has_room = NULL;
	claim.max = 30;
	assert_int_equal(take_count(s, &claim), 30);
}

static void
filters_narrow_the_claim(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");
	struct spool_job *jobs;
	bool more;
	int64_t id;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example", "a@z.example"));
	id = scratch_message(s, NOW, ADDRESSES("b@y.example", "b@z.example"));
	claim.message_ids = &id;
	claim.message_count = 1;
	claim.domains = ADDRESSES("z.example", "y.example");
	claim.domain_count = 1;
	assert_int_equal(take(s, &claim, &jobs, &more), 1);
	assert_string_equal(jobs->rcpts[0].address, "b@z.example");
	free_jobs(jobs);
	claim.message_ids = NULL;
	claim.domain_count = 2;
	claim.max = 2;
	assert_int_equal(take(s, &claim, &jobs, &more), 2);
	assert_true(more);
	free_jobs(jobs);
	assert_int_equal(take(s, &claim, &jobs, &more), 1);
	assert_false(more);
	free_jobs(jobs);
}

static void
results_are_recorded_while_the_lease_holds(void **state)
{
	static const struct {
		const char *why;
		const char *setup;	/* what others did meanwhile */
		enum spool_outcome outcome;
		enum spool_effect effect;
		const char *row;
	} rows[] = {
		{ "delivered", "SELECT 1", SPOOL_DELIVERED, SPOOL_RECORDED,
		  "delivered 1 2.0.0 0" },
		{ "deferred counts a TLS failure", "SELECT 1", SPOOL_DEFERRED,
		  SPOOL_RECORDED, "deferred 1 4.7.5 1" },
		{ "failed", "SELECT 1", SPOOL_FAILED, SPOOL_RECORDED,
		  "failed 1 5.7.5 1" },
		{ "expired", "SELECT 1", SPOOL_EXPIRED, SPOOL_RECORDED,
		  "expired 1 4.4.7 1" },
		{ "another one has the lease: a failure is not ours to record",
		  "UPDATE recipient SET claimed_by = 'h/b/2/2'", SPOOL_FAILED,
		  SPOOL_LOST, "active 0 - 0" },
		{ "a 2xx is the truth whoever has the lease",
		  "UPDATE recipient SET claimed_by = 'h/b/2/2'",
		  SPOOL_DELIVERED, SPOOL_RECORDED_LATE, "delivered 1 2.0.0 0" },
		{ "a 2xx wins over a deletion meanwhile",
		  "UPDATE recipient SET state = 'deleted', finished_at = 1, "
		  "claimed_by = NULL, claimed_until = NULL", SPOOL_DELIVERED,
		  SPOOL_RECORDED_LATE, "delivered 1 2.0.0 0" },
		{ "delivered twice is recorded once",
		  "UPDATE recipient SET state = 'delivered', finished_at = 1, "
		  "status = '2.1.5', claimed_by = NULL, claimed_until = NULL",
		  SPOOL_DELIVERED, SPOOL_LOST, "delivered 0 2.1.5 0" },
		{ "taken back and queued: a deferral is lost",
		  "UPDATE recipient SET state = 'queued', claimed_by = NULL, "
		  "claimed_until = NULL", SPOOL_DEFERRED, SPOOL_LOST,
		  "queued 0 - 0" },
		{ "purged: nothing to record", "DELETE FROM recipient",
		  SPOOL_DELIVERED, SPOOL_LOST, "" },
	};
	static const char *const statuses[] = {
		[SPOOL_DEFERRED] = "4.7.5", [SPOOL_FAILED] = "5.7.5",
		[SPOOL_EXPIRED] = "4.4.7", [SPOOL_DELIVERED] = "2.0.0",
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spool_claim claim = claim_at(NOW, "h/b/1/1");
		struct spool_result r = {
			.token = "h/b/1/1", .outcome = rows[i].outcome,
			.now = NOW + 3, .next_attempt_at = NOW + 120,
			.expires_at = NOW + 500, .last_attempt_id = -1,
			.last_error = rows[i].outcome == SPOOL_DELIVERED ?
			    NULL : "tls",
			.status = statuses[rows[i].outcome],
		};
		enum spool_effect effect;
		const char *row;

		assert_string_equal(scratch_sql(s, "DELETE FROM recipient"),
		    "");
		(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
		assert_int_equal(take_count(s, &claim), 1);
		r.recipient_id = scratch_number(s, "SELECT id FROM recipient");
		assert_string_equal(scratch_sql(s, rows[i].setup), "");
		effect = result(s, &r);
		row = scratch_text(s, "SELECT state || ' ' || attempts || ' ' "
		    "|| coalesce(status, '-') || ' ' || tls_failures "
		    "FROM recipient");
		if (effect != rows[i].effect || strcmp(row, rows[i].row) != 0)
			fail_msg("%s: effect %d, %s", rows[i].why, effect, row);
	}
}

static void
the_last_final_recipient_ends_the_message(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");
	struct spool_result r = { .recipient_id = 1, .token = "h/b/1/1",
	    .outcome = SPOOL_DELIVERED, .now = NOW, .expires_at = -1,
	    .last_attempt_id = -1, .status = "2.0.0" };
	int64_t count;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example", "b@y.example"));
	assert_int_equal(take_count(s, &claim), 2);
	assert_int_equal(result(s, &r), SPOOL_RECORDED);
	assert_done(s, spool_message_finish(s->spool, 1, NOW, &s->err));
	assert_false(scratch_finished(s));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 1);
	r.recipient_id = 2;
	r.outcome = SPOOL_FAILED;
	r.status = "5.1.1";
	assert_int_equal(result(s, &r), SPOOL_RECORDED);
	assert_string_equal(scratch_sql(s,
	    "UPDATE message SET wait_until = 1800000010"), "");
	assert_done(s, spool_message_finish(s->spool, 1, NOW, &s->err));
	assert_false(scratch_finished(s)); /* the milter waits */
	assert_done(s, spool_wait_over(s->spool, NOW, &count, &s->err));
	assert_int_equal(count, -1);
	assert_done(s, spool_wait_over(s->spool, NOW + 10, &count, &s->err));
	assert_int_equal(count, 1);
	assert_done(s, spool_wait_clear(s->spool, 1, &s->err));
	assert_done(s, spool_message_finish(s->spool, 1, NOW + 10,
	    &s->err));
	assert_true(scratch_finished(s));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 0);
	assert_int_equal(scratch_number(s, "SELECT finished_at FROM message"),
	    NOW + 10);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM history"), 2);
}

static void
attempts_and_sessions_are_the_evidence(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");
	struct spool_session session = { .started_at = NOW,
	    .mx = "mx.y.example", .address = "192.0.2.1", .tls = "pkix",
	    .protocol = "TLSv1.3", .cipher = "TLS_CHACHA20_POLY1305_SHA256",
	    .cert_not_after = NOW + 1000 };
	struct spool_attempt attempt = { .message_id = 1, .recipient_id = 1,
	    .domain = "y.example", .started_at = NOW, .duration_ms = 12,
	    .strategy = "default", .mx = "mx.y.example",
	    .level = "opportunistic", .facts = "{\"mx\":\"secure\"}",
	    .outcome = "delivered", .status = "2.0.0", .reply = "250 \033" };
	struct spool_result r = { .recipient_id = 1, .token = "h/b/1/1",
	    .outcome = SPOOL_DELIVERED, .now = NOW, .expires_at = -1,
	    .status = "2.0.0", .reply = "250 \xc2\x9b" };
	enum spool_effect effect;
	int64_t count;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_int_equal(take_count(s, &claim), 1);
	assert_done(s, spool_begin(s->spool, &s->err));
	assert_done(s, spool_session_add(s->spool, &session,
	    &attempt.session_id, &s->err));
	assert_done(s, spool_attempt_add(s->spool, &attempt,
	    &r.last_attempt_id, &s->err));
	assert_done(s, spool_result_set(s->spool, &r, &effect, &s->err));
	assert_done(s, spool_message_finish(s->spool, 1, NOW, &s->err));
	assert_done(s, spool_commit(s->spool, &s->err));
	assert_string_equal(scratch_text(s, "SELECT state || ' ' || mx || ' ' "
	    "|| tls || ' ' || dane || ' ' || protocol || ' ' || strategy "
	    "FROM history"),
	    "delivered mx.y.example pkix none TLSv1.3 default");
	assert_string_equal(scratch_text(s, "SELECT a.reply || r.reply FROM "
	    "attempt a, recipient r"), "250 ?250 ??");
	assert_string_equal(scratch_text(s, "SELECT domain || ' ' || tls || "
	    "' ' || recipients FROM tls_by_domain"), "y.example pkix 1");
	/* Retention takes all of it. */
	assert_done(s, spool_purge(s->spool, NOW, 10, &count, &s->err));
	assert_int_equal(count, 0);
	assert_done(s, spool_purge(s->spool, NOW + 1, 10, &count, &s->err));
	assert_int_equal(count, 1);
	assert_int_equal(scratch_number(s, "SELECT (SELECT count(*) FROM "
	    "message) + (SELECT count(*) FROM recipient) + (SELECT count(*) "
	    "FROM attempt) + (SELECT count(*) FROM session)"), 0);
	assert_done(s, spool_shrink(s->spool, 4, &s->err));
}

static void
messages_finished_by_hand_are_swept_up(void **state)
{
	struct scratch *s = *state;
	int64_t cursor = 0;
	int calls = 0;

	for (int i = 0; i < 5; i++)
		(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_string_equal(scratch_sql(s, "UPDATE recipient SET "
	    "state = 'deleted', finished_at = 5 WHERE message_id > 2"), "");
	do {
		assert_done(s, spool_begin(s->spool, &s->err));
		assert_done(s, spool_finish_strays(s->spool, NOW, 2, &cursor,
		    &s->err));
		assert_done(s, spool_commit(s->spool, &s->err));
	} while (cursor != 0 && ++calls < 9);
	assert_string_equal(scratch_text(s, "SELECT group_concat(message_id) "
	    "FROM content"), "1,2");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message "
	    "WHERE finished_at = 1800000000"), 3);
}

static void
a_domain_fails_since_its_first_failure(void **state)
{
	struct scratch *s = *state;
	struct spool_domain_status d = { .domain = "y.example", .at = NOW,
	    .error = "tls", .status = "4.7.5", .reply = "no",
	    .result_type = "certificate-expired" };

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_done(s, spool_domain_status_set(s->spool, &d, &s->err));
	d.at = NOW + 10;
	assert_done(s, spool_domain_status_set(s->spool, &d, &s->err));
	assert_string_equal(scratch_text(s, "SELECT failing_since || ' ' || "
	    "last_attempt_at FROM domain_status"), "1800000000 1800000010");
	assert_string_equal(scratch_text(s, "SELECT since || ' ' || "
	    "result_type || ' ' || waiting FROM problems"),
	    "2027-01-15T08:00:00Z certificate-expired 1");
	d = (struct spool_domain_status){ .domain = "y.example",
	    .at = NOW + 20, .delivered = true, .tls = "pkix" };
	assert_done(s, spool_domain_status_set(s->spool, &d, &s->err));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM problems"),
	    0);
	assert_string_equal(scratch_text(s, "SELECT last_delivered_at || ' ' "
	    "|| tls FROM domain_status"), "1800000020 pkix");
}

static void
a_domain_is_forgotten_when_nothing_is_tried_or_waits(void **state)
{
	struct scratch *s = *state;
	char *cursor = NULL;
	int slices = 0;

	(void)scratch_message(s, NOW, ADDRESSES("a@waits.example"));
	assert_string_equal(scratch_sql(s, "INSERT INTO domain_status "
	    "(domain, last_attempt_at, failing_since, last_error) VALUES "
	    "('gone.example', 999, 9, 'tls'), ('waits.example', 9, 9, 'tls'), "
	    "('recent.example', 1000, 9, 'tls'), ('well.example', 9, NULL, "
	    "NULL), ('never.example', NULL, NULL, NULL)"), "");
	do
		assert_done(s, spool_purge_domains(s->spool, 1000, 2, &cursor,
		    &s->err));
	while (++slices < 9 && cursor != NULL);
	assert_int_equal(slices, 3);
	assert_string_equal(scratch_text(s, "SELECT group_concat(domain) FROM "
	    "(SELECT domain FROM domain_status ORDER BY domain)"),
	    "recent.example,waits.example");
}

static void
only_what_fails_now_is_a_problem(void **state)
{
	struct scratch *s = *state;

	(void)scratch_message(s, NOW, ADDRESSES("a@waits.example"));
	assert_string_equal(scratch_sql(s, "INSERT INTO domain_status "
	    "(domain, last_attempt_at, failing_since, last_error) VALUES "
	    "('gone.example', unixepoch() - 90000, 9, 'tls'), "
	    "('waits.example', unixepoch() - 90000, 9, 'tls'), "
	    "('recent.example', unixepoch() - 80000, 9, 'tls'), "
	    "('well.example', unixepoch(), NULL, NULL)"), "");
	assert_string_equal(scratch_text(s, "SELECT group_concat(domain || "
	    "waiting) FROM (SELECT * FROM problems ORDER BY domain)"),
	    "recent.example0,waits.example1");
}

/* As the sqlite3 shell does, with foreign keys off. */
static void
a_message_deleted_by_hand_takes_its_parts_along(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example", "b@y.example"));
	(void)scratch_message(s, NOW, ADDRESSES("stays@y.example"));
	assert_string_equal(scratch_sql(s,
	    "DELETE FROM message WHERE id = 1"), "");
	assert_string_equal(scratch_text(s, "SELECT group_concat(address) "
	    "FROM recipient"), "stays@y.example");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content "
	    "WHERE message_id = 1"), 0);
	assert_int_equal(take_count(s, &claim), 1);
}

/* What was left so before there were triggers is dropped, and holds nobody up. */
static void
a_recipient_without_a_message_is_dropped(void **state)
{
	struct scratch *s = *state;
	struct spool_claim claim = claim_at(NOW, "h/b/1/1");

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	(void)scratch_message(s, NOW, ADDRESSES("b@y.example"));
	assert_string_equal(scratch_sql(s, "DROP TRIGGER message_deleted; "
	    "DELETE FROM message WHERE id = 1"), "");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM recipient"),
	    2);
	assert_int_equal(take_count(s, &claim), 1);
	assert_string_equal(scratch_text(s, "SELECT group_concat(address || "
	    "state) FROM recipient"), "b@y.exampleactive");
}

#define SPOOL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(a_claim_hands_over_message_and_recipients),
		SPOOL_TEST(a_lease_that_ran_out_is_due_again),
		SPOOL_TEST(a_lease_from_a_clock_that_was_ahead_is_cut_not_ended),
		SPOOL_TEST(what_no_schedule_can_have_set_is_due),
		SPOOL_TEST(a_wait_of_the_milter_is_an_hour_at_most),
		SPOOL_TEST(a_released_recipient_is_due_when_said),
		SPOOL_TEST(one_domain_cannot_fill_the_claim),
		SPOOL_TEST(filters_narrow_the_claim),
		SPOOL_TEST(results_are_recorded_while_the_lease_holds),
		SPOOL_TEST(the_last_final_recipient_ends_the_message),
		SPOOL_TEST(attempts_and_sessions_are_the_evidence),
		SPOOL_TEST(messages_finished_by_hand_are_swept_up),
		SPOOL_TEST(a_domain_fails_since_its_first_failure),
		SPOOL_TEST(a_domain_is_forgotten_when_nothing_is_tried_or_waits),
		SPOOL_TEST(only_what_fails_now_is_a_problem),
		SPOOL_TEST(a_message_deleted_by_hand_takes_its_parts_along),
		SPOOL_TEST(a_recipient_without_a_message_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
