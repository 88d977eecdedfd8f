/*
 * spool and the runner's writer on a disk that fails.
 *
 * Each fault is injected at the n-th operation of a small workload, for every n
 * that there is.  What was reported as done must be there afterwards, what was
 * reported as failed must not, and the error must say what is wrong.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/writer.h"
#include "spool/checkpoint.h"
#include "spool/insert.h"
#include "spool/query.h"
#include "spool/queue.h"
#include "spool/record.h"
#include "testing.h"
#include "vfs_shim.h"

enum { OPERATIONS_MAX = 400, NOW = 1000000 };

static const struct fault {
	const char *what;
	enum vfs_op op;
	int rc, code;
	bool lasting;
	bool passes;		/* a single one is waited out */
	const char *says;
} faults[] = {
	{ "the disk is full", VFS_WRITE, SQLITE_FULL, EX_IOERR, false, false,
	  "the disk is full; free some space" },
	{ "the disk stays full", VFS_WRITE, SQLITE_FULL, EX_IOERR, true,
	  false, "the disk is full; free some space" },
	{ "a write fails", VFS_WRITE, SQLITE_IOERR_WRITE, EX_IOERR, false,
	  false, "check the disk and the file system" },
	{ "a sync fails", VFS_SYNC, SQLITE_IOERR_FSYNC, EX_IOERR, false,
	  false, "check the disk and the file system" },
	{ "syncs fail", VFS_SYNC, SQLITE_IOERR_FSYNC, EX_IOERR, true, false,
	  "check the disk and the file system" },
	{ "a read fails", VFS_READ, SQLITE_IOERR_READ, EX_IOERR, false, false,
	  "check the disk and the file system" },
	{ "a page is damaged", VFS_READ, SQLITE_CORRUPT, EX_DATAERR, false,
	  false, "the database is damaged" },
	{ "the file system became read-only", VFS_WRITE, SQLITE_READONLY,
	  EX_NOPERM, true, false, "not writable" },
	{ "somebody else has the lock", VFS_LOCK, SQLITE_BUSY, EX_TEMPFAIL,
	  false, true, "locked" },
	{ "somebody else keeps the lock", VFS_LOCK, SQLITE_BUSY, EX_TEMPFAIL,
	  true, false, "locked" },
};

/* --- the workload ------------------------------------------------------ */

/* What was reported as done. */
struct done {
	bool inserted, claimed, delivered;
};

static bool
insert(struct spool *spool, struct error *err)
{
	static const char content[] = "Subject: x\r\n\r\nbody\r\n";
	struct spool_insert *ins = spool_insert_new(spool_path(spool));
	struct spool_message m = { .mta_id = "new", .sender = "",
	    .source = "submit", .received_at = NOW, .wait_until = -1 };
	int64_t id;
	bool ok;

	spool_insert_recipient(ins, &(struct spool_recipient){
	    .address = "new@x.example" });
	ok = spool_insert_content(ins, content, sizeof(content) - 1, err) &&
	    spool_insert_commit(ins, spool, &m, &id, err);
	spool_insert_free(&ins);
	return ok;
}

static bool
claim(struct spool *spool, struct spool_job **jobs_r, struct error *err)
{
	struct spool_claim c = { .token = "t", .now = NOW, .due_by = NOW,
	    .lease_s = 100, .max = 1 };
	size_t n = 0;
	bool more;

	*jobs_r = NULL;
	if (spool_begin(spool, err) &&
	    spool_claim(spool, &c, jobs_r, &n, &more, err) &&
	    spool_commit(spool, err)) {
		assert_int_equal(n, 1);
		return true;
	}
	spool_rollback(spool);
	spool_job_free(jobs_r);
	return false;
}

static bool
deliver(struct spool *spool, const struct spool_job *job, struct error *err)
{
	const struct spool_result r = { .token = "t",
	    .recipient_id = job->rcpts[0].id, .outcome = SPOOL_DELIVERED,
	    .status = "2.0.0", .now = NOW, .expires_at = -1,
	    .last_attempt_id = -1 };
	enum spool_effect effect;

	if (spool_begin(spool, err) &&
	    spool_result_set(spool, &r, &effect, err) &&
	    spool_message_finish(spool, job->message.id, NOW, err) &&
	    spool_commit(spool, err)) {
		assert_int_equal(effect, SPOOL_RECORDED);
		assert_true(spool_changes(spool) > 0); /* content */
		return true;
	}
	spool_rollback(spool);
	return false;
}

/* False with the first error; nothing is done after it. */
static bool
work(struct spool *spool, struct done *d, struct error *err)
{
	struct spool_job *jobs;
	bool done;

	if (!insert(spool, err))
		return false;
	d->inserted = true;
	if (!claim(spool, &jobs, err))
		return false;
	d->claimed = true;
	d->delivered = deliver(spool, jobs, err);
	spool_job_free(&jobs);
	return d->delivered && spool_checkpoint_if_needed(spool, 0, &done,
	    err);
}

/* --- what must be there ------------------------------------------------ */

static void
check(struct scratch *s, const struct fault *f, int n, const struct done *d)
{
	static const struct {
		const char *what, *sql;
	} never[] = {
		{ "messages without a recipient", "SELECT count(*) FROM message "
		  "WHERE id NOT IN (SELECT message_id FROM recipient)" },
		{ "unfinished messages whose content is not whole",
		  "SELECT count(*) FROM message AS m WHERE finished_at IS NULL "
		  "AND size <> coalesce((SELECT sum(length(data)) FROM content "
		  "WHERE message_id = m.id), 0)" },
		{ "finished messages with content", "SELECT count(*) FROM "
		  "message AS m JOIN content AS c ON c.message_id = m.id "
		  "WHERE m.finished_at IS NOT NULL" },
	};
	const struct {
		const char *what, *sql;
		int64_t count;
	} rows[] = {
		{ "old messages", "SELECT count(*) FROM message WHERE "
		  "mta_id IS NULL", 1 },
		{ "new messages", "SELECT count(*) FROM message WHERE "
		  "mta_id = 'new'", d->inserted },
		{ "claims", "SELECT count(*) FROM recipient WHERE "
		  "state = 'active'", d->claimed && !d->delivered },
		{ "deliveries", "SELECT count(*) FROM recipient WHERE "
		  "state = 'delivered'", d->delivered },
	};

	assert_done(s, spool_verify(s->spool, &s->err));
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (scratch_number(s, never[i].sql) != 0)
			fail_msg("%s, at %d: %s", f->what, n, never[i].what);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (scratch_number(s, rows[i].sql) != rows[i].count)
			fail_msg("%s, at %d: %lld %s, not %lld", f->what, n,
			    (long long)scratch_number(s, rows[i].sql),
			    rows[i].what, (long long)rows[i].count);
}

/* A spool with one old message that is not due, and a log that is not empty. */
static void
fresh(struct scratch *s)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	static const char *const rcpt[] = { "old@x.example", NULL };
	char name[300];

	spool_close(&s->spool);
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", s->path,
		    suffixes[i]);
		(void)unlink(name);
	}
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_CREATE, &s->err));
	(void)scratch_message(s, NOW + 1000, rcpt);
	spool_busy_set(s->spool, 20);
}

/* False where the workload has no n-th operation. */
static bool
fails_well(struct scratch *s, const struct fault *f, int n)
{
	struct error err = { .text = "" };
	struct done d = { false, false, false };
	bool ok;
	int met;

	fresh(s);
	vfs_shim_arm(f->op, f->rc, n, f->lasting);
	ok = work(s->spool, &d, &err);
	met = vfs_shim_disarm();
	if (!ok && (err.code != f->code || strstr(err.text, f->says) == NULL ||
	    strstr(err.text, s->path) == NULL))
		fail_msg("%s, at %d: %d %s", f->what, n, err.code, err.text);
	if (!ok && f->passes)
		fail_msg("%s, at %d: not waited for: %s", f->what, n,
		    err.text);
	/* At once, on the same handle, and after it was opened anew. */
	check(s, f, n, &d);
	spool_close(&s->spool);
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_READ_WRITE,
	    &s->err));
	check(s, f, n, &d);
	return met > 0;
}

static void
whatever_fails_nothing_reported_is_lost(void **state)
{
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		int n = 1;

		while (n < OPERATIONS_MAX && fails_well(s, &faults[i], n))
			n++;
		print_message("# %s: at %d operations\n", faults[i].what,
		    n - 1);
		assert_true(n > 1 && n < OPERATIONS_MAX);
	}
}

/*
 * The workload stops at its n-th write or sync, and the power fails then.  All
 * that was reported as done is there, what was not may be.
 */
static bool
survives_power_cut(struct scratch *s, enum vfs_op op, int n)
{
	struct error err = { .text = "" };
	struct done d = { false, false, false };
	struct scratch after = { .spool = NULL };
	int met;

	fresh(s);
	(void)snprintf(after.path, sizeof(after.path), "%s/after.db", s->dir);
	vfs_shim_watch(s->path, after.path);
	vfs_shim_arm(op, SQLITE_IOERR, n, true);
	(void)!work(s->spool, &d, &err);
	met = vfs_shim_disarm();
	vfs_shim_watch(NULL, NULL);
	assert_done(&after, spool_open(&after.spool, after.path,
	    SPOOL_READ_WRITE, &after.err));
	assert_done(&after, spool_verify(after.spool, &after.err));
	if (scratch_number(&after, "SELECT count(*) FROM message WHERE "
	    "mta_id IS NULL") != 1)
		fail_msg("at %d: the old message is lost", n);
	if (d.inserted && scratch_number(&after, "SELECT count(*) FROM message "
	    "WHERE mta_id = 'new'") != 1)
		fail_msg("at %d: a stored message is lost", n);
	if (d.claimed && scratch_number(&after, "SELECT count(*) FROM recipient "
	    "WHERE state IN ('active', 'delivered')") != 1)
		fail_msg("at %d: a claim is lost", n);
	if (d.delivered && scratch_number(&after, "SELECT count(*) FROM "
	    "recipient WHERE state = 'delivered'") != 1)
		fail_msg("at %d: a delivery is lost", n);
	spool_close(&after.spool);
	return met > 0;
}

static void
a_power_cut_loses_nothing_reported(void **state)
{
	struct scratch *s = *state;

	for (enum vfs_op op = VFS_WRITE; op <= VFS_SYNC; op++) {
		int n = 1;

		while (n < OPERATIONS_MAX && survives_power_cut(s, op, n))
			n++;
		print_message("# at %d %s\n", n - 1,
		    op == VFS_WRITE ? "writes" : "syncs");
		assert_true(n > 1 && n < OPERATIONS_MAX);
	}
}

/* --- the writer -------------------------------------------------------- */

enum { POSTS = 3 };

struct post {
	struct spool_write_task task;		/* first */
	atomic_int runs;
	atomic_bool is_over;
	bool ok;			/* once over */
	struct error err;
};

static atomic_int fatal_calls;

static void
on_fatal(void *ctx, const struct error *err)
{
	(void)ctx;
	assert_int_equal(err->code, EX_DATAERR);
	(void)atomic_fetch_add(&fatal_calls, 1);
}

static bool
post_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	static const char content[] = "Subject: x\r\n\r\nbody\r\n";
	struct post *p = (struct post *)t;
	struct spool_insert *ins = spool_insert_new(spool_path(spool));
	struct spool_message m = { .mta_id = "new", .sender = "",
	    .source = "submit", .received_at = NOW, .wait_until = -1 };
	int64_t id;
	bool ok;

	(void)token;
	(void)atomic_fetch_add(&p->runs, 1);
	spool_insert_recipient(ins, &(struct spool_recipient){
	    .address = "new@x.example", .held = true });
	ok = spool_insert_content(ins, content, sizeof(content) - 1, err) &&
	    spool_insert_store(ins, spool, &m, &id, err);
	spool_insert_free(&ins);
	return ok;
}

static void
post_done(struct spool_write_task *t, const struct error *err)
{
	struct post *p = (struct post *)t;

	p->ok = err == NULL;
	if (err != NULL)
		p->err = *err;
	atomic_store(&p->is_over, true);
}

static void
post_all(struct spool_writer *w, struct post posts[static POSTS])
{
	for (size_t i = 0; i < POSTS; i++) {
		posts[i] = (struct post){ .task = { .run = post_run,
		    .done = post_done } };
		spool_writer_post(w, &posts[i].task);
	}
}

static void
wait_over(const struct fault *f, int n, struct post posts[static POSTS])
{
	int64_t end_ms = clock_mono_ms() + 30000;

	for (size_t i = 0; i < POSTS; i++)
		while (!atomic_load(&posts[i].is_over)) {
			if (clock_mono_ms() > end_ms)
				fail_msg("%s, at %d: no end", f->what, n);
			(void)usleep(1000);
		}
}

static void
start(struct scratch *s, struct spool_writer **w_r)
{
	const struct spool_writer_options o = { .path = s->path, .lease_s = 900,
	    .fatal = on_fatal };

	fresh(s);
	spool_close(&s->spool);
	atomic_store(&fatal_calls, 0);
	assert_done(s, spool_writer_start(w_r, &o, &s->err));
}

/* As many new messages as were reported as done, and the rest is sound. */
static void
check_posts(struct scratch *s, const struct fault *f, int n, int64_t expected)
{
	int64_t found;

	assert_done(s, spool_open(&s->spool, s->path, SPOOL_READ_WRITE,
	    &s->err));
	assert_done(s, spool_verify(s->spool, &s->err));
	spool_close(&s->spool);
	found = scratch_number(s, "SELECT count(*) FROM message AS m JOIN "
	    "recipient AS r ON r.message_id = m.id JOIN content AS c ON "
	    "c.message_id = m.id WHERE m.mta_id = 'new'");
	if (found != expected)
		fail_msg("%s, at %d: %lld messages, not %lld", f->what, n,
		    (long long)found, (long long)expected);
}

/* A disk that fails once, or for a second: all is written in the end.  Only
 * damage ends it, and then each task is told, as it is. */
static void
the_writer_waits_for_the_disk(void **state)
{
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		const struct fault *f = &faults[i];
		struct post posts[POSTS];
		struct spool_writer *w;
		int64_t ok = 0;
		int n = 1;

		start(s, &w);
		for (int step = 1; n < OPERATIONS_MAX; n += step++) {
			vfs_shim_arm(f->op, f->rc, n, f->lasting);
			post_all(w, posts);
			if (f->lasting && n == 1)
				(void)usleep(700000);
			if (f->lasting)
				(void)usleep(20000);
			if (f->lasting && vfs_shim_disarm() == 0)
				n = OPERATIONS_MAX;
			wait_over(f, n, posts);
			if (vfs_shim_disarm() == 0)
				n = OPERATIONS_MAX;
			for (size_t k = 0; k < POSTS; k++)
				if (posts[k].ok)
					ok++;
				else if (f->code != EX_DATAERR)
					fail_msg("%s, at %d: given up: %s",
					    f->what, n, posts[k].err.text);
		}
		spool_writer_stop(&w);
		check_posts(s, f, 0, ok);
		assert_true((f->code == EX_DATAERR) ==
		    (atomic_load(&fatal_calls) > 0));
	}
}

static void
a_writer_that_must_stop_says_what_it_could_not_write(void **state)
{
	const struct fault *f = &faults[1];
	struct scratch *s = *state;
	struct post posts[POSTS];
	struct spool_writer *w;

	start(s, &w);
	vfs_shim_arm(f->op, f->rc, 1, true);
	post_all(w, posts);
	spool_writer_stop(&w);
	assert_true(vfs_shim_disarm() > 0);
	for (size_t i = 0; i < POSTS; i++) {
		assert_true(atomic_load(&posts[i].is_over));
		assert_false(posts[i].ok);
		assert_int_equal(posts[i].err.code, f->code);
		assert_non_null(strstr(posts[i].err.text, f->says));
	}
	check_posts(s, f, 1, 0);
}

/* In memory, where there is such a directory: thousands of syncs. */
static int
setup(void **state)
{
	struct scratch *s;

	if (scratch_setup(state) != 0)
		return -1;
	s = *state;
	(void)rmdir(s->dir);
	(void)snprintf(s->dir, sizeof(s->dir), "/dev/shm/tlsq-fault-XXXXXX");
	if (mkdtemp(s->dir) == NULL) {
		(void)snprintf(s->dir, sizeof(s->dir),
		    "/tmp/tlsq-fault-XXXXXX");
		if (mkdtemp(s->dir) == NULL)
			return -1;
	}
	(void)snprintf(s->path, sizeof(s->path), "%s/spool.db", s->dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    whatever_fails_nothing_reported_is_lost, setup,
		    scratch_teardown),
		cmocka_unit_test_setup_teardown(
		    a_power_cut_loses_nothing_reported, setup,
		    scratch_teardown),
		cmocka_unit_test_setup_teardown(the_writer_waits_for_the_disk,
		    setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
		    a_writer_that_must_stop_says_what_it_could_not_write,
		    setup, scratch_teardown),
	};
	int failed;

	log_open("spool_fault_test", true, 0);
	vfs_shim_install();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	vfs_shim_remove();
	return failed;
}
