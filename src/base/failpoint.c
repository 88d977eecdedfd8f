/*
 * What the environment says, and the rows of the open transaction.  The state
 * here is of tests only, so it may be global.
 */
#include "base/failpoint.h"

#ifdef TLSQ_FAILPOINTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum action { ACTION_KILL, ACTION_STALL, ACTION_FAIL };

enum { ROWS_MAX = 32, NAME_ROOM = 64 };

static struct {
	pthread_once_t once;
	pthread_mutex_t lock;		/* guards count */
	char name[NAME_ROOM];		/* "": none */
	long count;
	enum action action;
	int log;
} set = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER,
	.log = -1 };

static _Thread_local struct {
	const char *names[ROWS_MAX];
	size_t n;
} rows;

/* --- the environment -------------------------------------------------- */

/* A test that is not understood must not pass. */
static void
failpoint_refuse(const char *text)
{
	(void)fprintf(stderr, "TLSQ_FAILPOINT=%s: not understood\n", text);
	abort();
}

static void
read_point(const char *text)
{
	static const char *const words[] = {
		[ACTION_KILL] = "=kill", [ACTION_STALL] = "=stall",
		[ACTION_FAIL] = "=fail",
	};
	size_t len = strcspn(text, ":=");
	const char *rest = text + len;
	char *end;

	if (len == 0 || len >= sizeof(set.name))
		failpoint_refuse(text);
	set.count = 1;
	if (*rest == ':') {
		set.count = strtol(rest + 1, &end, 10);
		rest = end;
	}
	if (*rest != '\0') {
		while (set.action <= ACTION_FAIL &&
		    strcmp(rest, words[set.action]) != 0)
			set.action++;
	}
	if (set.action > ACTION_FAIL || set.count < 1)
		failpoint_refuse(text);
	memcpy(set.name, text, len);
}

static void
read_environment(void)
{
	const char *point = getenv("TLSQ_FAILPOINT");
	const char *log = getenv("TLSQ_FAILPOINT_LOG");

	if (point != NULL && *point != '\0')
		read_point(point);
	if (log != NULL)
		set.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    0666);
}

/* --- passing one ------------------------------------------------------ */

static bool
is_due(const char *name)
{
	bool due;

	if (strcmp(name, set.name) != 0)
		return false;
	pthread_mutex_lock(&set.lock);
	due = set.count > 0 && --set.count == 0;
	pthread_mutex_unlock(&set.lock);
	return due;
}

bool
failpoint_passed(const char *name)
{
	pthread_once(&set.once, read_environment);
	if (set.log >= 0)
		(void)dprintf(set.log, "%s\n", name);
	if (!is_due(name))
		return false;
	switch (set.action) {
	case ACTION_KILL:
		(void)dprintf(STDERR_FILENO, "failpoint %s: killed\n", name);
		(void)kill(getpid(), SIGKILL);
		break;
	case ACTION_STALL:
		(void)dprintf(STDERR_FILENO, "failpoint %s: stalled\n", name);
		break;
	case ACTION_FAIL:
		return true;
	}
	for (;;)
		(void)pause();
}

void
failpoint_row(const char *name)
{
	for (size_t i = 0; i < rows.n; i++)
		if (strcmp(rows.names[i], name) == 0)
			return;
	if (rows.n == ROWS_MAX)
		abort();
	rows.names[rows.n++] = name;
}

static bool
pass_rows(const char *when)
{
	char name[NAME_ROOM];
	bool fail = false;

	for (size_t i = 0; i < rows.n; i++) {
		(void)snprintf(name, sizeof(name), "%s.%s", rows.names[i],
		    when);
		fail |= failpoint_passed(name);
	}
	return fail;
}

bool
failpoint_before_commit(void)
{
	return pass_rows("before-commit");
}

void
failpoint_after_commit(void)
{
	(void)pass_rows("after-commit");
	rows.n = 0;
}

void
failpoint_rolled_back(void)
{
	rows.n = 0;
}

#endif
