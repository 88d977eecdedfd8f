/*
 * spool: gathering and storing messages, reading them back, runners, the stored
 * configuration, the caches.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "spool/cache.h"
#include "spool/config.h"
#include "spool/message.h"
#include "spool/insert.h"
#include "spool/queue.h"
#include "spool/runners.h"
#include "testing.h"

static const struct spool_message plain = {
	.sender = "a@x.example", .source = "submit", .received_at = 1000,
	.wait_until = -1,
};

/* Content whose every octet tells its place. */
static void
fill(char *chunk, size_t len, uint64_t offset)
{
	for (size_t i = 0; i < len; i++)
		chunk[i] = (char)((offset + i) * 2654435761u >> 13);
}

static void
content_comes_back_as_it_went_in(void **state)
{
	static const struct {
		const char *why;
		size_t size, chunk;
		int pieces;
	} rows[] = {
		{ "small, at once", 100, 100, 1 },
		{ "octet by octet", 3000, 1, 1 },
		{ "just one piece", 262144, 4096, 1 },
		{ "one octet more", 262145, 5000, 2 },
		{ "the most that stays in memory", 524288, 524288, 2 },
		{ "one octet more: a file", 524289, 65536, 3 },
		{ "a file at once", 2000000, 2000000, 8 },
		{ "a file in odd chunks", 1500001, 7777, 6 },
	};
	struct scratch *s = *state;
	char *chunk = mem_alloc(2000000);
	struct buf piece = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spool_insert *ins = spool_insert_new(s->path);
		uint64_t offset = 0;
		int64_t id, seq = 0;
		bool found, last;

		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = "b@y.example" });
		while (offset < rows[i].size) {
			size_t n = rows[i].size - offset < rows[i].chunk ?
			    rows[i].size - offset : rows[i].chunk;

			fill(chunk, n, offset);
			assert_done(s, spool_insert_content(ins, chunk, n,
			    &s->err));
			offset += n;
		}
		assert_int_equal(spool_insert_size(ins), rows[i].size);
		assert_done(s, spool_insert_commit(ins, s->spool, &plain, &id,
		    &s->err));
		spool_insert_free(&ins);
		for (offset = 0;; seq++) {
			assert_done(s, spool_content_read(s->spool, id, seq,
			    &piece, &found, &last, &s->err));
			if (!found)
				break;
			if (last != (seq + 1 == rows[i].pieces))
				fail_msg("%s: piece %d is %sthe last",
				    rows[i].why, (int)seq, last ? "" : "not ");
			fill(chunk, piece.len, offset);
			if (memcmp(chunk, buf_str(&piece), piece.len) != 0)
				fail_msg("%s: piece %d", rows[i].why,
				    (int)seq);
			offset += piece.len;
		}
		if (offset != rows[i].size || seq != rows[i].pieces)
			fail_msg("%s: %d pieces, %d octets", rows[i].why,
			    (int)seq, (int)offset);
	}
	buf_free(&piece);
	free(chunk);
}

/* Stored: b@y and c@y of the transaction Q1 from a@x; w@y was withdrawn. */
static void
one_transaction_of_the_mail_server_sends_one_copy(void **state)
{
	static const struct {
		const char *why, *mta_id, *sender, *address;
		size_t left;
	} rows[] = {
		{ "the same", "Q1", "a@x.example", "b@y.example", 1 },
		{ "the other", "Q1", "a@x.example", "c@y.example", 1 },
		{ "another transaction", "Q2", "a@x.example", "b@y.example", 2 },
		{ "another sender", "Q1", "", "b@y.example", 2 },
		{ "another local part", "Q1", "a@x.example", "B@y.example", 2 },
		{ "one that the client was refused", "Q1", "a@x.example",
		  "w@y.example", 2 },
		{ "one that failed", "Q1", "a@x.example", "f@y.example", 1 },
	};
	struct scratch *s = *state;

	assert_string_equal(scratch_sql(s,
	    "INSERT INTO submission (sender, mta_id, content, recipients) "
	    "VALUES ('a@x.example', 'Q1', 'x', '[\"b@y.example\"]'), "
	    "('a@x.example', 'Q1', 'x', "
	    "'[\"c@y.example\", \"w@y.example\", \"f@y.example\"]'), "
	    "('a@x.example', NULL, 'x', '[\"new@y.example\"]'); "
	    "UPDATE recipient SET state = CASE address WHEN 'w@y.example' THEN "
	    "'withdrawn' ELSE 'failed' END, finished_at = 1 WHERE address IN "
	    "('w@y.example', 'f@y.example')"), "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spool_insert *ins = spool_insert_new(s->path);
		struct spool_message m = plain;
		int64_t id;

		m.mta_id = rows[i].mta_id;
		m.sender = rows[i].sender;
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = rows[i].address });
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = "new@y.example" });
		assert_done(s, spool_insert_content(ins, "x", 1, &s->err));
		assert_done(s, spool_begin(s->spool, &s->err));
		assert_done(s, spool_insert_drop_known(ins, s->spool, &m,
		    &s->err));
		if (spool_insert_recipient_count(ins) != rows[i].left)
			fail_msg("%s: %zu left", rows[i].why,
			    spool_insert_recipient_count(ins));
		/* what is left is stored as if nothing had been dropped */
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = "late@y.example" });
		assert_done(s, spool_insert_store(ins, s->spool, &m, &id,
		    &s->err));
		spool_rollback(s->spool);
		spool_insert_free(&ins);
	}
}

static void
fifty_megabytes_need_little_memory(void **state)
{
	enum { SIZE = 50 * 1000 * 1000, CHUNK = 65536,
#ifdef __SANITIZE_ADDRESS__	/* which keeps freed memory for a while */
	    BOUND_KB = 512 * 1024 };
#else
	    BOUND_KB = 20 * 1024 };
#endif
	struct scratch *s = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct spool_insert *ins;
		static char chunk[CHUNK];
		struct rusage before, after;
		int64_t id;
		bool ok;

		spool_close(&s->spool);
		ok = spool_open(&s->spool, s->path, SPOOL_READ_WRITE, &s->err);
		(void)getrusage(RUSAGE_SELF, &before);
		ins = spool_insert_new(s->path);
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = "b@y.example" });
		for (int n = 0; ok && n < SIZE; n += CHUNK)
			ok = spool_insert_content(ins, chunk, CHUNK, &s->err);
		ok = ok && spool_insert_commit(ins, s->spool, &plain, &id,
		    &s->err);
		(void)getrusage(RUSAGE_SELF, &after);
		if (!ok)
			(void)fprintf(stderr, "%s\n", s->err.text);
		if (after.ru_maxrss - before.ru_maxrss > BOUND_KB)
			(void)fprintf(stderr, "%ld kB more\n",
			    after.ru_maxrss - before.ru_maxrss);
		_exit(!ok || after.ru_maxrss - before.ru_maxrss > BOUND_KB);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(scratch_number(s, "SELECT sum(length(data)) FROM content")
	    >= SIZE);
}

static void
all_of_the_envelope_is_stored(void **state)
{
	struct scratch *s = *state;
	struct spool_insert *ins = spool_insert_new(s->path);
	struct spool_message m = { .mta_id = "4ANx", .sender = "",
	    .source = "milter", .received_at = 5, .wait_until = 9,
	    .body_type = "8BITMIME", .smtputf8 = true, .require_tls = true,
	    .ret = "HDRS", .envid = "e", .client_ip = "192.0.2.9",
	    .client_name = "c\xc2\x9b.example", .auth_user = "joe\n",
	    .tls_strategy = "default" };
	int64_t id;

	spool_insert_recipient(ins, &(struct spool_recipient){
	    .address = "B@Y.example", .notify = "NEVER",
	    .orcpt = "rfc822;o@x.example", .held = true });
	spool_insert_recipient(ins, &(struct spool_recipient){
	    .address = "c@z.example" });
	assert_int_equal(spool_insert_recipient_count(ins), 2);
	assert_done(s, spool_insert_content(ins, "x", 1, &s->err));
	assert_done(s, spool_insert_commit(ins, s->spool, &m, &id, &s->err));
	spool_insert_free(&ins);
	assert_string_equal(scratch_text(s, "SELECT mta_id || sender || source "
	    "|| received_at || wait_until || size || body_type || smtputf8 || "
	    "require_tls || tls_optional || ret || envid || client_ip || "
	    "client_name || auth_user || tls_strategy FROM message"),
	    "4ANxmilter5918BITMIME110HDRSe192.0.2.9c??.examplejoe?default");
	assert_string_equal(scratch_text(s, "SELECT group_concat(address || "
	    "domain || state || next_attempt_at || coalesce(notify || orcpt, "
	    "'-')) FROM recipient"), "B@Y.exampley.exampleheld5NEVERrfc822;"
	    "o@x.example,c@z.examplez.examplequeued5-");
}

static void
what_the_schema_refuses_leaves_nothing(void **state)
{
	static const struct {
		const char *why, *recipient, *strategy, *content, *words;
	} rows[] = {
		{ "no recipient", NULL, NULL, "x", "no recipients" },
		{ "no content", "b@y.example", NULL, "", "no content" },
		{ "a bad address", "b", NULL, "x", "bad address" },
		{ "an unknown strategy", "b@y.example", "secure", "x",
		  "unknown TLS strategy" },
	};
	struct scratch *s = *state;

	assert_done(s, spool_begin(s->spool, &s->err));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spool_insert *ins = spool_insert_new(s->path);
		struct spool_message m = plain;
		int64_t id;

		m.tls_strategy = rows[i].strategy;
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = "first@y.example" });
		if (rows[i].recipient != NULL)
			spool_insert_recipient(ins, &(struct spool_recipient){
			    .address = rows[i].recipient });
		else {
			spool_insert_free(&ins);
			ins = spool_insert_new(s->path);
		}
		assert_done(s, spool_insert_content(ins, rows[i].content,
		    strlen(rows[i].content), &s->err));
		if (spool_insert_store(ins, s->spool, &m, &id, &s->err))
			fail_msg("%s: stored", rows[i].why);
		if (s->err.code != EX_DATAERR ||
		    strstr(s->err.text, rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].why, s->err.text);
		spool_insert_free(&ins);
	}
	/* The others of the transaction are not touched by that. */
	{
		struct spool_insert *ins = spool_insert_new(s->path);
		int64_t id;

		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = "b@y.example" });
		assert_done(s, spool_insert_content(ins, "x", 1, &s->err));
		assert_done(s, spool_insert_store(ins, s->spool, &plain, &id,
		    &s->err));
		spool_insert_free(&ins);
	}
	assert_done(s, spool_commit(s->spool, &s->err));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"), 1);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM recipient"),
	    1);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM content"), 1);
}

/* What a full disk or a file size limit does. */
static void
a_write_that_fails_stores_nothing(void **state)
{
	struct scratch *s = *state;
	pid_t pid;
	int status;

	(void)scratch_message(s, 1, (const char *const[]){ "a@y.example",
	    NULL });
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = { 400000, 400000 };
		struct spool_insert *ins;
		static char chunk[500000];
		int64_t id;
		bool ok;

		(void)signal(SIGXFSZ, SIG_IGN);
		spool_close(&s->spool);
		if (!spool_open(&s->spool, s->path, SPOOL_READ_WRITE, &s->err))
			_exit(90);
		ins = spool_insert_new(s->path);
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = "b@y.example" });
		if (!spool_insert_content(ins, chunk, sizeof(chunk), &s->err) ||
		    setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(91);
		ok = spool_insert_commit(ins, s->spool, &plain, &id, &s->err);
		if (ok || spool_in_transaction(s->spool))
			_exit(92);
		_exit(s->err.code);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_IOERR);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM message"), 1);
	assert_string_equal(scratch_text(s, "PRAGMA integrity_check"), "ok");
}

static void
claims_of_a_dead_runner_are_taken_back_at_once(void **state)
{
	struct scratch *s = *state;
	struct spool_runner *mine = NULL;
	int64_t count = -1, alive;
	int ready[2], status;
	char c;
	pid_t pid;

	(void)scratch_message(s, 1, (const char *const[]){ "a@y.example",
	    "b@y.example", NULL });
	assert_done(s, spool_runners_count(s->spool, &alive, &s->err));
	assert_int_equal(alive, 0);
	spool_close(&s->spool);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct spool_runner *r;
		struct spool_job *jobs;
		struct spool_claim claim = { .now = 5, .due_by = 5,
		    .lease_s = 1000000, .max = 1 };
		size_t n;
		bool more;

		if (spool_open(&s->spool, s->path, SPOOL_READ_WRITE, &s->err) &&
		    spool_runner_register(s->spool, 5, &r, &s->err) &&
		    (claim.token = spool_runner_token(r)) != NULL &&
		    spool_begin(s->spool, &s->err) &&
		    spool_claim(s->spool, &claim, &jobs, &n, &more, &s->err) &&
		    spool_commit(s->spool, &s->err) &&
		    write(ready[1], "y", 1) == 1)
			(void)pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_READ_WRITE,
	    &s->err));
	assert_done(s, spool_runner_register(s->spool, 6, &mine, &s->err));
	assert_done(s, spool_runners_reap(s->spool, &count, &s->err));
	assert_int_equal(count, 0); /* it lives */
	assert_done(s, spool_runners_count(s->spool, &alive, &s->err));
	assert_int_equal(alive, 2);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_done(s, spool_runners_reap(s->spool, &count, &s->err));
	assert_int_equal(count, 1);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM recipient "
	    "WHERE state = 'queued'"), 2);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM runner"), 1);
	assert_done(s, spool_runner_heartbeat(s->spool, mine, 99, &s->err));
	assert_int_equal(scratch_number(s, "SELECT seen_at FROM runner"), 99);
	spool_runner_unregister(s->spool, &mine);
	assert_null(mine);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM runner"), 0);
	assert_done(s, spool_runners_count(s->spool, &alive, &s->err));
	assert_int_equal(alive, 0);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

static void
a_runner_that_leaves_gives_its_claims_back(void **state)
{
	struct scratch *s = *state;
	struct spool_runner *r;
	char sql[600], name[300];

	(void)scratch_message(s, 1, (const char *const[]){ "a@y.example",
	    NULL });
	assert_done(s, spool_runner_register(s->spool, 5, &r, &s->err));
	(void)snprintf(name, sizeof(name), "%s/runner-1.lock", s->dir);
	assert_int_equal(access(name, F_OK), 0);
	(void)snprintf(sql, sizeof(sql), "UPDATE recipient SET state = "
	    "'active', claimed_until = 9999999999, claimed_by = '%s'",
	    spool_runner_token(r));
	assert_string_equal(scratch_sql(s, sql), "");
	assert_string_equal(scratch_text(s, "SELECT claimed_by = host || '/' "
	    "|| boot_id || '/' || pid || '/' || runner.id FROM recipient, "
	    "runner"), "1");
	spool_runner_unregister(s->spool, &r);
	assert_string_equal(scratch_text(s, "SELECT state FROM recipient"),
	    "queued");
	assert_int_equal(access(name, F_OK), -1);
}

static void
the_configuration_is_replaced_as_a_whole(void **state)
{
	struct conf_setting_row settings[] = {
		{ "queue.retention", "7d" }, { "a.b", "" }, { "z", "1" },
	};
	struct conf_tls_row strategies[] = {
		{ "secure", { "require", "optional", "require", "false", "60",
		  "300", "bounce", "1.3" } },
	};
	struct conf_rule_row rules[] = {
		{ CONF_RULE_TLS, 1, NULL, "'secure'" },
		{ CONF_RULE_TLS, 0, "retry_num > 3", "'secure'" },
	};
	struct conf_lookup_row lookups[] = {
		{ "partners", "y.example", "secure" },
	};
	struct conf_rows rows = { .setting = settings, .setting_count = 3,
		.tls = strategies, .tls_count = 1, .rule = rules,
		.rule_count = 2, .lookup = lookups, .lookup_count = 1 }, *got;
	struct scratch *s = *state;
	int64_t generation = -1;

	assert_done(s, spool_config_load(s->spool, &got, &generation, &s->err));
	assert_int_equal(generation, 0);
	assert_int_equal(got->tls_count, 2); /* shipped */
	assert_int_equal(got->setting_count, 0);
	conf_rows_free(&got);
	assert_done(s, spool_config_store(s->spool, &rows, &s->err));
	assert_done(s, spool_config_load(s->spool, &got, &generation, &s->err));
	assert_int_equal(generation, 1);
	assert_int_equal(got->setting_count, 3);
	assert_string_equal(got->setting[0].key, "a.b");
	assert_string_equal(got->setting[0].value, "");
	/* The shipped ones stay: default, invalid-tls, secure. */
	assert_int_equal(got->tls_count, 3);
	assert_string_equal(got->tls[1].id, "invalid-tls");
	assert_string_equal(got->tls[2].column[CONF_TLS_DANE], "require");
	assert_string_equal(got->tls[2].column[CONF_TLS_TIMEOUT_TLS], "60");
	assert_string_equal(got->tls[2].column[CONF_TLS_MIN_VERSION], "1.3");
	assert_int_equal(got->rule_count, 2);
	assert_string_equal(got->rule[0].condition, "retry_num > 3");
	assert_null(got->rule[1].condition);
	assert_string_equal(got->lookup[0].value, "secure");
	assert_string_equal(scratch_text(s, "SELECT typeof(timeout_tls) FROM "
	    "tls_strategy WHERE id = 'secure'"), "integer");
	conf_rows_free(&got);
	/* A part that is refused: all stays as it was. */
	strategies[0].column[CONF_TLS_DANE] = "nonsense";
	rows.setting_count = 0;
	assert_false(spool_config_store(s->spool, &rows, &s->err));
	assert_int_equal(s->err.code, EX_DATAERR);
	assert_false(spool_in_transaction(s->spool));
	assert_done(s, spool_config_generation(s->spool, &generation,
	    &s->err));
	assert_int_equal(generation, 1);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM setting "
	    "WHERE key <> 'config.generation'"), 3);
}

static void
cached_answers_end_with_their_time(void **state)
{
	struct scratch *s = *state;
	struct arena *arena = arena_new();
	struct spool_mx_cache mx = { "y.example", "secure",
	    "[[10,\"mx.y.example\"]]", 100, 200,
	    "canonical.example" }, mx_got;
	struct spool_host_cache host = { "mx.y.example", NULL, "insecure",
	    "[\"192.0.2.1\"]", 100, 150 }, host_got;
	bool found;

	assert_done(s, spool_mx_cache_put(s->spool, &mx, &s->err));
	mx.status = "bogus";
	assert_done(s, spool_mx_cache_put(s->spool, &mx, &s->err));
	assert_done(s, spool_host_cache_put(s->spool, &host, &s->err));
	assert_done(s, spool_mx_cache_get(s->spool, "y.example", 199, arena,
	    &mx_got, &found, &s->err));
	assert_true(found);
	assert_string_equal(mx_got.status, "bogus");
	assert_string_equal(mx_got.records, "[[10,\"mx.y.example\"]]");
	assert_string_equal(mx_got.canonical, "canonical.example");
	assert_done(s, spool_mx_cache_get(s->spool, "y.example", 200, arena,
	    &mx_got, &found, &s->err));
	assert_false(found);
	assert_done(s, spool_host_cache_get(s->spool, "mx.y.example", 149,
	    arena, &host_got, &found, &s->err));
	assert_true(found);
	assert_null(host_got.canonical);
	assert_string_equal(host_got.addresses, "[\"192.0.2.1\"]");
	assert_done(s, spool_cache_purge(s->spool, 150, &s->err));
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM mx_cache"),
	    1);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM host_cache"),
	    0);
	arena_free(&arena);
}

static void
a_valid_policy_is_not_lost(void **state)
{
	struct scratch *s = *state;
	struct arena *arena = arena_new();
	struct spool_sts_cache mine = { .domain = "y.example", .txt_id = "2",
		.mode = "enforce", .mx = "[\"a\"]", .max_age = 1000,
		.policy = "text", .fetched_at = 200, .expires_at = 1200,
		.checked_at = 300, .last_error = "sts-webpki-invalid: x" };
	struct spool_sts_cache other = { .domain = "y.example", .max_age = -1,
		.fetched_at = -1, .expires_at = 2000, .checked_at = 1199 };
	struct spool_sts_cache got;
	bool found;

	assert_done(s, spool_sts_cache_put(s->spool, &mine, &s->err));
	/* Neither by what was fetched earlier nor by a failure. */
	assert_done(s, spool_sts_cache_put(s->spool, &other, &s->err));
	other = mine;
	other.txt_id = "1";
	other.fetched_at = 199;
	assert_done(s, spool_sts_cache_put(s->spool, &other, &s->err));
	assert_done(s, spool_cache_purge(s->spool, 1199, &s->err));
	assert_done(s, spool_sts_cache_get(s->spool, "y.example", 1199, arena,
	    &got, &found, &s->err));
	assert_true(found);
	assert_string_equal(got.txt_id, "2");
	assert_string_equal(got.mode, "enforce");
	assert_string_equal(got.mx, "[\"a\"]");
	assert_int_equal(got.max_age, 1000);
	assert_string_equal(got.policy, "text");
	assert_int_equal(got.fetched_at, 200);
	assert_int_equal(got.expires_at, 1200);
	assert_int_equal(got.checked_at, 300);
	assert_string_equal(got.last_error, "sts-webpki-invalid: x");
	/* But by one fetched at the same time or later, and once it is over. */
	mine.last_error = NULL;
	assert_done(s, spool_sts_cache_put(s->spool, &mine, &s->err));
	other = (struct spool_sts_cache){ .domain = "y.example", .max_age = -1,
		.fetched_at = -1, .expires_at = 2000, .checked_at = 1200 };
	assert_done(s, spool_sts_cache_get(s->spool, "y.example", 1199, arena,
	    &got, &found, &s->err));
	assert_null(got.last_error);
	assert_done(s, spool_sts_cache_put(s->spool, &other, &s->err));
	assert_done(s, spool_sts_cache_get(s->spool, "y.example", 1999, arena,
	    &got, &found, &s->err));
	assert_true(found);
	assert_null(got.mode);
	assert_int_equal(got.fetched_at, -1);
	assert_done(s, spool_cache_purge(s->spool, 2000, &s->err));
	assert_int_equal(scratch_number(s,
	    "SELECT count(*) FROM mta_sts_cache"), 0);
	arena_free(&arena);
}

#define SPOOL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_open_setup, scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(content_comes_back_as_it_went_in),
		SPOOL_TEST(one_transaction_of_the_mail_server_sends_one_copy),
		SPOOL_TEST(fifty_megabytes_need_little_memory),
		SPOOL_TEST(all_of_the_envelope_is_stored),
		SPOOL_TEST(what_the_schema_refuses_leaves_nothing),
		SPOOL_TEST(a_write_that_fails_stores_nothing),
		SPOOL_TEST(claims_of_a_dead_runner_are_taken_back_at_once),
		SPOOL_TEST(a_runner_that_leaves_gives_its_claims_back),
		SPOOL_TEST(the_configuration_is_replaced_as_a_whole),
		SPOOL_TEST(cached_answers_end_with_their_time),
		SPOOL_TEST(a_valid_policy_is_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
