/*
 * spool: the mark of a DSN that is owed, from the result to the DSN
 * (doc/spool-states.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "spool/owed.h"
#include "spool/queue.h"
#include "spool/record.h"
#include "testing.h"

#define NOW INT64_C(1800000000)
#define ADDRESSES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char token[] = "h/b/1/1";

static void
claim_all(struct scratch *s)
{
	const struct spool_claim claim = { .token = token, .now = NOW,
		.due_by = NOW, .lease_s = 60, .max = 100 };
	struct spool_job *jobs, *next;
	size_t n;
	bool more;

	assert_done(s, spool_begin(s->spool, &s->err));
	assert_done(s, spool_claim(s->spool, &claim, &jobs, &n, &more,
	    &s->err));
	assert_done(s, spool_commit(s->spool, &s->err));
	for (; jobs != NULL; jobs = next) {
		next = jobs->next;
		spool_job_free(&jobs);
	}
}

/* Records a result and ends the message if it can end. */
static bool
settle(struct scratch *s, int64_t rcpt, enum spool_outcome outcome,
    const char *owed)
{
	enum spool_effect effect;

	assert_done(s, spool_begin(s->spool, &s->err));
	assert_done(s, spool_result_set(s->spool, &(struct spool_result){
	    .recipient_id = rcpt, .token = token, .outcome = outcome,
	    .now = NOW, .next_attempt_at = NOW, .expires_at = NOW + 99,
	    .status = "5.1.1", .reply = "550 5.1.1 no", .last_attempt_id = -1,
	    .dsn_owed = owed }, &effect, &s->err));
	assert_done(s, spool_message_finish(s->spool, 1, NOW, &s->err));
	assert_done(s, spool_commit(s->spool, &s->err));
	return scratch_finished(s);
}

static int64_t
next_owed(struct scratch *s, int64_t after)
{
	int64_t id;

	assert_done(s, spool_owed_next(s->spool, after, NOW, &id, &s->err));
	return id;
}

static const char *
marks(struct scratch *s)
{
	return scratch_text(s, "SELECT group_concat(state || ' ' || "
	    "coalesce(dsn_owed, '-')) FROM recipient");
}

static void
what_is_owed_keeps_the_message(void **state)
{
	struct scratch *s = *state;
	struct arena *arena = arena_new();
	struct spool_owed owed;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	claim_all(s);
	assert_false(settle(s, 1, SPOOL_FAILED, "failed"));
	assert_string_equal(marks(s), "failed failed");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 1);
	assert_int_equal(next_owed(s, 0), 1);
	assert_int_equal(next_owed(s, 1), -1);
	assert_done(s, spool_begin(s->spool, &s->err));
	assert_done(s, spool_owed_read(s->spool, 1, 10, arena, &owed,
	    &s->err));
	assert_string_equal(owed.message.sender, "sender@x.example");
	assert_int_equal(owed.rcpt_count, 1);
	assert_string_equal(owed.rcpts[0].owed, "failed");
	assert_string_equal(owed.rcpts[0].address, "a@y.example");
	assert_string_equal(owed.rcpts[0].reply, "550 5.1.1 no");
	assert_null(owed.rcpts[0].mx);
	assert_false(owed.rcpts[0].expired);
	assert_int_equal(owed.rcpts[0].expires_at, NOW + 99);
	assert_int_equal(owed.rcpts[0].last_attempt_at, -1);
	assert_done(s, spool_owed_clear(s->spool, &owed, &s->err));
	assert_done(s, spool_message_finish(s->spool, 1, NOW, &s->err));
	assert_done(s, spool_commit(s->spool, &s->err));
	assert_true(scratch_finished(s));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 0);
	assert_int_equal(next_owed(s, 0), -1);
	arena_free(&arena);
}

static void
nothing_owed_ends_the_message_at_once(void **state)
{
	struct scratch *s = *state;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	claim_all(s);
	assert_true(settle(s, 1, SPOOL_FAILED, NULL));
}

static void
no_report_while_a_recipient_is_in_delivery_or_a_milter_waits(void **state)
{
	struct scratch *s = *state;
	int64_t due;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example", "b@y.example"));
	claim_all(s);
	assert_false(settle(s, 1, SPOOL_FAILED, "failed"));
	assert_int_equal(next_owed(s, 0), -1);
	assert_false(settle(s, 2, SPOOL_DEFERRED, NULL));
	assert_int_equal(next_owed(s, 0), 1);
	assert_string_equal(scratch_sql(s,
	    "UPDATE message SET wait_until = 1800000001"), "");
	assert_int_equal(next_owed(s, 0), -1);
	assert_done(s, spool_next_due(s->spool, &due, &s->err));
	assert_int_equal(due, NOW);
	assert_string_equal(scratch_sql(s,
	    "UPDATE recipient SET next_attempt_at = 1900000000"), "");
	assert_done(s, spool_next_due(s->spool, &due, &s->err));
	assert_int_equal(due, NOW + 1);
	assert_string_equal(scratch_sql(s,
	    "UPDATE message SET wait_until = 0"), "");
	assert_int_equal(next_owed(s, 0), 1);
}

/* What the next result makes of a mark that is still there. */
static void
a_later_result_decides(void **state)
{
	static const struct {
		const char *why;
		enum spool_outcome outcome;
		const char *owed, *marks;
	} rows[] = {
		{ "the notice is still owed", SPOOL_DEFERRED, NULL,
		  "deferred delayed" },
		{ "a failure takes its place", SPOOL_FAILED, "failed",
		  "failed failed" },
		{ "nobody is warned of what has arrived", SPOOL_DELIVERED, NULL,
		  "delivered -" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scratch *s = *state;

		assert_string_equal(scratch_sql(s, "DELETE FROM recipient; "
		    "DELETE FROM content; DELETE FROM message"), "");
		(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
		claim_all(s);
		(void)settle(s, (int64_t)i + 1, SPOOL_DEFERRED, "delayed");
		claim_all(s);
		(void)settle(s, (int64_t)i + 1, rows[i].outcome, rows[i].owed);
		if (strcmp(marks(s), rows[i].marks) != 0)
			fail_msg("%s: %s", rows[i].why, marks(s));
	}
}

static void
a_late_delivery_takes_the_mark_back(void **state)
{
	struct scratch *s = *state;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	assert_string_equal(scratch_sql(s, "UPDATE recipient SET "
	    "state = 'failed', finished_at = 1, dsn_owed = 'failed'"), "");
	assert_true(settle(s, 1, SPOOL_DELIVERED, "relayed"));
	assert_string_equal(marks(s), "delivered -");
}

static void
what_is_withdrawn_or_deleted_owes_nothing(void **state)
{
	static const char *const states[] = { "withdrawn", "deleted" };
	struct scratch *s = *state;

	(void)scratch_message(s, NOW, ADDRESSES("a@y.example"));
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		char sql[256];

		assert_string_equal(scratch_sql(s, "UPDATE recipient SET "
		    "state = 'failed', finished_at = 1, dsn_owed = 'failed'"),
		    "");
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE recipient SET state = '%s'", states[i]);
		assert_string_equal(scratch_sql(s, sql), "");
		assert_null(strstr(marks(s), " failed"));
	}
	assert_non_null(strstr(scratch_sql(s,
	    "UPDATE recipient SET dsn_owed = 'lost'"), "dsn_owed is NULL or"));
}

#define OPEN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, scratch_open_setup, \
	    scratch_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		OPEN_TEST(what_is_owed_keeps_the_message),
		OPEN_TEST(nothing_owed_ends_the_message_at_once),
		OPEN_TEST(no_report_while_a_recipient_is_in_delivery_or_a_milter_waits),
		OPEN_TEST(a_later_result_decides),
		OPEN_TEST(a_late_delivery_takes_the_mark_back),
		OPEN_TEST(what_is_withdrawn_or_deleted_owes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
