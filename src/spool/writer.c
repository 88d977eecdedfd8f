/*
 * Group commit and housekeeping on the database.
 *
 *   SPOOL_WRITE_WAITING --take_batch--> SPOOL_WRITE_RUNNING --tell--> SPOOL_WRITE_DONE
 *     \--spool_writer_withdraw--> the caller's again
 *
 * A batch is one transaction.  A runner's tasks are results of deliveries that
 * happened.  Where one fails, the batch is rolled back and its tasks are run again
 * one by one, so that a task which cannot succeed takes nobody with it.  What
 * fails for a reason that can pass (locked, full, I/O, read-only) is tried again
 * without end while the program runs.
 *
 * Without a runner each task is new mail, whose client waits: it has a savepoint
 * of its own, and is tried once.
 */
#include "spool/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/checkpoint.h"
#include "spool/lease.h"
#include "spool/room.h"

enum {
	GATHER_MS = 20,
	HURRY_MS = 2,
	RETRY_MS = 500,
	STOP_PATIENCE_MS = 5000,
	BATCH_MAX = 1000,
	/* Nobody's answer should wait for more than this of others' mail. */
	BATCH_OCTETS_MAX = 32 * 1024 * 1024
};

struct spool_writer {
	struct spool_writer_options options;
	struct spool_lease lease;	/* after the start the thread's */
	pthread_t thread;
	atomic_int expected;	/* results on their way */
	_Atomic int64_t busy_since_ms;	/* -1: idle */
	pthread_mutex_t lock;	/* guards what follows, and tasks' states */
	pthread_cond_t wake, done;
	struct spool_write_task *head, **tail;
	size_t waiting;		/* in the list */
	int64_t since_ms;	/* the first of them */
	bool now, soon;		/* there are such among them */
	bool hurried, stopping;
	/* The writer thread's own. */
	struct spool *spool;
	int64_t stop_by_ms;
	bool complained, broken;
};

/* --- waiting ---------------------------------------------------------- */

/* With the lock.  Need what waits not wait for more? */
static bool
is_complete(struct spool_writer *w)
{
	return w->stopping || w->now || w->waiting >= BATCH_MAX ||
	    (w->soon && atomic_load(&w->expected) <= 0);
}

/* With the lock.  Until there is a batch, or it is time to keep house. */
static void
await_batch(struct spool_writer *w)
{
	while (!is_complete(w)) {
		int64_t by_ms = w->head == NULL ? w->lease.next_ms :
		    w->since_ms + (w->hurried ? HURRY_MS : GATHER_MS);

		if (w->head == NULL && (w->lease.runner == NULL || w->broken))
			(void)pthread_cond_wait(&w->wake, &w->lock);
		else if (clock_mono_ms() < by_ms)
			(void)clock_cond_wait(&w->wake, &w->lock, by_ms);
		else
			return;
	}
}

/* What waits, at most a batch; NULL with *stop_r once there is no more to come. */
static struct spool_write_task *
take_batch(struct spool_writer *w, bool *stop_r)
{
	struct spool_write_task *batch, *last;
	uint64_t octets = 0;
	size_t n = 0;

	pthread_mutex_lock(&w->lock);
	await_batch(w);
	batch = w->head;
	for (last = batch; last != NULL; last = last->next) {
		last->state = SPOOL_WRITE_RUNNING;
		octets += last->octets;
		if (++n == BATCH_MAX || last->next == NULL ||
		    octets + last->next->octets > BATCH_OCTETS_MAX)
			break;
	}
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

/* A damaged database ends the program, whatever found it. */
static void
note_damage(struct spool_writer *w, const struct error *err)
{
	if (err->code != EX_DATAERR || w->broken)
		return;
	w->broken = true;
	w->options.fatal(w->options.ctx, err);
}

/* May what failed be tried again?  Waits a little if so. */
static bool
patience(struct spool_writer *w, const struct error *err)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };
	bool stopping;

	note_damage(w, err);
	if (w->broken || (err->code != EX_TEMPFAIL && err->code != EX_IOERR &&
	    /* mounted read-only; no more descriptors */
	    err->code != EX_NOPERM && err->code != EX_NOINPUT))
		return false;
	if (!w->complained)
		log_error("%s: database is not writable; holding results and "
		    "retrying", err->text);
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
mark_superseded(struct spool_write_task *batch,
    const struct spool_write_task *end)
{
	struct spool_write_task *latest = NULL;

	for (struct spool_write_task *t = batch; t != end; t = t->next) {
		struct spool_write_task *earlier = NULL;

		t->superseded = false;
		if (t->subject == NULL)
			continue;
		HASH_REPLACE_STR(latest, subject, t, earlier);
		if (earlier != NULL)
			earlier->superseded = true;
	}
	HASH_CLEAR(hh, latest);
}

/* A task that fails for itself leaves the transaction to the others. */
static bool
run_within_savepoint(struct spool_writer *w, struct spool_write_task *t,
    struct error *err)
{
	if (!spool_savepoint(w->spool, err))
		return false;
	t->failed = !t->run(t, w->spool, NULL, err);
	if (t->failed)
		*t->err = *err;
	return spool_savepoint_end(w->spool, !t->failed, err);
}

/* One transaction over the list from batch up to, not including, end. */
static bool
run_transaction(struct spool_writer *w, struct spool_write_task *batch,
    const struct spool_write_task *end, struct error *err)
{
	struct spool_write_task *t;
	bool ok = spool_begin(w->spool, err);

	mark_superseded(batch, end);
	for (t = batch; ok && t != end; t = t->next)
		ok = w->lease.runner == NULL ? run_within_savepoint(w, t, err) :
		    t->run(t, w->spool, spool_runner_token(w->lease.runner), err);
	if (!ok || !spool_commit(w->spool, err)) {
		spool_rollback(w->spool);
		for (t = batch; t != end; t = t->next)
			if (t->undo != NULL)
				t->undo(t);
		return false;
	}
	if (w->complained)
		log_info("%s: database is writable again", spool_path(w->spool));
	w->complained = false;
	return true;
}

/* Once, before patience: what the disk still has for results. */
static bool
make_room(struct spool_writer *w, const struct error *err)
{
	if (!spool_make_room(w->spool, err))
		return false;
	log_warning("%s: tlsq-runner released its disk reserve and is retrying",
	    err->text);
	return true;
}

/* The task is its owner's again, and may be freed. */
static void
writer_tell(struct spool_writer *w, struct spool_write_task *t,
    const struct error *err)
{
	if (t->done != NULL) {
		t->done(t, err);
		return;
	}
	pthread_mutex_lock(&w->lock);
	t->failed |= err != NULL;
	if (err != NULL)
		*t->err = *err;
	t->state = SPOOL_WRITE_DONE;
	pthread_mutex_unlock(&w->lock);
}

/*
 * A spool that somebody has moved away takes mail with it that was never
 * delivered: mail belongs where the runner looks.  (A runner ends then.)
 */
static bool
follow_path(struct spool_writer *w, struct error *err)
{
	struct spool *fresh;

	if (w->lease.runner != NULL || spool_check_place(w->spool, err))
		return true;
	log_warning("%s; opening the new file", err->text);
	if (!spool_open(&fresh, w->options.path, SPOOL_CREATE, err))
		return false;
	spool_close(&w->spool);
	w->spool = fresh;
	return true;
}

static void
run_alone(struct spool_writer *w, struct spool_write_task *t)
{
	bool tried = false;
	struct error err;

	while (!run_transaction(w, t, t->next, &err)) {
		if ((tried || !make_room(w, &err)) && !patience(w, &err)) {
			writer_tell(w, t, &err);
			return;
		}
		tried = true;
	}
	writer_tell(w, t, NULL);
}

static void
run_batch(struct spool_writer *w, struct spool_write_task *batch)
{
	struct spool_write_task *next;
	struct error err;
	bool ok = follow_path(w, &err) &&
	    run_transaction(w, batch, NULL, &err);

	/* A full disk may have room for each of them alone. */
	while (!ok && w->lease.runner != NULL && !make_room(w, &err) &&
	    patience(w, &err))
		ok = run_transaction(w, batch, NULL, &err);
	for (; batch != NULL; batch = next) {
		next = batch->next;
		if (ok || w->lease.runner == NULL)
			writer_tell(w, batch, ok ? NULL : &err);
		else
			run_alone(w, batch);
	}
	(void)pthread_cond_broadcast(&w->done);
}

/* --- the thread ------------------------------------------------------- */

/* After each batch, and when it is due.  Failures are met again. */
static void
keep_house(struct spool_writer *w, bool wrote)
{
	struct error err;

	if (w->lease.runner == NULL) {
		spool_checkpoint_if_no_runner(w->spool);
	} else if (!w->broken &&
	    !spool_lease_keep(&w->lease, w->spool, wrote, &err)) {
		log_warning("housekeeping: %s", err.text);
		note_damage(w, &err);
	}
}

static void *
writer_thread(void *arg)
{
	struct spool_writer *w = arg;
	struct spool_write_task *batch;
	bool stop = false;

	while (!stop) {
		batch = take_batch(w, &stop);
		if (batch != NULL) {
			atomic_store(&w->busy_since_ms, clock_mono_ms());
			run_batch(w, batch);
			if (w->options.batch_over != NULL)
				w->options.batch_over(w->options.ctx);
		}
		/* After the answers: nobody waits for it. */
		keep_house(w, batch != NULL);
		atomic_store(&w->busy_since_ms, -1);
	}
	return NULL;
}

/* --- start and stop --------------------------------------------------- */

static void
writer_free(struct spool_writer *w)
{
	if (w->lease.runner != NULL)
		spool_runner_unregister(w->spool, &w->lease.runner);
	spool_close(&w->spool);
	pthread_cond_destroy(&w->done);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

bool
spool_writer_start(struct spool_writer **w_r,
    const struct spool_writer_options *o, struct error *err)
{
	struct spool_writer *w = mem_zalloc(sizeof(*w));
	bool ok;
	int rc;

	*w_r = NULL;
	w->options = *o;
	w->tail = &w->head;
	w->busy_since_ms = -1;
	pthread_mutex_init(&w->lock, NULL);
	clock_cond_init(&w->wake);
	clock_cond_init(&w->done);
	w->lease.lease_s = o->lease_s;
	ok = o->lease_s == 0 ?
	    spool_open(&w->spool, o->path, SPOOL_CREATE, err) :
	    spool_open_in_need(&w->spool, o->path, SPOOL_CREATE, err) &&
	    spool_lease_begin(&w->lease, w->spool, err);
	if (ok && (rc = pthread_create(&w->thread, NULL, writer_thread, w)) != 0)
		ok = error_set(err, EX_OSERR, "cannot start a thread: %s",
		    strerror(rc));
	if (ok)
		*w_r = w;
	else
		writer_free(w);
	return ok;
}

const char *
spool_writer_token(const struct spool_writer *w)
{
	return spool_runner_token(w->lease.runner);
}

void
spool_writer_post(struct spool_writer *w, struct spool_write_task *t)
{
	bool first;

	t->next = NULL;
	t->state = SPOOL_WRITE_WAITING;
	t->failed = false;
	pthread_mutex_lock(&w->lock);
	first = w->head == NULL;
	if (first)
		w->since_ms = clock_mono_ms();
	*w->tail = t;
	w->tail = &t->next;
	w->waiting++;
	w->now |= t->when == SPOOL_WRITE_NOW;
	w->soon |= t->when == SPOOL_WRITE_SOON;
	if (first || is_complete(w))
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

bool
spool_writer_wait(struct spool_writer *w, struct spool_write_task *t,
    int timeout_ms)
{
	int64_t by_ms = clock_mono_ms() + timeout_ms;
	bool over;

	pthread_mutex_lock(&w->lock);
	while (t->state != SPOOL_WRITE_DONE &&
	    clock_cond_wait(&w->done, &w->lock, by_ms))
		continue;
	over = t->state == SPOOL_WRITE_DONE;
	pthread_mutex_unlock(&w->lock);
	return over;
}

bool
spool_writer_withdraw(struct spool_writer *w, struct spool_write_task *t)
{
	struct spool_write_task **at = &w->head;
	bool in_time;

	pthread_mutex_lock(&w->lock);
	in_time = t->state == SPOOL_WRITE_WAITING;
	if (in_time) {
		while (*at != t)
			at = &(*at)->next;
		if ((*at = t->next) == NULL)
			w->tail = at;
		w->waiting--;
		if (w->head == NULL)
			w->now = w->soon = w->hurried = false;
	}
	pthread_mutex_unlock(&w->lock);
	return in_time;
}

int64_t
spool_writer_busy_since(struct spool_writer *w)
{
	return atomic_load(&w->busy_since_ms);
}

void
spool_writer_expect(struct spool_writer *w, int n)
{
	if (atomic_fetch_add(&w->expected, n) + n > 0)
		return;
	pthread_mutex_lock(&w->lock);
	if (w->soon)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void
spool_writer_hurry(struct spool_writer *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->soon && !w->hurried)
		pthread_cond_signal(&w->wake);
	w->hurried = true;
	pthread_mutex_unlock(&w->lock);
}

void
spool_writer_stop(struct spool_writer **writer)
{
	struct spool_writer *w = *writer;

	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	writer_free(w);
	*writer = NULL;
}
