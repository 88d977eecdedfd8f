/*
 * spool: how waited-for messages stand, and who may be withdrawn.
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
#include "spool/wait.h"
#include "testing.h"

enum { NOW = 1800000000 };

#define UNTIL(seconds) "UPDATE message SET wait_until = 1800000000 + " #seconds
#define STATE(state) "UPDATE recipient SET state = '" state "', attempts = 1"
#define FINAL(state) STATE(state) ", finished_at = 1"
#define OF(id) " WHERE id = " #id ";"

/* Messages 1 (recipients 1 and 2) and 2 (recipient 3), as one transaction. */
static void
prepare(struct scratch *s, const char *sql)
{
	static const char *const two[] = { "a@y.example", "b@y.example", NULL };
	static const char *const one[] = { "c@z.example", NULL };

	(void)scratch_sql(s, "PRAGMA foreign_keys = ON; DELETE FROM message; "
	    "DELETE FROM sqlite_sequence");
	(void)scratch_message(s, NOW - 9, two);
	(void)scratch_message(s, NOW - 9, one);
	assert_string_equal(scratch_sql(s, sql), "");
}

static void
counting(void **state)
{
	static const struct {
		const char *sql;
		struct spool_wait_counts counts;
	} cases[] = {
		{ "", { 3, 0, 0 } },
		{ "UPDATE recipient SET next_attempt_at = 1800000001" OF(1),
		  { 2, 0, 1 } },
		{ "UPDATE recipient SET state = 'active', claimed_by = 'x', "
		  "claimed_until = 1" OF(3), { 3, 0, 0 } },
		{ "UPDATE recipient SET state = 'active', claimed_by = 'x', "
		  "claimed_until = 1, attempts = 1" OF(3), { 2, 0, 1 } },
		{ "UPDATE recipient SET state = 'held'" OF(1), { 2, 0, 1 } },
		{ STATE("deferred") OF(1) FINAL("delivered") OF(2)
		  FINAL("failed") OF(3), { 0, 1, 2 } },
		{ FINAL("failed"), { 0, 3, 0 } },
		{ FINAL("expired"), { 0, 0, 3 } },
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct spool_wait_counts c;

		prepare(s, cases[i].sql);
		assert_done(s, spool_wait_count(s->spool, "[1,2]", NOW, &c,
		    &s->err));
		if (memcmp(&c, &cases[i].counts, sizeof(c)) != 0)
			fail_msg("%s: %d %d %d", cases[i].sql, (int)c.untried,
			    (int)c.failed, (int)c.others);
	}
}

static void
withdrawing(void **state)
{
	static const struct {
		const char *what, *sql;
		bool withdrawn;
	} cases[] = {
		{ "all failed", FINAL("failed") ", dsn_owed = 'failed';"
		  UNTIL(1), true },
		{ "one is delivered, late", FINAL("failed") ";"
		  FINAL("delivered") OF(3) UNTIL(1), false },
		{ "one is deferred", FINAL("failed") " WHERE id < 3;"
		  STATE("deferred") OF(3) UNTIL(1), false },
		{ "one expired", FINAL("failed") ";" FINAL("expired") OF(1)
		  UNTIL(1), false },
		{ "the wait of one is over", FINAL("failed") ";" UNTIL(1) ";"
		  UNTIL(0) OF(2), false },
		{ "the wait of one was ended", FINAL("failed") ";" UNTIL(1)
		  "; UPDATE message SET wait_until = NULL" OF(1), false },
		{ "one message is gone", FINAL("failed") ";" UNTIL(1)
		  "; PRAGMA foreign_keys = ON; DELETE FROM message" OF(2),
		  false },
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t left;
		bool done;

		prepare(s, cases[i].sql);
		assert_done(s, spool_begin(s->spool, &s->err));
		assert_done(s, spool_wait_withdraw(s->spool, "[1,2]", NOW,
		    &done, &s->err));
		assert_done(s, spool_wait_answered(s->spool, "[1,2]",
		    &s->err));
		assert_done(s, spool_commit(s->spool, &s->err));
		if (done != cases[i].withdrawn)
			fail_msg("%s", cases[i].what);
		left = scratch_number(s, "SELECT count(*) FROM recipient "
		    "WHERE state <> 'withdrawn' OR dsn_owed IS NOT NULL");
		assert_true((left == 0) == done);
		assert_int_equal(scratch_number(s, "SELECT count(*) FROM "
		    "message WHERE wait_until > 0"), 0);
	}
}

static void
the_first_failure_speaks(void **state)
{
	struct arena *arena = arena_new();
	struct spool_wait_failure f;
	struct scratch *s = *state;

	prepare(s, FINAL("failed") ", status = '5.1.' || id, reply = "
	    "'550 5.1.' || id || ' no'");
	assert_done(s, spool_wait_failure(s->spool, "[2,1]", arena, &f,
	    &s->err));
	assert_string_equal(f.address, "a@y.example");
	assert_string_equal(f.status, "5.1.1");
	assert_string_equal(f.reply, "550 5.1.1 no");
	assert_done(s, spool_wait_failure(s->spool, "[9]", arena, &f,
	    &s->err));
	assert_null(f.address);
	arena_free(&arena);
}

int
main(void)
{
#define OPEN_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)
	const struct CMUnitTest tests[] = {
		OPEN_TEST(counting),
		OPEN_TEST(withdrawing),
		OPEN_TEST(the_first_failure_speaks),
	};

	return cmocka_run_group_tests_name("spool_wait", tests, NULL, NULL);
}
