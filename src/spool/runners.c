/*
 * Runners and their lock files.
 */
#include "spool/runners.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "spool/query.h"
#include "spool/queue.h"
#include "spool/spool_impl.h"

enum { HOST_ROOM = 256, BOOT_ID_ROOM = 64 };

struct spool_runner {
	int64_t id;
	char *token, *lock;		/* lock: path of the lock file */
	int fd;
};

static void
host_name(char host[static HOST_ROOM])
{
	if (gethostname(host, HOST_ROOM - 1) != 0)
		(void)snprintf(host, HOST_ROOM, "localhost");
	host[HOST_ROOM - 1] = '\0';
	/* It is a part of the token. */
	for (char *p = host; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
}

static void
boot_id(char id[static BOOT_ID_ROOM])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f == NULL || fgets(id, BOOT_ID_ROOM, f) == NULL)
		(void)snprintf(id, BOOT_ID_ROOM, "unknown");
	id[strcspn(id, "\n")] = '\0';
	if (f != NULL)
		(void)fclose(f);
}

static char *
lock_path(const struct spool *spool, const char *name)
{
	char *dir = spool_dir(spool->path);
	char *path = mem_printf("%s/%s", dir, name);

	free(dir);
	return path;
}

static bool
insert_row(struct spool *spool, struct spool_runner *r, int64_t now,
    struct error *err)
{
	char host[HOST_ROOM], boot[BOOT_ID_ROOM];
	struct spool_query q;

	host_name(host);
	boot_id(boot);
	spool_query_start_with(&q, spool, SQL_RUNNER_INSERT, SPOOL_VALUES(
	    SPOOL_TEXT(":host", host), SPOOL_TEXT(":boot_id", boot),
	    SPOOL_INT(":pid", getpid()), SPOOL_INT(":now", now)));
	if (spool_query_next(&q))
		r->id = spool_query_int(&q, 0);
	if (!spool_query_run(&q, err))
		return false;
	r->token = mem_printf("%s/%s/%ld/%lld", host, boot, (long)getpid(),
	    (long long)r->id);
	return true;
}

/* Locks its file before the row can be seen. */
static bool
make_lock(struct spool *spool, struct spool_runner *r, struct error *err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "runner-%lld.lock",
	    (long long)r->id);
	r->lock = lock_path(spool, name);
	r->fd = open(r->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (r->fd < 0)
		return error_set(err, EX_CANTCREAT, "%s: cannot create the "
		    "lock file: %s",
		    r->lock, strerror(errno));
	(void)fchmod(r->fd, 0660);
	if (flock(r->fd, LOCK_EX | LOCK_NB) != 0)
		return error_set(err, EX_TEMPFAIL, "%s: cannot lock the file: "
		    "%s",
		    r->lock, strerror(errno));
	return spool_run(spool, SQL_RUNNER_LOCK, SPOOL_VALUES(
	    SPOOL_INT(":id", r->id), SPOOL_TEXT(":lock", name)), err);
}

static void
runner_free(struct spool_runner *r)
{
	if (r->fd >= 0) {
		(void)unlink(r->lock);
		(void)close(r->fd);
	}
	free(r->token);
	free(r->lock);
	free(r);
}

bool
spool_runner_register(struct spool *spool, int64_t now,
    struct spool_runner **runner_r, struct error *err)
{
	struct spool_runner *r = mem_zalloc(sizeof(*r));

	*runner_r = NULL;
	r->fd = -1;
	if (spool_begin(spool, err) && insert_row(spool, r, now, err) &&
	    make_lock(spool, r, err)) {
		FAILPOINT_ROW("runner-register");
		if (spool_commit(spool, err)) {
			*runner_r = r;
			return true;
		}
	}
	spool_rollback(spool);
	runner_free(r);
	return false;
}

const char *
spool_runner_token(const struct spool_runner *runner)
{
	return runner->token;
}

bool
spool_runner_heartbeat(struct spool *spool, const struct spool_runner *runner,
    int64_t now, struct error *err)
{
	return spool_run(spool, SQL_RUNNER_SEEN, SPOOL_VALUES(
	    SPOOL_INT(":id", runner->id), SPOOL_INT(":now", now)), err);
}

/* Whether nobody holds the lock; a file that cannot be judged is held. */
static bool
lock_is_free(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	bool is_free;

	if (fd < 0)
		return errno == ENOENT;
	is_free = flock(fd, LOCK_EX | LOCK_NB) == 0;
	(void)close(fd);
	return is_free;
}

static bool
bury(struct spool *spool, int64_t id, const char *token, const char *path,
    int64_t *count, struct error *err)
{
	int64_t n = 0;

	if (!spool_claims_release(spool, token, &n, err) ||
	    !spool_run(spool, SQL_RUNNER_DELETE, SPOOL_VALUES(
	    SPOOL_INT(":id", id)), err))
		return false;
	*count += n;
	FAILPOINT_ROW("runner-reap");
	(void)unlink(path);
	return true;
}

struct seen {
	int64_t alive;			/* how many */
	bool dead;			/* any */
};

static bool
each_runner(struct spool *spool, bool reap, int64_t *buried, struct seen *seen,
    struct error *err)
{
	char host[HOST_ROOM];
	struct spool_query q;
	bool ok = true;

	host_name(host);
	spool_query_start_with(&q, spool, SQL_RUNNER_LIST, SPOOL_VALUES(
	    SPOOL_TEXT(":host", host)));
	while (ok && spool_query_next(&q)) {
		char *path = lock_path(spool, spool_query_text(&q, 1));
		bool free_lock = lock_is_free(path);

		seen->alive += !free_lock;
		seen->dead |= free_lock;
		if (free_lock && reap)
			ok = bury(spool, spool_query_int(&q, 0),
			    spool_query_text(&q, 2), path, buried, err);
		free(path);
	}
	return spool_query_end(&q, ok ? err : NULL) && ok;
}

bool
spool_runners_reap(struct spool *spool, int64_t *count_r, struct error *err)
{
	struct seen seen = { .dead = false };

	*count_r = 0;
	/* Seldom is one: do not ask for the write lock before. */
	if (!each_runner(spool, false, count_r, &seen, err))
		return false;
	if (!seen.dead)
		return true;
	if (!spool_begin(spool, err))
		return false;
	if (each_runner(spool, true, count_r, &seen, err))
		return spool_commit(spool, err);
	spool_rollback(spool);
	return false;
}

bool
spool_runners_count(struct spool *spool, int64_t *alive_r, struct error *err)
{
	struct seen seen = { .alive = 0 };
	int64_t buried = 0;
	bool ok = each_runner(spool, false, &buried, &seen, err);

	*alive_r = seen.alive;
	return ok;
}

void
spool_runner_unregister(struct spool *spool, struct spool_runner **runner)
{
	struct spool_runner *r = *runner;
	int64_t count;

	if (r == NULL)
		return;
	*runner = NULL;
	FAILPOINT_ROW("runner-leave");
	if (spool_begin(spool, NULL) &&
	    spool_claims_release(spool, r->token, &count, NULL) &&
	    spool_run(spool, SQL_RUNNER_DELETE, SPOOL_VALUES(
	    SPOOL_INT(":id", r->id)), NULL)) {
		/* Before the commit: a file without a row would stay for ever,
		 * a row without a file is that of a dead runner. */
		(void)unlink(r->lock);
		(void)!spool_commit(spool, NULL);
	}
	spool_rollback(spool);
	runner_free(r);
}
