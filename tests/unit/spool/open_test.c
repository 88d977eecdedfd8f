/*
 * spool: opening, creating, refusing and upgrading the file.
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/mem.h"
#include "spool/insert.h"
#include "spool/query.h"
#include "testing.h"

enum { NOBODY = 65534 };

static void
read_file(const char *path, struct buf *b)
{
	char chunk[8192];
	size_t n;
	FILE *f = fopen(path, "rb");

	buf_clear(b);
	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		assert_true(buf_append(b, chunk, n));
	(void)fclose(f);
}

static void
write_at(const char *path, long offset, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0660);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, offset), len);
	(void)close(fd);
}

static bool
exists(const char *path, const char *suffix)
{
	char name[300];

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	return access(name, F_OK) == 0;
}

static void
a_new_spool_is_complete(void **state)
{
	struct scratch *s = *state;
	char dir[128];
	struct stat st;

	(void)snprintf(dir, sizeof(dir), "%s/sub", s->dir);
	(void)snprintf(s->path, sizeof(s->path), "%s/spool.db", dir);
	(void)umask(077);
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_CREATE, &s->err));
	(void)umask(022);
	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02770);
	assert_string_equal(scratch_text(s, "PRAGMA application_id"),
	    "1953264497");
	assert_string_equal(scratch_text(s, "PRAGMA user_version"), "5");
	assert_string_equal(scratch_text(s, "PRAGMA page_size"), "8192");
	assert_string_equal(scratch_text(s, "PRAGMA auto_vacuum"), "2");
	assert_string_equal(scratch_text(s, "PRAGMA journal_mode"), "wal");
	assert_done(s, spool_verify(s->spool, &s->err));
	spool_close(&s->spool);
	assert_false(exists(s->path, "-wal"));
	assert_false(exists(s->path, "-shm"));
	assert_int_equal(unlink(s->path), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing else was left */
}

static void
a_connection_is_set_up_safely(void **state)
{
	struct scratch *s = *state;
	struct spool_query q;

	/* A foreign key that leads nowhere is refused: they are enforced. */
	spool_query_start(&q, s->spool, SQL_CONTENT_INSERT);
	spool_query_put_int(&q, ":message_id", 77);
	spool_query_put_int(&q, ":seq", 0);
	spool_query_put_blob(&q, ":data", "x", 1);
	assert_false(spool_query_run(&q, &s->err));
	assert_int_equal(s->err.code, EX_DATAERR);
	assert_non_null(strstr(s->err.text, "FOREIGN KEY"));
}

static void
a_missing_file_is_made_only_on_request(void **state)
{
	struct scratch *s = *state;

	assert_false(spool_open(&s->spool, s->path, SPOOL_READ_ONLY, &s->err));
	assert_int_equal(s->err.code, EX_NOINPUT);
	assert_false(spool_open(&s->spool, s->path, SPOOL_READ_WRITE,
	    &s->err));
	assert_int_equal(s->err.code, EX_NOINPUT);
	assert_null(s->spool);
	assert_false(spool_open(&s->spool, "/nonexistent/a/b/spool.db",
	    SPOOL_CREATE, &s->err));
	assert_int_equal(s->err.code, EX_CANTCREAT);
	assert_non_null(strstr(s->err.text, "/nonexistent/a/b"));
	assert_false(spool_open(&s->spool, "", SPOOL_CREATE, &s->err));
	assert_int_equal(s->err.code, EX_USAGE);
}

static void
make_valid(struct scratch *s)
{
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_CREATE, &s->err));
	(void)scratch_message(s, 1, (const char *const[]){ "a@y.example",
	    NULL });
	spool_close(&s->spool);
}

static void
make_empty(struct scratch *s)
{
	write_at(s->path, 0, "", 0);
}

static void
make_text(struct scratch *s)
{
	write_at(s->path, 0, "just some notes of mine", 23);
}

static void
make_long_text(struct scratch *s)
{
	char text[5000];

	memset(text, 'x', sizeof(text));
	write_at(s->path, 0, text, sizeof(text));
}

static void
make_foreign(struct scratch *s)
{
	assert_string_equal(scratch_sql(s, "PRAGMA journal_mode = wal;"
	    "CREATE TABLE bookmarks (url TEXT);"
	    "PRAGMA application_id = 1234"), "");
}

static void
make_unnamed(struct scratch *s)
{
	assert_string_equal(scratch_sql(s, "CREATE TABLE message (id)"), "");
}

static void
make_newer(struct scratch *s)
{
	make_valid(s);
	assert_string_equal(scratch_sql(s, "PRAGMA user_version = 99"), "");
}

static void
make_versionless(struct scratch *s)
{
	make_valid(s);
	assert_string_equal(scratch_sql(s, "PRAGMA user_version = 0"), "");
}

static void
make_scribbled(struct scratch *s)
{
	char junk[4000];

	make_valid(s);
	memset(junk, 0xa5, sizeof(junk));
	write_at(s->path, 100, junk, sizeof(junk)); /* the schema's root */
}

static void
make_short(struct scratch *s)
{
	make_valid(s);
	assert_int_equal(truncate(s->path, 3 * 8192 + 100), 0);
}

static void
a_file_that_is_no_spool_is_left_alone(void **state)
{
	static const struct {
		const char *why;
		void (*make)(struct scratch *s);
		const char *words;
	} rows[] = {
		{ "an empty file", make_empty, "empty" },
		{ "a short text", make_text, "not a database" },
		{ "a long text", make_long_text, "not a database" },
		{ "another program's database", make_foreign,
		  "another program" },
		{ "a database without an owner", make_unnamed,
		  "another program" },
		{ "a newer spool", make_newer, "newer" },
		{ "a spool without a version", make_versionless, "unknown" },
		{ "a damaged schema", make_scribbled, "damaged" },
		{ "a truncated spool", make_short, "damaged" },
	};
	struct scratch *s = *state;
	struct buf before = BUF_INIT, after = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		size_t row = i / 2;
		enum spool_mode mode = i % 2 ? SPOOL_CREATE : SPOOL_READ_ONLY;

		(void)unlink(s->path);
		rows[row].make(s);
		read_file(s->path, &before);
		s->err.text[0] = '\0';
		if (spool_open(&s->spool, s->path, mode, &s->err))
			fail_msg("%s: opened", rows[row].why);
		if (s->err.code != EX_DATAERR ||
		    (strstr(s->err.text, rows[row].words) == NULL &&
		    strstr(s->err.text, "older") == NULL))
			fail_msg("%s: %d %s", rows[row].why, s->err.code,
			    s->err.text);
		if (strncmp(s->err.text, s->path, strlen(s->path)) != 0 &&
		    strstr(s->err.text, s->path) == NULL)
			fail_msg("%s: names no file", rows[row].why);
		read_file(s->path, &after);
		if (before.len != after.len ||
		    memcmp(buf_str(&before), buf_str(&after), after.len) != 0)
			fail_msg("%s: file was changed", rows[row].why);
		if (exists(s->path, "-wal") || exists(s->path, "-shm") ||
		    exists(s->path, "-journal"))
			fail_msg("%s: log or index left", rows[row].why);
	}
	buf_free(&before);
	buf_free(&after);
}

/* Runs f as a user without rights, where we are root. */
static int
as_nobody(struct scratch *s, int (*f)(struct scratch *s))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (getuid() == 0 && setuid(NOBODY) != 0)
			_exit(99);
		_exit(f(s));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
code_of_writing(struct scratch *s)
{
	if (!spool_open(&s->spool, s->path, SPOOL_READ_WRITE, &s->err))
		return s->err.code;
	spool_close(&s->spool);
	return 0;
}

static int
code_of_reading(struct scratch *s)
{
	if (!spool_open(&s->spool, s->path, SPOOL_READ_ONLY, &s->err))
		return s->err.code;
	spool_close(&s->spool);
	return 0;
}

static void
a_file_without_permission_is_left_alone(void **state)
{
	struct scratch *s = *state;
	struct buf before = BUF_INIT, after = BUF_INIT;

	make_valid(s);
	read_file(s->path, &before);
	assert_int_equal(chmod(s->dir, 0555), 0);
	assert_int_equal(chmod(s->path, 0444), 0);
	assert_int_equal(as_nobody(s, code_of_writing), EX_NOPERM);
	assert_int_equal(chmod(s->path, 0666), 0);
	assert_int_equal(as_nobody(s, code_of_writing), EX_NOPERM);
	assert_int_equal(chmod(s->path, 0), 0);
	assert_int_equal(as_nobody(s, code_of_reading), EX_NOPERM);
	assert_int_equal(chmod(s->dir, 0), 0);
	assert_int_equal(as_nobody(s, code_of_reading), EX_NOPERM);
	assert_int_equal(chmod(s->dir, 0700), 0);
	assert_int_equal(chmod(s->path, 0600), 0);
	assert_false(exists(s->path, "-wal"));
	assert_false(exists(s->path, "-shm"));
	read_file(s->path, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(buf_str(&before), buf_str(&after), after.len);
	buf_free(&before);
	buf_free(&after);
}

static void
a_read_only_handle_cannot_write(void **state)
{
	struct scratch *s = *state;

	make_valid(s);
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_READ_ONLY,
	    &s->err));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"), 1);
	if (spool_begin(s->spool, &s->err)) {
		struct spool_query q;

		spool_query_start(&q, s->spool, SQL_CONFIG_BUMP);
		assert_false(spool_query_run(&q, &s->err));
		spool_rollback(s->spool);
	}
	assert_int_equal(s->err.code, EX_NOPERM);
	spool_close(&s->spool);
	assert_false(exists(s->path, "-wal"));
	assert_false(exists(s->path, "-shm"));
}

static void
programs_that_create_at_once_get_one_file(void **state)
{
	enum { PROGRAMS = 6 };
	struct scratch *s = *state;
	pid_t pids[PROGRAMS];

	for (int i = 0; i < PROGRAMS; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		if (!spool_open(&s->spool, s->path, SPOOL_CREATE, &s->err)) {
			(void)fprintf(stderr, "%s\n", s->err.text);
			_exit(1);
		}
		(void)scratch_message(s, 1, (const char *const[]){
		    "a@y.example", NULL });
		spool_close(&s->spool);
		_exit(0);
	}
	for (int i = 0; i < PROGRAMS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"),
	    PROGRAMS);
}

static void
load_version_1(struct scratch *s)
{
	const char *top = getenv("top_srcdir");
	char name[512];
	struct buf sql = BUF_INIT;

	(void)snprintf(name, sizeof(name), "%s/tests/unit/spool/schema_v1.sql",
	    top != NULL ? top : ".");
	read_file(name, &sql);
	assert_string_equal(scratch_sql(s, buf_str(&sql)), "");
	buf_free(&sql);
	assert_string_equal(scratch_sql(s,
	    "INSERT INTO submission VALUES ('a@x.example', "
	    "'[\"b@y.example\", \"c@z.example\"]', 'hello');"
	    "INSERT INTO submission VALUES ('', '[\"d@y.example\"]', 'x');"
	    "UPDATE recipient SET state = 'deferred', attempts = 3, "
	    "status = '4.7.5', last_error = 'tls', last_attempt_id = 1 "
	    "WHERE id = 2;"
	    "UPDATE recipient SET status = 'odd' WHERE id = 1;"
	    "INSERT INTO attempt (message_id, recipient_id, domain, "
	    "started_at, outcome) VALUES (1, 2, 'z.example', 5, 'deferred');"
	    "DELETE FROM recipient WHERE id = 3;"
	    "INSERT INTO setting VALUES ('queue.retention', '7d')"), "");
}

/*
 * The schema in a form that does not tell how it came about: no comments, no
 * white space, no quotes around names.
 */
static const char *
schema_of(struct scratch *s, struct buf *b)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;

	buf_clear(b);
	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT type || ' ' || name || "
	    "' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name",
	    -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *p = (const char *)sqlite3_column_text(stmt, 0);

		for (; *p != '\0'; p++) {
			if (p[0] == '-' && p[1] == '-')
				p += strcspn(p, "\n");
			if (*p != '\0' && strchr(" \t\n\"", *p) == NULL)
				assert_true(buf_append(b, p, 1));
		}
		assert_true(buf_append(b, "\n", 1));
	}
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return buf_str(b);
}

static void
version_1_becomes_what_a_new_spool_is(void **state)
{
	struct scratch *s = *state;
	struct scratch fresh = { .spool = NULL };
	struct buf upgraded = BUF_INIT, made = BUF_INIT;

	load_version_1(s);
	assert_false(spool_open(&s->spool, s->path, SPOOL_READ_ONLY, &s->err));
	assert_non_null(strstr(s->err.text, "older"));
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_READ_WRITE,
	    &s->err));
	assert_done(s, spool_verify(s->spool, &s->err));
	assert_string_equal(scratch_text(s, "PRAGMA user_version"), "5");
	assert_string_equal(scratch_text(s, "SELECT group_concat(id || "
	    "address || state || attempts || coalesce(status, '-') || "
	    "tls_failures) FROM recipient"), "1b@y.examplequeued0-0,"
	    "2c@z.exampledeferred34.7.50");
	assert_string_equal(scratch_text(s, "SELECT recipient FROM queue "
	    "WHERE last_error = 'tls'"), "c@z.example");
	assert_string_equal(scratch_text(s, "SELECT value FROM setting"),
	    "7d");
	/* Ids are still never used twice. */
	(void)scratch_message(s, 1, (const char *const[]){ "e@y.example",
	    NULL });
	assert_int_equal(scratch_number(s, "SELECT max(id) FROM recipient"),
	    4);
	spool_close(&s->spool);

	(void)snprintf(fresh.path, sizeof(fresh.path), "%s/fresh.db", s->dir);
	assert_done(s, spool_open(&fresh.spool, fresh.path, SPOOL_CREATE,
	    &s->err));
	spool_close(&fresh.spool);
	assert_string_equal(schema_of(s, &upgraded), schema_of(&fresh, &made));

	/* The copy is what was there before. */
	(void)strncat(s->path, ".version-1",
	    sizeof(s->path) - strlen(s->path) - 1);
	assert_string_equal(scratch_text(s, "PRAGMA user_version"), "1");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM recipient"),
	    2);
	buf_free(&upgraded);
	buf_free(&made);
}

static void
an_upgrade_waits_for_its_turn_and_runs_once(void **state)
{
	enum { PROGRAMS = 4 };
	struct scratch *s = *state;
	pid_t pids[PROGRAMS];

	load_version_1(s);
	for (int i = 0; i < PROGRAMS; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		if (spool_open(&s->spool, s->path, SPOOL_CREATE, &s->err))
			_exit(0);
		(void)fprintf(stderr, "%s\n", s->err.text);
		_exit(1);
	}
	for (int i = 0; i < PROGRAMS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_string_equal(scratch_text(s, "PRAGMA user_version"), "5");
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM recipient"),
	    2);
}

static void
another_ones_commit_changes_the_data_version(void **state)
{
	struct scratch *s = *state;
	int64_t first, own, foreign;

	assert_done(s, spool_data_version(s->spool, &first, &s->err));
	(void)scratch_message(s, 1, (const char *const[]){ "a@y.example",
	    NULL });
	assert_done(s, spool_data_version(s->spool, &own, &s->err));
	assert_int_equal(first, own);
	assert_string_equal(scratch_sql(s, "INSERT INTO submission (sender, "
	    "recipients, content) VALUES ('', '[\"a@y.example\"]', 'x')"), "");
	assert_done(s, spool_data_version(s->spool, &foreign, &s->err));
	assert_int_not_equal(own, foreign);
}

static void
a_held_write_lock_is_a_temporary_failure(void **state)
{
	struct scratch *s = *state;
	struct spool *other = NULL;

	assert_done(s, spool_open(&other, s->path, SPOOL_READ_WRITE, &s->err));
	assert_done(s, spool_begin(other, &s->err));
	spool_busy_set(s->spool, 60);
	assert_false(spool_begin(s->spool, &s->err));
	assert_int_equal(s->err.code, EX_TEMPFAIL);
	assert_non_null(strstr(s->err.text, "locked"));
	assert_non_null(strstr(s->err.text, s->path));
	spool_rollback(other);
	assert_done(s, spool_begin(s->spool, &s->err));
	spool_rollback(s->spool);
	spool_rollback(s->spool); /* harmless without a transaction */
	spool_close(&other);
}

static bool
read_all_recipients(struct scratch *s)
{
	struct spool_query q;

	spool_query_start(&q, s->spool, SQL_STATS_STATES);
	return spool_query_run(&q, &s->err);
}

static void
a_reader_can_be_limited(void **state)
{
	struct scratch *s = *state;

	assert_string_equal(scratch_sql(s, "INSERT INTO message (id, sender, "
	    "size) VALUES (1, '', 1); WITH RECURSIVE n(i) AS (SELECT 1 UNION "
	    "ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO recipient "
	    "(message_id, address, domain) SELECT 1, i || '@y.example', "
	    "'y.example' FROM n"), "");
	spool_limit_set(s->spool, 1);
	(void)usleep(5000);
	assert_false(read_all_recipients(s));
	assert_int_equal(s->err.code, EX_TEMPFAIL);
	assert_non_null(strstr(s->err.text, "too long"));
	spool_limit_set(s->spool, 60000);
	assert_done(s, read_all_recipients(s));
	spool_limit_set(s->spool, 0);
	assert_done(s, read_all_recipients(s));
}

#define CLOSED_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
#define OPEN_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED_TEST(a_new_spool_is_complete),
		OPEN_TEST(a_connection_is_set_up_safely),
		CLOSED_TEST(a_missing_file_is_made_only_on_request),
		CLOSED_TEST(a_file_that_is_no_spool_is_left_alone),
		CLOSED_TEST(a_file_without_permission_is_left_alone),
		CLOSED_TEST(a_read_only_handle_cannot_write),
		OPEN_TEST(a_reader_can_be_limited),
		CLOSED_TEST(programs_that_create_at_once_get_one_file),
		CLOSED_TEST(version_1_becomes_what_a_new_spool_is),
		CLOSED_TEST(an_upgrade_waits_for_its_turn_and_runs_once),
		OPEN_TEST(another_ones_commit_changes_the_data_version),
		OPEN_TEST(a_held_write_lock_is_a_temporary_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
