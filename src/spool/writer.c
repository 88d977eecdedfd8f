/*
 * Group commit and housekeeping on the database.
 *
 * A batch is begun, every task of it is run, and one commit ends it.  Where a
 * task fails, the batch is rolled back and its tasks are run again one by one,
 * so that a task which cannot succeed takes nobody with it.  What fails for a
 * reason that can pass (locked, full, I/O, read-only) is tried again without end
 * while the program runs: the results in it are deliveries that happened.
 */
#include "spool/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/cache.h"
#include "spool/checkpoint.h"
#include "spool/queue.h"
#include "spool/room.h"
#include "spool/runners.h"

enum {
	HOUSEKEEPING_MS = 1000,
	REAP_MS = 10000,
	GATHER_MS = 20,
	HURRY_MS = 2,
	RETRY_MS = 500,
	STOP_PATIENCE_MS = 5000,
	BATCH_MAX = 1000
};

struct writer {
	struct writer_options options;
	struct spool *spool;
	struct spool_runner *runner;
	pthread_t thread;
	atomic_int expected;	/* results on their way */
	pthread_mutex_t lock;	/* guards what follows */
	pthread_cond_t wake;
	struct write_task *head, **tail;
	size_t waiting;		/* in the list */
	int64_t since_ms;	/* the first of them */
	bool now, soon;		/* there are such among them */
	bool hurried, stopping;
	/* The writer thread's own. */
	int64_t stop_by_ms, next_house_ms, next_reap_ms, next_renew_ms;
	bool wrote;		/* since the house was kept last */
	bool complained, broken;
};

/* --- waiting ---------------------------------------------------------- */

/* With the lock.  Need what waits not wait for more? */
static bool
is_complete(struct writer *w)
{
	return w->stopping || w->now || w->waiting >= BATCH_MAX ||
	    (w->soon && atomic_load(&w->expected) <= 0);
}

/* With the lock.  Until there is a batch, or it is time to keep house. */
static void
await_batch(struct writer *w)
{
	while (!is_complete(w)) {
		int64_t by_ms = w->head == NULL ? w->next_house_ms :
		    w->since_ms + (w->hurried ? HURRY_MS : GATHER_MS);
		const struct timespec by = { (time_t)(by_ms / 1000),
			(long)(by_ms % 1000) * 1000000 };

		if (clock_mono_ms() >= by_ms)
			return;
		(void)pthread_cond_timedwait(&w->wake, &w->lock, &by);
	}
}

/* What waits, at most a batch; NULL with *stop_r once there is no more to come. */
static struct write_task *
take_batch(struct writer *w, bool *stop_r)
{
	struct write_task *batch, *last;
	size_t n = 1;

	pthread_mutex_lock(&w->lock);
	await_batch(w);
	batch = w->head;
	for (last = batch; last != NULL && last->next != NULL && n < BATCH_MAX;
	    last = last->next)
		n++;
	if (last != NULL) {
		w->head = last->next;
		last->next = NULL;
		w->waiting -= n;
		/* More than a batch has no one to wait for. */
		w->now = w->head != NULL;
		w->soon = w->hurried = false;
		if (w->head == NULL)
			w->tail = &w->head;
	}
	*stop_r = w->stopping && batch == NULL;
	pthread_mutex_unlock(&w->lock);
	return batch;
}

static bool
can_pass(const struct error *err)
{
	return err->code == EX_TEMPFAIL || err->code == EX_IOERR ||
	    /* mounted read-only; no more descriptors */
	    err->code == EX_NOPERM || err->code == EX_NOINPUT;
}

/* A damaged database ends the program, whatever found it. */
static void
note_damage(struct writer *w, const struct error *err)
{
	if (err->code != EX_DATAERR || w->broken)
		return;
	w->broken = true;
	w->options.fatal(w->options.ctx, err);
}

/* May what failed be tried again?  Waits a little if so. */
static bool
patience(struct writer *w, const struct error *err)
{
	const struct timespec pause = { 0, RETRY_MS * 1000000L };
	bool stopping;

	note_damage(w, err);
	if (w->broken || !can_pass(err))
		return false;
	if (!w->complained)
		log_error("%s: database is not writable; holding "
		    "results and retrying",
		    err->text);
	w->complained = true;
	pthread_mutex_lock(&w->lock);
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	if (stopping && w->stop_by_ms == 0)
		w->stop_by_ms = clock_mono_ms() + STOP_PATIENCE_MS;
	if (stopping && clock_mono_ms() > w->stop_by_ms)
		return false;
	(void)nanosleep(&pause, NULL);
	return true;
}

/* --- batches ---------------------------------------------------------- */

static void
undo(struct write_task *batch, const struct write_task *end)
{
	for (struct write_task *t = batch; t != end; t = t->next)
		if (t->undo != NULL)
			t->undo(t);
}

static void
mark_superseded(struct write_task *batch, const struct write_task *end)
{
	struct write_task *latest = NULL;

	for (struct write_task *t = batch; t != end; t = t->next) {
		struct write_task *earlier = NULL;

		t->superseded = false;
		if (t->subject == NULL)
			continue;
		HASH_REPLACE_STR(latest, subject, t, earlier);
		if (earlier != NULL)
			earlier->superseded = true;
	}
	HASH_CLEAR(hh, latest);
}

/* One transaction over the list from batch up to, not including, end. */
static bool
run_transaction(struct writer *w, struct write_task *batch,
    const struct write_task *end, struct error *err)
{
	struct write_task *t;
	bool ok = spool_begin(w->spool, err);

	mark_superseded(batch, end);
	for (t = batch; ok && t != end; t = t->next)
		ok = t->run(t, w->spool, spool_runner_token(w->runner), err);
	if (ok)
		ok = spool_commit(w->spool, err);
	if (!ok) {
		spool_rollback(w->spool);
		undo(batch, end);
		return false;
	}
	if (w->complained)
		log_info("%s: written again", spool_path(w->spool));
	w->complained = false;
	return true;
}

/* Once, before patience: what the disk still has for results. */
static bool
make_room(struct writer *w, const struct error *err)
{
	if (!spool_make_room(w->spool, err))
		return false;
	log_warning("%s: tlsq-runner gave up the reserve and tries again",
	    err->text);
	return true;
}

static void
run_alone(struct writer *w, struct write_task *t)
{
	bool tried = false;
	struct error err;

	while (!run_transaction(w, t, t->next, &err)) {
		if ((tried || !make_room(w, &err)) &&
		    !patience(w, &err)) {
			t->done(t, &err);
			return;
		}
		tried = true;
	}
	t->done(t, NULL);
}

static void
run_batch(struct writer *w, struct write_task *batch)
{
	struct write_task *next;
	struct error err;
	bool ok;

	ok = run_transaction(w, batch, NULL, &err);
	/* A full disk may have room for each of them alone. */
	while (!ok && !make_room(w, &err) && patience(w, &err))
		ok = run_transaction(w, batch, NULL, &err);
	for (; batch != NULL; batch = next) {
		next = batch->next;
		if (ok)
			batch->done(batch, NULL);
		else
			run_alone(w, batch);
	}
}

/* --- housekeeping ----------------------------------------------------- */

static bool
renew(struct writer *w, struct error *err)
{
	int64_t now = clock_now_s();

	if (!spool_begin(w->spool, err))
		return false;
	if (spool_runner_heartbeat(w->spool, w->runner, now, err) &&
	    spool_claims_renew(w->spool, spool_runner_token(w->runner),
	    now + w->options.lease_s, err) &&
	    spool_cache_purge(w->spool, now, err))
		return spool_commit(w->spool, err);
	spool_rollback(w->spool);
	return false;
}

static bool
reap(struct writer *w, struct error *err)
{
	int64_t count = 0;

	if (!spool_runners_reap(w->spool, &count, err))
		return false;
	if (count > 0)
		log_warning("released %lld claims of a dead runner",
		    (long long)count);
	return true;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Failures are logged and met again at the next round. */
static void
keep_house(struct writer *w)
{
	int64_t now = clock_mono_ms();
	struct error err;
	bool done, ok = true;

	if (now < w->next_house_ms)
		return;
	w->next_house_ms = now + HOUSEKEEPING_MS;
	if (w->broken)
		return;
	if (now >= w->next_reap_ms) {
		w->next_reap_ms = now + REAP_MS;
		ok = reap(w, &err);
	}
	if (ok && now >= w->next_renew_ms) {
		w->next_renew_ms = now + w->options.lease_s * 1000 / 3;
		ok = renew(w, &err);
	}
	if (ok)
		ok = spool_checkpoint_if_needed(w->spool,
		    SPOOL_CHECKPOINT_PAGES, &done, &err);
	if (!ok) {
		log_warning("housekeeping: %s", err.text);
		note_damage(w, &err);
	} else if (!w->wrote) {
		/* What others write makes the scheduler claim: that is a
		 * batch, too. */
		w->next_house_ms = earlier(w->next_reap_ms, w->next_renew_ms);
	}
	w->wrote = false;
}

static void
checkpoint(struct writer *w)
{
	struct error err;
	bool done;

	if (!w->broken && !spool_checkpoint_if_needed(w->spool,
	    SPOOL_CHECKPOINT_PAGES, &done, &err)) {
		log_warning("checkpoint: %s", err.text);
		note_damage(w, &err);
	}
}

static void *
writer_thread(void *arg)
{
	struct writer *w = arg;
	struct write_task *batch;
	bool stop = false;

	while (!stop) {
		batch = take_batch(w, &stop);
		if (batch != NULL) {
			w->wrote = true;
			run_batch(w, batch);
			if (w->options.batch_over != NULL)
				w->options.batch_over(w->options.ctx);
			checkpoint(w);
		}
		keep_house(w);
	}
	return NULL;
}

/* --- start and stop --------------------------------------------------- */

static bool
enlist(struct writer *w, struct error *err)
{
	return (w->runner != NULL || spool_runner_register(w->spool,
	    clock_now_s(), &w->runner, err)) && reap(w, err);
}

static bool
open_spool(struct writer *w, struct error *err)
{
	bool taken;

	if (!spool_open_in_need(&w->spool, w->options.path, SPOOL_CREATE, err))
		return false;
	if (!enlist(w, err) && (!spool_make_room(w->spool, err) ||
	    !enlist(w, err)))
		return false;
	/* Another runner may be it already: then it checkpoints for us. */
	return spool_checkpointer_become(w->spool, &taken, err);
}

static void
close_spool(struct writer *w)
{
	if (w->runner != NULL)
		spool_runner_unregister(w->spool, &w->runner);
	spool_close(&w->spool);
}

bool
writer_start(struct writer **w_r, const struct writer_options *o,
    struct error *err)
{
	struct writer *w = mem_zalloc(sizeof(*w));
	pthread_condattr_t attr;
	int rc = 0;

	*w_r = NULL;
	w->options = *o;
	w->tail = &w->head;
	w->next_reap_ms = clock_mono_ms() + REAP_MS;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (!open_spool(w, err) ||
	    (rc = pthread_create(&w->thread, NULL, writer_thread, w)) != 0) {
		if (rc != 0)
			error_set(err, EX_OSERR, "writer thread: %s",
			    strerror(rc));
		close_spool(w);
		free(w);
		return false;
	}
	*w_r = w;
	return true;
}

const char *
writer_token(const struct writer *w)
{
	return spool_runner_token(w->runner);
}

void
writer_post(struct writer *w, struct write_task *t)
{
	bool first;

	t->next = NULL;
	pthread_mutex_lock(&w->lock);
	first = w->head == NULL;
	if (first)
		w->since_ms = clock_mono_ms();
	*w->tail = t;
	w->tail = &t->next;
	w->waiting++;
	w->now |= t->when == WRITE_NOW;
	w->soon |= t->when == WRITE_SOON;
	if (first || is_complete(w))
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void
writer_expect(struct writer *w, int n)
{
	if (atomic_fetch_add(&w->expected, n) + n > 0)
		return;
	pthread_mutex_lock(&w->lock);
	if (w->soon)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void
writer_hurry(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->soon && !w->hurried)
		pthread_cond_signal(&w->wake);
	w->hurried = true;
	pthread_mutex_unlock(&w->lock);
}

void
writer_stop(struct writer **writer)
{
	struct writer *w = *writer;

	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	close_spool(w);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
	*writer = NULL;
}
