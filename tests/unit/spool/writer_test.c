/*
 * spool: the writer renews the lease of what its runner has claimed; without a
 * runner each task is waited for, fails alone, and may be taken back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/insert.h"
#include "spool/writer.h"
#include "spool/queue.h"
#include "testing.h"

enum { LEASE_S = 3 };

struct claim_task {
	struct spool_write_task task;		/* first */
	struct spool_job *jobs;
	size_t count;
	atomic_bool is_over;
};

static bool
claim(struct spool *spool, const char *token, struct spool_job **jobs_r,
    size_t *count_r, struct error *err)
{
	int64_t now = clock_now_s();
	const struct spool_claim c = { .token = token, .now = now,
	    .due_by = now, .lease_s = LEASE_S, .max = 10 };
	bool more;

	return spool_claim(spool, &c, jobs_r, count_r, &more, err);
}

static bool
claim_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	struct claim_task *c = (struct claim_task *)t;

	return claim(spool, token, &c->jobs, &c->count, err);
}

static void
claim_done(struct spool_write_task *t, const struct error *err)
{
	struct claim_task *c = (struct claim_task *)t;

	assert_null(err);
	atomic_store(&c->is_over, true);
}

static void
fatal(void *ctx, const struct error *err)
{
	(void)ctx;
	fail_msg("%s", err->text);
}

/* How much another runner could claim now. */
static size_t
left_for_others(struct scratch *s)
{
	struct spool_job *jobs, *next;
	size_t count;

	assert_done(s, spool_begin(s->spool, &s->err));
	assert_done(s, claim(s->spool, "h/b/1/99", &jobs, &count, &s->err));
	spool_rollback(s->spool);
	for (; jobs != NULL; jobs = next) {
		next = jobs->next;
		spool_job_free(&jobs);
	}
	return count;
}

static void
a_slow_delivery_keeps_its_lease(void **state)
{
	static const char *const rcpts[] = { "a@x.example", "b@y.example",
		NULL };
	struct scratch *s = *state;
	struct claim_task c = { .task = { .run = claim_run,
	    .done = claim_done } };
	struct spool_writer_options o = { .path = s->path, .lease_s = LEASE_S,
	    .fatal = fatal };
	struct spool_writer *w;
	int64_t end_ms;

	(void)scratch_message(s, clock_now_s(), rcpts);
	assert_done(s, spool_writer_start(&w, &o, &s->err));
	spool_writer_post(w, &c.task);
	end_ms = clock_mono_ms() + 20000;
	while (!atomic_load(&c.is_over) && clock_mono_ms() < end_ms)
		(void)usleep(1000);
	assert_int_equal(c.count, 2);
	/* Half as long again as the lease. */
	end_ms = clock_mono_ms() + LEASE_S * 1500;
	while (clock_mono_ms() < end_ms) {
		assert_int_equal(left_for_others(s), 0);
		(void)usleep(50000);
	}
	spool_job_free(&c.jobs);
	/* When it ends, all goes back at once. */
	spool_writer_stop(&w);
	assert_int_equal(left_for_others(s), 2);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM recipient "
	    "WHERE state = 'queued' AND claimed_by IS NULL"), 2);
}

/* A task that says in which batch it was. */
struct mark {
	struct spool_write_task task;		/* first */
	atomic_int *batch;
	atomic_int was_in;		/* 0: not done */
};

static bool
mark_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	(void)t;
	(void)spool;
	(void)token;
	(void)err;
	return true;
}

static void
mark_done(struct spool_write_task *t, const struct error *err)
{
	struct mark *m = (struct mark *)t;

	assert_null(err);
	atomic_store(&m->was_in, atomic_load(m->batch));
}

static void
batch_over(void *ctx)
{
	(void)atomic_fetch_add((atomic_int *)ctx, 1);
}

static int
await_mark(struct mark *m)
{
	while (atomic_load(&m->was_in) == 0)
		(void)usleep(100);
	return atomic_load(&m->was_in);
}

/* How many of 20 pairs of tasks, 3 ms from each other, share a transaction. */
static int
pairs_together(struct spool_writer *w, enum spool_write_when first,
    enum spool_write_when second, atomic_int *batch)
{
	int together = 0;

	for (int i = 0; i < 20; i++) {
		struct mark m[2] = { { .batch = batch }, { .batch = batch } };

		m[0].task = m[1].task = (struct spool_write_task){
			.run = mark_run, .done = mark_done };
		m[0].task.when = first;
		m[1].task.when = second;
		spool_writer_post(w, &m[0].task);
		(void)usleep(3000);
		spool_writer_post(w, &m[1].task);
		together += await_mark(&m[0]) == await_mark(&m[1]);
	}
	return together;
}

static void
a_result_waits_for_those_to_come(void **state)
{
	struct scratch *s = *state;
	atomic_int batch = 1;
	struct spool_writer_options o = { .path = s->path, .lease_s = 900,
	    .fatal = fatal, .batch_over = batch_over, .ctx = &batch };
	struct spool_writer *w;

	assert_done(s, spool_writer_start(&w, &o, &s->err));
	/* Nobody else has a result under way: it is alone. */
	assert_in_range(pairs_together(w, SPOOL_WRITE_SOON, SPOOL_WRITE_SOON,
	    &batch), 0, 19);
	spool_writer_expect(w, 1);
	assert_in_range(pairs_together(w, SPOOL_WRITE_SOON, SPOOL_WRITE_SOON,
	    &batch), 1, 20);
	spool_writer_expect(w, -1);
	/* One that nobody waits for goes with the next that somebody does. */
	assert_in_range(pairs_together(w, SPOOL_WRITE_LATER, SPOOL_WRITE_NOW,
	    &batch), 1, 20);
	assert_in_range(pairs_together(w, SPOOL_WRITE_NOW, SPOOL_WRITE_LATER,
	    &batch), 0, 19);
	spool_writer_stop(&w);
}

/* --- without a runner: somebody waits for each ---------------------------- */

/* A task that stores a message, or fails after it did. */
struct waited {
	struct spool_write_task task;		/* first */
	struct error err;
	const char *sender;
	atomic_bool *go_on;		/* NULL: do not wait for it */
	atomic_bool runs;
	bool fails;
};

static bool
waited_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	struct waited *w = (struct waited *)t;
	struct spool_insert *ins = spool_insert_new(spool_path(spool));
	const struct spool_message m = { .sender = w->sender, .source = "milter",
	    .wait_until = -1 };
	int64_t id;
	bool ok;

	assert_null(token);
	atomic_store(&w->runs, true);
	while (w->go_on != NULL && !atomic_load(w->go_on))
		(void)usleep(1000);
	spool_insert_recipient(ins,
	    &(struct spool_recipient){ .address = "a@x.example" });
	ok = spool_insert_content(ins, "x", 1, err) &&
	    spool_insert_store(ins, spool, &m, &id, err);
	spool_insert_free(&ins);
	return ok && (!w->fails || error_set(err, EX_DATAERR, "no good"));
}

static struct waited
waited_task(const char *sender, bool fails, atomic_bool *go_on)
{
	return (struct waited){ .task = { .run = waited_run }, .sender = sender,
	    .fails = fails, .go_on = go_on };
}

static void
post_waited(struct spool_writer *w, struct waited *t)
{
	t->task.err = &t->err;
	spool_writer_post(w, &t->task);
}

static void
who_waits_fails_alone_and_may_take_it_back(void **state)
{
	struct scratch *s = *state;
	struct spool_writer_options o = { .path = s->path };
	atomic_bool go_on = false;
	struct waited first = waited_task("first@s.example", false, &go_on),
	    good = waited_task("good@s.example", false, NULL),
	    bad = waited_task("bad@s.example", true, NULL),
	    last = waited_task("last@s.example", false, NULL),
	    back = waited_task("back@s.example", false, NULL);
	struct waited *const batch[] = { &good, &bad, &last };
	struct spool_writer *w;

	assert_done(s, spool_writer_start(&w, &o, &s->err));
	assert_int_equal(spool_writer_busy_since(w), -1);
	post_waited(w, &first);
	while (!atomic_load(&first.runs))
		(void)usleep(1000);
	assert_true(spool_writer_busy_since(w) > 0);
	for (size_t i = 0; i < ARRAY_LEN(batch); i++)
		post_waited(w, batch[i]);
	post_waited(w, &back);
	/* Nobody has begun it: it is ours again.  The first one is too late. */
	assert_false(spool_writer_wait(w, &back.task, 10));
	assert_true(spool_writer_withdraw(w, &back.task));
	assert_false(spool_writer_wait(w, &first.task, 10));
	assert_false(spool_writer_withdraw(w, &first.task));
	atomic_store(&go_on, true);
	assert_true(spool_writer_wait(w, &first.task, 20000));
	assert_false(first.task.failed);
	for (size_t i = 0; i < ARRAY_LEN(batch); i++) {
		assert_true(spool_writer_wait(w, &batch[i]->task, 20000));
		assert_int_equal(batch[i]->task.failed, batch[i] == &bad);
		assert_false(spool_writer_withdraw(w, &batch[i]->task));
	}
	assert_string_equal(bad.err.text, "no good");
	/* The list is whole after a withdrawal at its end. */
	last = waited_task("more@s.example", false, NULL);
	post_waited(w, &last);
	assert_true(spool_writer_wait(w, &last.task, 20000));
	spool_writer_stop(&w);
	assert_false(atomic_load(&back.runs));
	assert_string_equal(scratch_text(s, "SELECT group_concat(sender, ' ') "
	    "FROM (SELECT sender FROM message ORDER BY id)"),
	    "first@s.example good@s.example last@s.example more@s.example");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM runner"), 0);
}

static void
a_locked_spool_is_told_at_once(void **state)
{
	struct scratch *s = *state;
	struct spool_writer_options o = { .path = s->path };
	struct waited t[2] = { waited_task("a@s.example", false, NULL),
	    waited_task("b@s.example", false, NULL) };
	struct spool_writer *w;

	assert_done(s, spool_writer_start(&w, &o, &s->err));
	assert_done(s, spool_begin(s->spool, &s->err));
	for (size_t i = 0; i < 2; i++)
		post_waited(w, &t[i]);
	for (size_t i = 0; i < 2; i++) {
		assert_true(spool_writer_wait(w, &t[i].task, 60000));
		assert_true(t[i].task.failed);
		assert_int_equal(t[i].err.code, EX_TEMPFAIL);
	}
	spool_rollback(s->spool);
	post_waited(w, &t[0]);
	assert_true(spool_writer_wait(w, &t[0].task, 20000));
	assert_false(t[0].task.failed);
	spool_writer_stop(&w);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_slow_delivery_keeps_its_lease,
		    scratch_open_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_result_waits_for_those_to_come,
		    scratch_open_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
		    who_waits_fails_alone_and_may_take_it_back,
		    scratch_open_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_locked_spool_is_told_at_once,
		    scratch_open_setup, scratch_teardown),
	};

	log_open("writer_test", true, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
