/*
 * See spool_testing.h.
 */
#include "testing.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/mem.h"
#include "spool/insert.h"

int
scratch_setup(void **state)
{
	struct scratch *s = mem_zalloc(sizeof(*s));

	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/tlsq-spool-XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		return -1;
	(void)snprintf(s->path, sizeof(s->path), "%s/spool.db", s->dir);
	*state = s;
	return 0;
}

int
scratch_open_setup(void **state)
{
	struct scratch *s;

	if (scratch_setup(state) != 0)
		return -1;
	s = *state;
	if (spool_open(&s->spool, s->path, SPOOL_CREATE, &s->err))
		return 0;
	print_error("%s\n", s->err.text);
	return -1;
}

int
scratch_teardown(void **state)
{
	struct scratch *s = *state;
	struct dirent *entry;
	DIR *dir;

	spool_close(&s->spool);
	dir = opendir(s->dir);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(s->dir);
	free(s);
	return 0;
}

static sqlite3 *
foreign(struct scratch *s)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 5000);
	return db;
}

const char *
scratch_sql(struct scratch *s, const char *sql)
{
	static char text[512];
	sqlite3 *db = foreign(s);
	char *why = NULL;

	(void)sqlite3_exec(db, sql, NULL, NULL, &why);
	(void)snprintf(text, sizeof(text), "%s", why != NULL ? why : "");
	sqlite3_free(why);
	(void)sqlite3_close(db);
	return text;
}

const char *
scratch_text(struct scratch *s, const char *sql)
{
	static char text[512];
	sqlite3 *db = foreign(s);
	sqlite3_stmt *stmt = NULL;

	text[0] = '\0';
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		(void)snprintf(text, sizeof(text), "%s",
		    (const char *)sqlite3_column_text(stmt, 0));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return text;
}

int64_t
scratch_number(struct scratch *s, const char *sql)
{
	const char *text = scratch_text(s, sql);
	char *end;
	long long n = strtoll(text, &end, 10);

	return *text != '\0' && *end == '\0' ? n : -1;
}

bool
scratch_finished(struct scratch *s)
{
	return scratch_number(s, "SELECT count(*) FROM message WHERE id = 1 "
	    "AND finished_at IS NOT NULL") == 1;
}

int64_t
scratch_message(struct scratch *s, int64_t received_at,
    const char *const *addresses)
{
	static const char content[] = "Subject: x\r\n\r\nbody\r\n";
	struct spool_insert *ins = spool_insert_new(s->path);
	struct spool_message m = {
		.sender = "sender@x.example", .source = "submit",
		.received_at = received_at, .wait_until = -1,
	};
	int64_t id = -1;

	for (; *addresses != NULL; addresses++)
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = *addresses });
	assert_done(s, spool_insert_content(ins, content, sizeof(content) - 1,
	    &s->err));
	assert_done(s, spool_insert_commit(ins, s->spool, &m, &id, &s->err));
	spool_insert_free(&ins);
	return id;
}
