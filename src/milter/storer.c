/*
 * The storer: a list of jobs, a thread, transactions.
 *
 *   WAITS --take_batch--> STORING --finish--> DONE
 *     \--milter_storer_withdraw--> the caller's again
 */
#include "milter/storer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/checkpoint.h"

/* Nobody's answer should wait for more than this of others' mail. */
enum { BATCH_MAX = 64, BATCH_OCTETS_MAX = 32 * 1024 * 1024 };

struct milter_storer {
	char *database;
	pthread_t thread;
	/* The thread's, and it alone changes it, under the lock: others need
	 * its path. */
	struct spool *spool;
	pthread_mutex_t lock;	/* of what follows, and of jobs' states */
	pthread_cond_t work, done;
	struct milter_job *first, **tail;
	int64_t busy_since_ms;	/* -1: idle */
	bool stopping;
};

/* --- in the thread ------------------------------------------------------ */

static uint64_t
job_size(const struct milter_job *job)
{
	return job->count == 0 ? 0 :
	    spool_insert_size(job->items[0].insert) * job->count;
}

/* Takes what may share a transaction off the list.  A job of several messages
 * goes alone, so that undoing one of them undoes the others. */
static size_t
take_batch(struct milter_storer *s, struct milter_job *batch[static BATCH_MAX])
{
	uint64_t octets = 0;
	size_t n = 0;

	while (s->first != NULL && n < BATCH_MAX) {
		struct milter_job *job = s->first;

		if (n > 0 && (job->count > 1 ||
		    octets + job_size(job) > BATCH_OCTETS_MAX))
			break;
		octets += job_size(job);
		job->state = MILTER_JOB_STORING;
		batch[n++] = job;
		if ((s->first = job->next) == NULL)
			s->tail = &s->first;
		if (job->count > 1)
			break;
	}
	return n;
}

static void
fail_all(struct milter_job **batch, size_t n, const struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		batch[i]->stored = false;
		batch[i]->err = *err;
	}
}

static bool
store_job(struct spool *spool, struct milter_job *job)
{
	bool ok = true;

	if (job->count == 0)
		ok = job->write(job, spool, &job->err);
	for (size_t i = 0; ok && i < job->count; i++)
		ok = spool_insert_store(job->items[i].insert, spool,
		    &job->items[i].message, &job->items[i].id, &job->err);
	job->stored = ok;
	return ok;
}

static void
store_batch(struct spool *spool, struct milter_job **batch, size_t n)
{
	struct error err;

	if (!spool_begin(spool, &err)) {
		fail_all(batch, n, &err);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (store_job(spool, batch[i]))
			continue;
		/* A full disk has ended the transaction for all; what is more
		 * than one message is undone with it. */
		if (!spool_in_transaction(spool) || batch[i]->count != 1) {
			err = batch[i]->err;
			spool_rollback(spool);
			fail_all(batch, n, &err);
			return;
		}
	}
	if (!spool_commit(spool, &err))
		fail_all(batch, n, &err);
}

/* A spool that somebody has moved away takes mail with it that was never
 * delivered: mail belongs where the runner looks. */
static bool
follow_path(struct milter_storer *s, struct error *err)
{
	struct spool *fresh, *old;

	if (spool_check_place(s->spool, err))
		return true;
	log_warning("%s; opening the new file", err->text);
	if (!spool_open(&fresh, s->database, SPOOL_CREATE, err))
		return false;
	(void)pthread_mutex_lock(&s->lock);
	old = s->spool;
	s->spool = fresh;
	(void)pthread_mutex_unlock(&s->lock);
	spool_close(&old);
	return true;
}

static void
finish(struct milter_storer *s, struct milter_job **batch, size_t n)
{
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < n; i++)
		batch[i]->state = MILTER_JOB_DONE;
	(void)pthread_cond_broadcast(&s->done);
	(void)pthread_mutex_unlock(&s->lock);
}

/* 0: the storer ends. */
static size_t
next_batch(struct milter_storer *s, struct milter_job *batch[static BATCH_MAX])
{
	size_t n;

	(void)pthread_mutex_lock(&s->lock);
	s->busy_since_ms = -1;
	while (s->first == NULL && !s->stopping)
		(void)pthread_cond_wait(&s->work, &s->lock);
	n = take_batch(s, batch);
	s->busy_since_ms = clock_mono_ms();
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

static void *
storer_thread(void *arg)
{
	struct milter_job *batch[BATCH_MAX];
	struct milter_storer *s = arg;
	struct error err;
	size_t n;

	while ((n = next_batch(s, batch)) > 0) {
		if (follow_path(s, &err))
			store_batch(s->spool, batch, n);
		else
			fail_all(batch, n, &err);
		finish(s, batch, n);
		/* After the answer: nobody waits for it. */
		spool_checkpoint_if_no_runner(s->spool);
	}
	return NULL;
}

/* --- from other threads ------------------------------------------------- */

static void
storer_free(struct milter_storer **storer)
{
	spool_close(&(*storer)->spool);
	(void)pthread_cond_destroy(&(*storer)->work);
	(void)pthread_cond_destroy(&(*storer)->done);
	(void)pthread_mutex_destroy(&(*storer)->lock);
	free((*storer)->database);
	free(*storer);
	*storer = NULL;
}

bool
milter_storer_start(struct milter_storer **storer_r, const char *database,
    struct error *err)
{
	struct milter_storer *s = mem_zalloc(sizeof(*s));
	pthread_condattr_t attr;
	int rc;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	(void)pthread_cond_init(&s->done, &attr);
	(void)pthread_condattr_destroy(&attr);
	s->tail = &s->first;
	s->busy_since_ms = -1;
	s->database = mem_strdup(database);
	*storer_r = s;
	if (!spool_open(&s->spool, database, SPOOL_CREATE, err)) {
		storer_free(storer_r);
		return false;
	}
	if ((rc = pthread_create(&s->thread, NULL, storer_thread, s)) != 0) {
		storer_free(storer_r);
		return error_set(err, EX_OSERR, "cannot start a thread: %s",
		    strerror(rc));
	}
	return true;
}

void
milter_storer_stop(struct milter_storer **storer)
{
	if (*storer == NULL)
		return;
	(void)pthread_mutex_lock(&(*storer)->lock);
	(*storer)->stopping = true;
	(void)pthread_cond_signal(&(*storer)->work);
	(void)pthread_mutex_unlock(&(*storer)->lock);
	(void)pthread_join((*storer)->thread, NULL);
	storer_free(storer);
}

struct spool_insert *
milter_storer_insert(struct milter_storer *s)
{
	struct spool_insert *ins;

	(void)pthread_mutex_lock(&s->lock);
	ins = spool_insert_new(s->spool);
	(void)pthread_mutex_unlock(&s->lock);
	return ins;
}

void
milter_storer_put(struct milter_storer *s, struct milter_job *job)
{
	(void)pthread_mutex_lock(&s->lock);
	job->next = NULL;
	job->state = MILTER_JOB_WAITS;
	*s->tail = job;
	s->tail = &job->next;
	(void)pthread_cond_signal(&s->work);
	(void)pthread_mutex_unlock(&s->lock);
}

static struct timespec
deadline_in(int timeout_ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += timeout_ms / 1000;
	t.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

bool
milter_storer_wait(struct milter_storer *s, struct milter_job *job,
    int timeout_ms)
{
	struct timespec deadline = deadline_in(timeout_ms);
	bool done;

	(void)pthread_mutex_lock(&s->lock);
	while (job->state != MILTER_JOB_DONE && pthread_cond_timedwait(&s->done,
	    &s->lock, &deadline) != ETIMEDOUT)
		continue;
	done = job->state == MILTER_JOB_DONE;
	(void)pthread_mutex_unlock(&s->lock);
	return done;
}

bool
milter_storer_withdraw(struct milter_storer *s, struct milter_job *job)
{
	bool waits;

	(void)pthread_mutex_lock(&s->lock);
	waits = job->state == MILTER_JOB_WAITS;
	for (struct milter_job **at = &s->first; waits && *at != NULL;
	    at = &(*at)->next) {
		if (*at != job)
			continue;
		if ((*at = job->next) == NULL)
			s->tail = at;
		break;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return waits;
}

int64_t
milter_storer_busy_since(struct milter_storer *s)
{
	int64_t since;

	(void)pthread_mutex_lock(&s->lock);
	since = s->busy_since_ms;
	(void)pthread_mutex_unlock(&s->lock);
	return since;
}
