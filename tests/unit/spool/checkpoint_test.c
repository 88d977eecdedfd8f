/*
 * spool: the checkpointer waits for writers, never longer than agreed for
 * readers, does all or nothing, and is the only one.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/mem.h"
#include "spool/checkpoint.h"
#include "spool/query.h"
#include "testing.h"

static int64_t
size_of(struct scratch *s, const char *suffix)
{
	char name[300];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s%s", s->path, suffix);
	return stat(name, &st) == 0 ? st.st_size : -1;
}

/* When the database itself was written last: reading it would need an open
 * and a close, which drops the locks that SQLite has on it. */
static int64_t
written_ns(struct scratch *s)
{
	struct stat st;

	assert_int_equal(stat(s->path, &st), 0);
	return st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
}

static void
put(struct scratch *s, int n)
{
	for (int i = 0; i < n; i++)
		(void)scratch_message(s, 1, (const char *const[]){
		    "a@y.example", NULL });
}

static bool
checkpoint(struct scratch *s, int threshold)
{
	bool done = true;

	assert_done(s, spool_checkpoint_if_needed(s->spool, threshold, &done,
	    &s->err));
	return done;
}

/* Another program: a foreign connection with a transaction open. */
static sqlite3 *
foreign_with(struct scratch *s, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void
the_log_is_emptied_once_it_is_long_enough(void **state)
{
	struct scratch *s = *state;

	put(s, 3);
	assert_false(checkpoint(s, 1000));
	assert_true(size_of(s, "-wal") > 0);
	assert_true(checkpoint(s, 2));
	assert_int_equal(size_of(s, "-wal"), 0);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"), 3);
	assert_false(checkpoint(s, 1)); /* nothing to do */
}

static void *
commit_later(void *arg)
{
	sqlite3 *db = arg;

	(void)usleep(150000);
	(void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return NULL;
}

static void
a_writer_is_waited_for(void **state)
{
	struct scratch *s = *state;
	sqlite3 *db;
	pthread_t thread;
	int64_t began;

	put(s, 3);
	db = foreign_with(s, "BEGIN IMMEDIATE; UPDATE message SET mta_id = 'q'");
	began = clock_mono_ms();
	assert_int_equal(pthread_create(&thread, NULL, commit_later, db), 0);
	assert_true(checkpoint(s, 1));
	assert_in_range(clock_mono_ms() - began, 140, 3000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(size_of(s, "-wal"), 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message "
	    "WHERE mta_id = 'q'"), 3);
}

/* Stock SQLite would go on in the passive mode here, and copy pages. */
static void
a_writer_that_stays_ends_it_without_a_trace(void **state)
{
	struct scratch *s = *state;
	int64_t log, file, began;
	sqlite3 *db;

	put(s, 20);
	db = foreign_with(s, "BEGIN IMMEDIATE");
	log = size_of(s, "-wal");
	file = written_ns(s);
	spool_busy_set(s->spool, 100);
	began = clock_mono_ms();
	assert_false(checkpoint(s, 0));
	assert_in_range(clock_mono_ms() - began, 100, 2000);
	assert_int_equal(size_of(s, "-wal"), log);
	assert_int_equal(written_ns(s), file);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_true(checkpoint(s, 0));
	assert_true(written_ns(s) > file);
}

static void
readers_end_it_in_bounded_time_without_a_trace(void **state)
{
	static const struct {
		const char *why;
		int after;	/* commits after the reader began */
	} rows[] = {
		{ "a reader of an old state", 5 },
		/* Stock SQLite copies the whole log here and cannot restart
		 * it: the state in which a passive checkpoint can race. */
		{ "a reader of the newest state", 0 },
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t log, file, began, took;
		sqlite3 *db;
		bool done;

		put(s, 20);
		db = foreign_with(s, "BEGIN; SELECT count(*) FROM message");
		put(s, rows[i].after);
		log = size_of(s, "-wal");
		file = written_ns(s);
		began = clock_mono_ms();
		done = checkpoint(s, 0);
		took = clock_mono_ms() - began;
		if (done || took < SPOOL_CHECKPOINT_READERS_MS ||
		    took > SPOOL_CHECKPOINT_READERS_MS + 1500 ||
		    size_of(s, "-wal") != log || written_ns(s) != file)
			fail_msg("%s: done %d in %lld ms", rows[i].why, done,
			    (long long)took);
		/* Others write on meanwhile, and it is not tried again soon. */
		put(s, 1);
		began = clock_mono_ms();
		assert_false(checkpoint(s, 1));
		assert_in_range(clock_mono_ms() - began, 0, 200);
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		assert_true(checkpoint(s, 0));
		assert_int_equal(size_of(s, "-wal"), 0);
	}
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"),
	    47);
}

static int64_t
foreign_checkpoint_busy(struct scratch *s)
{
	return scratch_number(s, "PRAGMA wal_checkpoint(PASSIVE)");
}

static void
nobody_else_checkpoints_beside_the_checkpointer(void **state)
{
	struct scratch *s = *state;
	struct spool *other = NULL;
	bool taken, done;

	assert_done(s, spool_open(&other, s->path, SPOOL_READ_WRITE, &s->err));
	assert_done(s, spool_checkpointer_become(s->spool, &taken, &s->err));
	assert_true(taken);
	assert_done(s, spool_checkpointer_become(s->spool, &taken, &s->err));
	assert_true(taken); /* it is already */
	assert_done(s, spool_checkpointer_become(other, &taken, &s->err));
	assert_false(taken);
	put(s, 5);
	/* A handle of ours, a foreign program, and one that writes beyond the
	 * 1,000 pages at which SQLite checkpoints by itself. */
	assert_done(s, spool_checkpoint_if_needed(other, 0, &done, &s->err));
	assert_false(done);
	assert_int_equal(foreign_checkpoint_busy(s), 1);
	assert_string_equal(scratch_sql(s, "INSERT INTO submission (sender, "
	    "recipients, content) VALUES ('', '[\"a@y.example\"]', "
	    "zeroblob(12000000))"), "");
	assert_true(size_of(s, "-wal") > 12000000);
	assert_true(size_of(s, "") < 1000000);
	assert_true(checkpoint(s, SPOOL_CHECKPOINT_PAGES));
	assert_int_equal(size_of(s, "-wal"), 0);
	assert_true(size_of(s, "") > 12000000);
	spool_checkpointer_resign(s->spool);
	put(s, 1);
	assert_int_equal(foreign_checkpoint_busy(s), 0);
	assert_done(s, spool_checkpointer_become(other, &taken, &s->err));
	assert_true(taken);
	spool_close(&other); /* resigns */
	assert_done(s, spool_checkpointer_become(s->spool, &taken, &s->err));
	assert_true(taken);
}

static void
the_end_of_the_process_frees_the_place(void **state)
{
	struct scratch *s = *state;
	int ready[2], status;
	char c;
	bool taken;
	pid_t pid;

	spool_close(&s->spool);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (spool_open(&s->spool, s->path, SPOOL_READ_WRITE, &s->err) &&
		    spool_checkpointer_become(s->spool, &taken, &s->err) &&
		    taken && write(ready[1], "y", 1) == 1)
			(void)pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_READ_WRITE,
	    &s->err));
	assert_done(s, spool_checkpointer_become(s->spool, &taken, &s->err));
	assert_false(taken);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_done(s, spool_checkpointer_become(s->spool, &taken, &s->err));
	assert_true(taken);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* A writer that dies between the two copies of the index header. */
static void
scribble_on_index(struct scratch *s)
{
	char name[300];
	pid_t pid = fork();
	int status, fd;

	if (pid == 0) { /* a close here would drop this process's locks */
		(void)snprintf(name, sizeof(name), "%s-shm", s->path);
		fd = open(name, O_RDWR);
		_exit(fd < 0 || pwrite(fd, "garbage garbage", 15, 8) != 15);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
the_checkpointer_repairs_the_index(void **state)
{
	struct scratch *s = *state;
	struct spool *other = NULL;
	int64_t version;
	bool taken;

	assert_done(s, spool_open(&other, s->path, SPOOL_READ_WRITE, &s->err));
	assert_done(s, spool_checkpointer_become(s->spool, &taken, &s->err));
	put(s, 4);
	scribble_on_index(s);
	put(s, 1);
	assert_done(s, spool_data_version(other, &version, &s->err));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"), 5);
	assert_true(checkpoint(s, 0));
	assert_int_equal(foreign_checkpoint_busy(s), 1); /* still ours */
	assert_done(s, spool_verify(s->spool, &s->err));
	spool_close(&other);
}

#define SPOOL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(the_log_is_emptied_once_it_is_long_enough),
		SPOOL_TEST(a_writer_is_waited_for),
		SPOOL_TEST(a_writer_that_stays_ends_it_without_a_trace),
		SPOOL_TEST(readers_end_it_in_bounded_time_without_a_trace),
		SPOOL_TEST(nobody_else_checkpoints_beside_the_checkpointer),
		SPOOL_TEST(the_end_of_the_process_frees_the_place),
		SPOOL_TEST(the_checkpointer_repairs_the_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
