/*
 * spool: many processes try to lose a message.
 *
 * Writers of our own and stock sqlite3 shells put mail in, a runner claims,
 * records and checkpoints, a reader holds old states open; runner and writers
 * are killed now and then.  At the end every insert that was acknowledged must
 * be there, whole.  TLSQ_STRESS_S says for how long (8 s).
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "spool/checkpoint.h"
#include "spool/insert.h"
#include "spool/queue.h"
#include "spool/record.h"
#include "spool/runners.h"
#include "testing.h"

enum {
	WRITERS = 3, SHELLS = 2, SOURCES = WRITERS + SHELLS,
	RUNNER = SOURCES, READER, PROCESSES,
	DEFAULT_S = 8, KILL_EVERY_MS = 700,
	BIG_EVERY = 40, BIG_SIZE = 1500000,
	HUGE_EVERY = 8, HUGE_SIZE = 9000000,	/* more than 1,000 pages */
	PAUSE_US = 15000,
};

/* Shared by all processes. */
struct tally {
	atomic_int acknowledged[SOURCES];	/* numbers 1 to this */
	atomic_int delivered, checkpoints;
};

static struct scratch *scratch;
static struct tally *tally;
static int64_t end_ms;

static bool
going(void)
{
	return clock_mono_ms() < end_ms;
}

/* In a child: what fails there fails the test. */
static void
need(bool ok, const char *what, const struct error *err)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, err->text);
	_exit(1);
}

static void
open_spool(struct spool **spool)
{
	struct error err;

	need(spool_open(spool, scratch->path, SPOOL_READ_WRITE, &err), "open",
	    &err);
	spool_busy_set(*spool, 30000);
}

static void
write_one(struct spool *spool, int who, int n, const char *content)
{
	struct spool_insert *ins = spool_insert_new(spool_path(spool));
	struct spool_message m = { .sender = "", .source = "submit",
	    .received_at = clock_now_s(), .wait_until = -1 };
	size_t len = n % BIG_EVERY == 0 ? BIG_SIZE : (size_t)(n % 9 + 1) * 900;
	char name[32];
	struct error err;
	int64_t id;

	(void)snprintf(name, sizeof(name), "w%d-%d", who, n);
	m.mta_id = name;
	for (int i = 0; i <= n % 3; i++)
		spool_insert_recipient(ins, &(struct spool_recipient){
		    .address = i == 0 ? "a@y.example" : "b@z.example" });
	need(spool_insert_content(ins, content, len, &err), "content", &err);
	need(spool_insert_commit(ins, spool, &m, &id, &err), "insert", &err);
	spool_insert_free(&ins);
	atomic_store(&tally->acknowledged[who], n);
}

static void
be_writer(int who)
{
	char *content = mem_zalloc(BIG_SIZE);
	struct spool *spool = NULL;

	memset(content, 'x', BIG_SIZE);
	for (int n = atomic_load(&tally->acknowledged[who]) + 1; going(); n++) {
		if (spool == NULL)
			open_spool(&spool);
		write_one(spool, who, n, content);
		/* As `tlsq submit` does; the last one stays open. */
		if (who > 0) {
			spool_checkpoint_if_no_runner(spool);
			if (n % 10 == 0)
				spool_close(&spool);
		}
		/* Room for the shells, which poll for the lock seldom. */
		(void)usleep(PAUSE_US);
	}
	spool_close(&spool);
	free(content);
}

/* The stock shell as it is: it checkpoints by itself at 1,000 pages. */
static bool
run_shell(const char *sql)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)execlp("sqlite3", "sqlite3", "-bail", "-cmd",
		    ".timeout 30000", scratch->path, sql, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void
be_shell(int who)
{
	char sql[256];

	for (int n = atomic_load(&tally->acknowledged[who]) + 1; going(); n++) {
		(void)snprintf(sql, sizeof(sql), "INSERT INTO submission "
		    "(sender, recipients, content, mta_id) VALUES ('', "
		    "'[\"a@y.example\",\"c@w.example\"]', "
		    "zeroblob(%d), 'w%d-%d')",
		    n % HUGE_EVERY == 0 ? HUGE_SIZE : 2000, who, n);
		if (!run_shell(sql))
			_exit(1);
		atomic_store(&tally->acknowledged[who], n);
	}
}

static void
deliver(struct spool *spool, const char *token, struct spool_job *jobs)
{
	struct error err;

	need(spool_begin(spool, &err), "begin", &err);
	while (jobs != NULL) {
		struct spool_job *next = jobs->next;

		for (size_t i = 0; i < jobs->rcpt_count; i++) {
			struct spool_result r = { .token = token,
			    .recipient_id = jobs->rcpts[i].id,
			    .outcome = SPOOL_DELIVERED, .status = "2.0.0",
			    .now = clock_now_s(), .expires_at = -1,
			    .last_attempt_id = -1 };
			enum spool_effect effect;

			need(spool_result_set(spool, &r, &effect, &err),
			    "result", &err);
			need(effect == SPOOL_RECORDED, "lease", &err);
			atomic_fetch_add(&tally->delivered, 1);
		}
		need(spool_message_finish(spool, jobs->message.id,
		    clock_now_s(), &err), "finish", &err);
		spool_job_free(&jobs);
		jobs = next;
	}
	need(spool_commit(spool, &err), "commit", &err);
}

static void
be_runner(int who)
{
	struct spool *spool = NULL;
	struct spool_runner *runner;
	struct error err = { .text = "" };
	int64_t count;
	bool taken, done, more;

	(void)who;
	open_spool(&spool);
	need(spool_runner_register(spool, clock_now_s(), &runner, &err),
	    "register", &err);
	need(spool_runners_reap(spool, &count, &err), "reap", &err);
	while (going()) {
		struct spool_claim claim = { .now = clock_now_s(),
		    .token = spool_runner_token(runner), .due_by = INT64_MAX,
		    .lease_s = 100000, .max = 50 };
		struct spool_job *jobs;
		size_t n;

		need(spool_checkpointer_become(spool, &taken, &err),
		    "checkpointer", &err);
		need(spool_begin(spool, &err), "begin", &err);
		need(spool_claim(spool, &claim, &jobs, &n, &more, &err),
		    "claim", &err);
		need(spool_commit(spool, &err), "commit", &err);
		deliver(spool, claim.token, jobs);
		need(spool_checkpoint_if_needed(spool, SPOOL_CHECKPOINT_PAGES,
		    &done, &err), "checkpoint", &err);
		atomic_fetch_add(&tally->checkpoints, done);
		(void)usleep(2000);
	}
	spool_runner_unregister(spool, &runner);
	spool_close(&spool);
}

/* Holds an old state for longer than a checkpoint waits, now and then. */
static void
be_reader(int who)
{
	static const char *const sql =
	    "BEGIN; SELECT count(*) FROM message; SELECT * FROM problems;";
	int n = 0;

	(void)who;
	while (going()) {
		FILE *shell;
		char command[400];

		(void)snprintf(command, sizeof(command),
		    "sqlite3 -cmd '.timeout 30000' %s >/dev/null",
		    scratch->path);
		shell = popen(command, "w");
		if (shell == NULL)
			_exit(1);
		(void)fputs(sql, shell);
		(void)fflush(shell);
		(void)usleep(++n % 8 == 0 ? 900000 : 20000);
		if (pclose(shell) != 0)
			_exit(1);
	}
}

static pid_t
start(int who)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (who < WRITERS)
		be_writer(who);
	else if (who < SOURCES)
		be_shell(who);
	else if (who == RUNNER)
		be_runner(who);
	else
		be_reader(who);
	_exit(0);
}

/* Runner and the first two writers: a shell's acknowledgement would be lost
 * with its parent. */
static void
kill_one(pid_t *pids, int round)
{
	static const int victims[] = { RUNNER, 0, RUNNER, 1 };
	int who = victims[(size_t)round % ARRAY_LEN(victims)], status;

	assert_int_equal(kill(pids[who], SIGKILL), 0);
	assert_int_equal(waitpid(pids[who], &status, 0), pids[who]);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		fail_msg("process %d failed", who);
	pids[who] = start(who);
}

static void
check_messages(struct scratch *s)
{
	static const struct {
		const char *what, *sql;
	} rows[] = {
		{ "messages without a recipient", "SELECT count(*) FROM message "
		  "WHERE id NOT IN (SELECT message_id FROM recipient)" },
		{ "unfinished messages whose content is not whole",
		  "SELECT count(*) FROM message AS m WHERE finished_at IS NULL "
		  "AND size <> coalesce((SELECT sum(length(data)) FROM content "
		  "WHERE message_id = m.id), 0)" },
		{ "finished messages with content", "SELECT count(*) FROM "
		  "message JOIN content ON message_id = message.id "
		  "WHERE finished_at IS NOT NULL" },
		{ "finished messages with a recipient that is not",
		  "SELECT count(*) FROM message AS m JOIN recipient AS r "
		  "ON r.message_id = m.id WHERE m.finished_at IS NOT NULL "
		  "AND r.finished_at IS NULL" },
		{ "recipients still claimed by the dead",
		  "SELECT count(*) FROM recipient WHERE state = 'active'" },
	};
	char sql[300];
	int64_t n;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		n = scratch_number(s, rows[i].sql);
		if (n != 0)
			fail_msg("%lld %s", (long long)n, rows[i].what);
	}
	for (int who = 0; who < SOURCES; who++) {
		int all = atomic_load(&tally->acknowledged[who]);

		(void)snprintf(sql, sizeof(sql), "SELECT count(DISTINCT "
		    "CAST(substr(mta_id, 4) AS INTEGER)) FROM message WHERE "
		    "mta_id GLOB 'w%d-*' AND CAST(substr(mta_id, 4) AS INTEGER)"
		    " BETWEEN 1 AND %d", who, all);
		n = scratch_number(s, sql);
		if (n != all)
			fail_msg("source %d: %d acknowledged, %lld there", who,
			    all, (long long)n);
		/* A shell may starve on a slow machine; it polls seldom. */
		if (all == 0 && who < WRITERS)
			fail_msg("source %d wrote nothing", who);
	}
}

static void
no_acknowledged_message_is_lost(void **state)
{
	const char *wanted = getenv("TLSQ_STRESS_S");
	long seconds = wanted != NULL ? strtol(wanted, NULL, 10) : DEFAULT_S;
	struct scratch *s = *state;
	pid_t pids[PROCESSES];
	int status, round = 0;
	int64_t count;

	scratch = s;
	spool_close(&s->spool);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(tally != MAP_FAILED);
	end_ms = clock_mono_ms() + seconds * 1000;
	for (int who = 0; who < PROCESSES; who++)
		pids[who] = start(who);
	while (clock_mono_ms() + KILL_EVERY_MS < end_ms) {
		(void)usleep(KILL_EVERY_MS * 1000);
		kill_one(pids, round++);
	}
	for (int who = 0; who < PROCESSES; who++) {
		assert_int_equal(waitpid(pids[who], &status, 0), pids[who]);
		if (status != 0)
			fail_msg("process %d ended with %d", who, status);
	}
	assert_done(s, spool_open(&s->spool, s->path, SPOOL_READ_WRITE,
	    &s->err));
	assert_done(s, spool_runners_reap(s->spool, &count, &s->err));
	assert_done(s, spool_verify(s->spool, &s->err));
	check_messages(s);
	for (int who = 0; who < SOURCES; who++)
		print_message("# source %d: %d messages\n", who,
		    atomic_load(&tally->acknowledged[who]));
	print_message("# %d delivered, %d checkpoints, %d killed\n",
	    atomic_load(&tally->delivered), atomic_load(&tally->checkpoints),
	    round);
	assert_true(atomic_load(&tally->checkpoints) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    no_acknowledged_message_is_lost, scratch_open_setup,
		    scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
