/*
 * spool: the administrator's changes, also to what a runner has claimed.
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
#include "spool/admin.h"
#include "spool/message.h"
#include "spool/insert.h"
#include "spool/queue.h"
#include "spool/record.h"
#include "testing.h"

#define NOW INT64_C(1800000000)
#define ADDRESSES(...) ((const char *const[]){ __VA_ARGS__, NULL })

enum { FOUND_MAX = 2000 };

struct found_list {
	struct spool_target targets[FOUND_MAX];
	size_t count;
	char text[256];		/* "address/state address/state " */
};

static void
remember(void *ctx, const struct spool_found *f)
{
	struct found_list *l = ctx;
	size_t used = strlen(l->text);

	assert_true(l->count < FOUND_MAX);
	l->targets[l->count++] = (struct spool_target){ .id = f->id,
	    .message_id = f->message_id };
	(void)snprintf(l->text + used, sizeof(l->text) - used, "%s/%s ",
	    f->address, f->state);
}

static struct found_list *
find(struct scratch *s, const struct spool_selector *selector)
{
	struct found_list *l = mem_zalloc(sizeof(*l));

	assert_done(s, spool_select(s->spool, selector, remember, l,
	    &s->err));
	return l;
}

static struct spool_changed
act_on_all(struct scratch *s, enum spool_action action)
{
	struct found_list *l = find(s, &(struct spool_selector){ 0 });
	struct spool_changed c;

	assert_done(s, spool_act(s->spool, action, l->targets, l->count,
	    NOW + 50, &c, &s->err));
	free(l);
	return c;
}

static void
selectors_take_what_they_name(void **state)
{
	static const int64_t first[] = { 1 }, both[] = { 1, 2 };
	static const struct {
		const char *why;
		struct spool_selector selector;
		const char *found;
	} rows[] = {
		{ "none is all, oldest first, final ones never", { 0 },
		  "a@y.example/queued b@z.example/held a@z.example/queued "
		  "c@y.example/queued " },
		{ "a message", { .messages = first, .message_count = 1 },
		  "a@y.example/queued b@z.example/held " },
		{ "messages", { .messages = both, .message_count = 2 },
		  "a@y.example/queued b@z.example/held a@z.example/queued " },
		{ "a domain", { .domain = "z.example" },
		  "b@z.example/held a@z.example/queued " },
		{ "a domain of a message", { .domain = "z.example",
		  .messages = first, .message_count = 1 },
		  "b@z.example/held " },
		{ "a domain above another is another",
		  { .domain = "example" }, "" },
		{ "a sender, whatever its case", { .sender =
		  "Other@X.example" }, "c@y.example/queued " },
		{ "the null sender", { .sender = "" },
		  "a@z.example/queued " },
		{ "no pattern", { .sender = "%" }, "" },
		{ "no SQL", { .domain = "' OR '1'='1" }, "" },
		{ "all conditions at once", { .sender = "sender@x.example",
		  .domain = "y.example", .messages = both,
		  .message_count = 2 }, "a@y.example/queued " },
	};
	struct scratch *s = *state;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example", "b@z.example"));
	(void)scratch_message(s, NOW, ADDRESSES("a@z.example", "d@z.example"));
	(void)scratch_message(s, NOW, ADDRESSES("c@y.example"));
	assert_string_equal(scratch_sql(s, "UPDATE recipient SET state = "
	    "'held' WHERE id = 2; UPDATE recipient SET state = 'expired', "
	    "finished_at = 1 WHERE id = 4; UPDATE message SET sender = '' "
	    "WHERE id = 2; UPDATE message SET sender = 'other@x.example' "
	    "WHERE id = 3"), "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct found_list *l = find(s, &rows[i].selector);

		if (strcmp(l->text, rows[i].found) != 0)
			fail_msg("%s: found %s", rows[i].why, l->text);
		free(l);
	}
}

static void
a_message_that_is_not_there_stops_all(void **state)
{
	static const int64_t ids[] = { 1, 7 };
	struct scratch *s = *state;
	struct found_list *l = mem_zalloc(sizeof(*l));

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_false(spool_select(s->spool, &(struct spool_selector){
	    .messages = ids, .message_count = 2 }, remember, l, &s->err));
	assert_int_equal(s->err.code, EX_NOINPUT);
	assert_non_null(strstr(s->err.text, "message 7"));
	assert_int_equal(l->count, 0);
	free(l);
}

/* Each row is a recipient in one state, and what each action makes of it. */
static void
each_action_on_each_state(void **state)
{
	static const char *const setups[] = { "SELECT 1",
		("UPDATE recipient SET state = 'active', claimed_by = "
		"'h/b/1/1', claimed_until = 1800000900"),
		"UPDATE recipient SET state = 'deferred', attempts = 2",
		"UPDATE recipient SET state = 'held'",
		"UPDATE recipient SET state = 'held', attempts = 2",
		"UPDATE recipient SET state = 'failed', finished_at = 1" };
	/* state, next_attempt_at - NOW, finished_at - NOW */
	static const char *const after[ARRAY_LEN(setups)][SPOOL_ACTION_COUNT] = {
		{ "queued 50 -", "held 99 -", "queued 99 -", "deleted 99 50",
		  "failed 99 50" },
		{ "active 99 -", "held 900 -", "active 99 -", "deleted 99 50",
		  "failed 99 50" },
		{ "deferred 50 -", "held 99 -", "deferred 99 -",
		  "deleted 99 50", "failed 99 50" },
		{ "held 99 -", "held 99 -", "queued 99 -", "deleted 99 50",
		  "failed 99 50" },
		{ "held 99 -", "held 99 -", "deferred 99 -", "deleted 99 50",
		  "failed 99 50" },
		{ "failed 99 -1799999999", "failed 99 -1799999999",
		  "failed 99 -1799999999", "failed 99 -1799999999",
		  "failed 99 -1799999999" },
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(setups); i++)
		for (int a = 0; a < SPOOL_ACTION_COUNT; a++) {
			struct spool_target t;
			struct spool_changed c;
			const char *got;

			assert_string_equal(scratch_sql(s, "PRAGMA "
			    "foreign_keys = ON; DELETE FROM message"), "");
			t.message_id = scratch_message(s, NOW + 99,
			    ADDRESSES("a@y.example"));
			t.id = scratch_number(s, "SELECT id FROM recipient");
			assert_string_equal(scratch_sql(s, setups[i]), "");
			assert_done(s, spool_act(s->spool,
			    (enum spool_action)a, &t, 1, NOW + 50, &c,
			    &s->err));
			got = scratch_text(s, "SELECT state || ' ' || "
			    "(next_attempt_at - 1800000000) || ' ' || "
			    "coalesce(finished_at - 1800000000, '-') "
			    "FROM recipient");
			if (strcmp(got, after[i][a]) != 0)
				fail_msg("setup %zu, action %d: %s", i, a, got);
			assert_int_equal(c.recipients + c.left, 1);
			assert_int_equal(c.messages, c.recipients);
		}
}

static void
a_message_ends_with_its_last_recipient(void **state)
{
	struct scratch *s = *state;
	struct spool_changed c;
	struct spool_target t = { .id = 1, .message_id = 1 };

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example", "b@y.example"));
	assert_done(s, spool_act(s->spool, SPOOL_DELETE, &t, 1, NOW + 50, &c,
	    &s->err));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 1);
	t.id = 2;
	assert_done(s, spool_act(s->spool, SPOOL_DELETE, &t, 1, NOW + 50, &c,
	    &s->err));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 0);
	assert_int_equal(scratch_number(s, "SELECT finished_at FROM message"),
	    NOW + 50);
}

static void
a_bounce_owes_a_notice(void **state)
{
	static const struct {
		const char *why, *setup;
		const char *row;	/* dsn_owed, finished_at, content */
	} rows[] = {
		{ "content is kept for it", "SELECT 1", "failed,failed - 1" },
		{ "never for a null sender (RFC 5321 4.5.5)",
		  "UPDATE message SET sender = ''", "-,- 1800000050 0" },
		{ "only to who wants to know",
		  "UPDATE recipient SET notify = iif(address = 'a@y.example', "
		  "'NEVER', 'SUCCESS,FAILURE,DELAY')", "-,failed - 1" },
		{ "delay is not failure",
		  "UPDATE recipient SET notify = 'SUCCESS,DELAY'",
		  "-,- 1800000050 0" },
		{ "a milter that waits ends the message",
		  "UPDATE message SET sender = '', wait_until = 1800000099",
		  "-,- - 1" },
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *row;

		assert_string_equal(scratch_sql(s, "PRAGMA foreign_keys = ON; "
		    "DELETE FROM message"), "");
		(void)scratch_message(s, NOW, ADDRESSES("a@y.example",
		    "b@y.example"));
		assert_string_equal(scratch_sql(s, rows[i].setup), "");
		assert_int_equal(act_on_all(s, SPOOL_BOUNCE).recipients, 2);
		row = scratch_text(s, "SELECT (SELECT group_concat(coalesce("
		    "dsn_owed, '-')) FROM recipient) || "
		    "' ' || coalesce(finished_at, '-') || ' ' || "
		    "(SELECT count(*) FROM content) FROM message");
		if (strcmp(row, rows[i].row) != 0)
			fail_msg("%s: %s", rows[i].why, row);
		assert_string_equal(scratch_text(s, "SELECT group_concat("
		    "DISTINCT state || ' ' || status || ' ' || attempts) "
		    "FROM recipient"), "failed 5.0.0 0");
	}
}

/*
 * What the runner does with a recipient that was taken from it: nothing of it
 * brings the recipient back, and a 2xx is the truth.
 */
static void
a_runner_cannot_take_it_back(void **state)
{
	static const struct {
		const char *why;
		enum spool_action action;
		enum spool_outcome outcome;
		enum spool_effect effect;
		const char *state;
	} rows[] = {
		{ "deleted, then deferred", SPOOL_DELETE, SPOOL_DEFERRED,
		  SPOOL_LOST, "deleted" },
		{ "deleted, then refused", SPOOL_DELETE, SPOOL_FAILED,
		  SPOOL_LOST, "deleted" },
		{ "deleted, but delivered", SPOOL_DELETE, SPOOL_DELIVERED,
		  SPOOL_RECORDED_LATE, "delivered" },
		{ "returned, then deferred", SPOOL_BOUNCE, SPOOL_DEFERRED,
		  SPOOL_LOST, "failed" },
		{ "returned, but delivered", SPOOL_BOUNCE, SPOOL_DELIVERED,
		  SPOOL_RECORDED_LATE, "delivered" },
		{ "held, then deferred", SPOOL_HOLD, SPOOL_DEFERRED,
		  SPOOL_LOST, "held" },
		{ "held, then expired", SPOOL_HOLD, SPOOL_EXPIRED,
		  SPOOL_LOST, "held" },
		{ "held, but delivered", SPOOL_HOLD, SPOOL_DELIVERED,
		  SPOOL_RECORDED_LATE, "delivered" },
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct spool_claim claim = { .token = "h/b/1/1",
			.now = NOW, .due_by = NOW, .lease_s = 900,
			.max = 10 };
		struct spool_result r = { .token = "h/b/1/1",
			.outcome = rows[i].outcome, .now = NOW + 60,
			.next_attempt_at = NOW + 120, .expires_at = -1,
			.last_attempt_id = -1 };
		struct spool_job *jobs;
		enum spool_effect effect;
		int64_t count;
		size_t n;
		bool more, holds;

		assert_string_equal(scratch_sql(s, "PRAGMA foreign_keys = ON; "
		    "DELETE FROM message"), "");
		(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
		assert_done(s, spool_begin(s->spool, &s->err));
		assert_done(s, spool_claim(s->spool, &claim, &jobs, &n, &more,
		    &s->err));
		assert_done(s, spool_commit(s->spool, &s->err));
		assert_int_equal(n, 1);
		r.recipient_id = jobs->rcpts[0].id;
		assert_done(s, spool_claim_holds(s->spool, r.recipient_id,
		    "h/b/1/1", &holds, &s->err));
		assert_true(holds);
		assert_done(s, spool_claim_holds(s->spool, r.recipient_id,
		    "h/b/2/2", &holds, &s->err));
		assert_false(holds);
		assert_int_equal(act_on_all(s, rows[i].action).in_delivery, 1);
		assert_done(s, spool_claim_holds(s->spool, r.recipient_id,
		    "h/b/1/1", &holds, &s->err));
		assert_false(holds);
		assert_done(s, spool_begin(s->spool, &s->err));
		assert_done(s, spool_claims_renew(s->spool, "h/b/1/1",
		    NOW + 5000, &s->err));
		assert_done(s, spool_claim_release(s->spool, r.recipient_id,
		    "h/b/1/1", NOW, &s->err));
		assert_done(s, spool_result_set(s->spool, &r, &effect,
		    &s->err));
		assert_done(s, spool_message_finish(s->spool,
		    jobs->message.id, NOW + 60, &s->err));
		assert_done(s, spool_claims_release(s->spool, "h/b/1/1",
		    &count, &s->err));
		assert_int_equal(count, 0);
		assert_done(s, spool_commit(s->spool, &s->err));
		spool_job_free(&jobs);
		if (effect != rows[i].effect || strcmp(scratch_text(s,
		    "SELECT state FROM recipient"), rows[i].state) != 0)
			fail_msg("%s: effect %d, %s", rows[i].why, effect,
			    scratch_text(s, "SELECT state FROM recipient"));
	}
}

static void
many_recipients_take_several_transactions(void **state)
{
	struct scratch *s = *state;
	struct spool_changed c;

	assert_string_equal(scratch_sql(s,
	    "INSERT INTO message (sender, size) VALUES ('', 1), ('', 1);"
	    "INSERT INTO content (message_id, seq, data) VALUES (1, 0, x'78'), "
	    "(2, 0, x'78');"
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i < 1300) INSERT INTO recipient (message_id, address, "
	    "domain) SELECT 1 + (i > 700), 'u' || i || '@y.example', "
	    "'y.example' FROM n"), "");
	c = act_on_all(s, SPOOL_DELETE);
	assert_int_equal(c.recipients, 1300);
	assert_int_equal(c.messages, 2);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 0);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message "
	    "WHERE finished_at = 1800000050"), 2);
}

/* The message was taken from the runner that sends it: no final dot may come. */
static void
content_that_vanishes_is_no_end(void **state)
{
	struct scratch *s = *state;
	struct buf piece = BUF_INIT;
	bool found = true;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_done(s, spool_content_read(s->spool, 1, 0, &piece, &found, NULL,
	    &s->err));
	assert_true(found);
	assert_done(s, spool_content_read(s->spool, 1, 1, &piece, &found, NULL,
	    &s->err));
	assert_false(found);
	(void)act_on_all(s, SPOOL_DELETE);
	assert_false(spool_content_read(s->spool, 1, 1, &piece, &found, NULL,
	    &s->err));
	assert_int_equal(s->err.code, EX_NOINPUT);
	assert_done(s, spool_content_read(s->spool, 1, 0, &piece, &found, NULL,
	    &s->err));
	assert_false(found);
	buf_free(&piece);
}

#define SPOOL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(selectors_take_what_they_name),
		SPOOL_TEST(a_message_that_is_not_there_stops_all),
		SPOOL_TEST(each_action_on_each_state),
		SPOOL_TEST(a_message_ends_with_its_last_recipient),
		SPOOL_TEST(a_bounce_owes_a_notice),
		SPOOL_TEST(a_runner_cannot_take_it_back),
		SPOOL_TEST(many_recipients_take_several_transactions),
		SPOOL_TEST(content_that_vanishes_is_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
