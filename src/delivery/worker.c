/*
 * A worker's thread: takes jobs, chooses how each goes out, hands it to its
 * destination; drains and stops.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "delivery/outcome.h"
#include "delivery/worker_impl.h"

/* Beyond the patience of worker_drain(): a minute in all. */
enum { VERDICT_PATIENCE_MS = 50000 };

struct gift {
	struct worker *worker;
	struct job_list jobs;
};

/* A job that cannot be sent for a reason on our side: deferred, error io. */
static void
defer_job(struct worker *w, struct job *job, const char *why)
{
	struct report *r = report_new(job, &w->config.listener);
	struct note *n = note_new();

	job->way.schedule = conf_schedule(job->settings->conf, "default");
	n->started_at = clock_now_s();
	n->error = "io";
	(void)text_copy(n->status, sizeof(n->status), "4.3.5");
	(void)text_copy(n->reply, sizeof(n->reply), why);
	for (size_t i = 0; i < job->count; i++)
		settle_by_host(r, job, i, n, SPOOL_DEFERRED);
	note_unref(&n);
	report_send(r, w->config.writer);
	job_unref(&job);
}

/* The recipients that go the way of the first one come first; how many. */
static size_t
gather(struct job *job, struct way *ways)
{
	size_t n = 1;

	for (size_t i = 1; i < job->count; i++) {
		struct way w = ways[i];

		if (!chooser_same_way(&ways[0], &w))
			continue;
		job_swap(job, n, i);
		ways[i] = ways[n];
		ways[n++] = w;
	}
	return n;
}

/* The ways of all recipients; false where one of them has none, and then only
 * the first is left in the job: *rest_r has the others, or is NULL. */
static bool
find_ways(struct chooser *c, struct job *job, struct way *ways,
    struct job **rest_r, struct error *err)
{
	int64_t now = clock_now_s();

	*rest_r = NULL;
	for (size_t i = 0; i < job->count; i++) {
		const struct way_case of = job_case(job, i, now);

		if (chooser_way(c, &of, &ways[i], err))
			continue;
		job_swap(job, 0, i);
		if (job->count > 1)
			*rest_r = job_split(job, 1);
		return false;
	}
	return true;
}

/* Sends off those recipients of the job that go one way; the rest, or NULL. */
static struct job *
route_some(struct worker *w, struct chooser *c, struct job *job)
{
	struct way *ways = mem_alloc(job->count * sizeof(*ways));
	struct job *rest;
	struct error err;
	size_t n;

	if (!find_ways(c, job, ways, &rest, &err)) {
		defer_job(w, job, err.text);
	} else {
		n = gather(job, ways);
		if (n < job->count)
			rest = job_split(job, n);
		job_set_way(job, &ways[0]);
		destination_give(w, job);
	}
	free(ways);
	return rest;
}

static void
route_job(struct worker *w, struct job *job)
{
	struct chooser *c;
	struct error err;

	if (!chooser_get(&c, &w->chooser, job->settings, &err)) {
		defer_job(w, job, err.text);
		return;
	}
	while (job != NULL)
		job = route_some(w, c, job);
	chooser_unref(&c);
}

static void
take_gift(void *arg)
{
	struct gift *g = arg;
	struct worker *w = g->worker;
	struct job *job;

	while ((job = TAILQ_FIRST(&g->jobs)) != NULL) {
		TAILQ_REMOVE(&g->jobs, job, entry);
		if (w->draining)
			job_unref(&job);
		else
			route_job(w, job);
	}
	free(g);
}

void
worker_give(struct worker *w, struct job_list *jobs)
{
	struct gift *g = mem_zalloc(sizeof(*g));

	g->worker = w;
	TAILQ_INIT(&g->jobs);
	TAILQ_CONCAT(&g->jobs, jobs, entry);
	loop_post(w->loop, take_gift, g);
}

struct look {
	struct worker *worker;
	const char *queue;
};

/* Those that have waited longest come first; one that still waits afterwards has
 * found the gate shut again. */
static void
look(void *arg)
{
	struct look *l = arg;
	struct destination *d, *next;

	for (d = TAILQ_FIRST(&l->worker->starved); d != NULL; d = next) {
		next = TAILQ_NEXT(d, starved_entry);
		if (strcmp(d->queue, l->queue) != 0)
			continue;
		destination_kick(d);
		if (d->starved)
			break;
	}
	free(l);
}

void
worker_look(struct worker *w, const char *queue)
{
	struct look *l = mem_zalloc(sizeof(*l));

	l->worker = w;
	l->queue = queue;
	loop_post(w->loop, look, l);
}

static void
recorded(void *arg)
{
	struct worker *w = arg;
	struct session *s, *next;

	for (s = LIST_FIRST(&w->withheld); s != NULL; s = next) {
		next = LIST_NEXT(s, withheld_entry);
		session_recorded(s);
	}
}

void
worker_recorded(struct worker *w)
{
	loop_post(w->loop, recorded, w);
}

void
worker_post(struct worker *w, void (*fn)(void *arg), void *arg)
{
	loop_post(w->loop, fn, arg);
}

/* --- draining --------------------------------------------------------- */

struct drain {
	struct worker *worker;
	int64_t patience_ms;
	void (*drained)(void *ctx);
	void *ctx;
};

void
worker_check_drained(struct worker *w)
{
	if (!w->draining || w->drained_told || !LIST_EMPTY(&w->all))
		return;
	w->drained_told = true;
	loop_timer_clear(w->patience);
	w->drained(w->drained_ctx);
}

/* A host that may have a message says so soon, or it gets the message again. */
static bool
has_to_go(const struct worker *w, const struct session *s)
{
	return w->waited_long || !smtp_client_owed_verdict(s->client);
}

static void
abort_sessions(struct worker *w, struct destination *d)
{
	struct session *s, *next;

	for (s = LIST_FIRST(&d->sessions); s != NULL && !d->gone; s = next) {
		next = LIST_NEXT(s, entry);
		if (has_to_go(w, s))
			session_abort(s);
	}
}

static void
out_of_patience(void *arg)
{
	struct worker *w = arg;
	struct destination *d, *next;

	for (d = LIST_FIRST(&w->all); d != NULL; d = next) {
		next = LIST_NEXT(d, entry);
		abort_sessions(w, d);
	}
	if (!w->waited_long)
		loop_timer_set(w->patience, VERDICT_PATIENCE_MS);
	w->waited_long = true;
	worker_check_drained(w);
}

static void
begin_drain(void *arg)
{
	struct drain *drain = arg;
	struct worker *w = drain->worker;
	struct destination *d, *next;

	w->draining = true;
	w->drained = drain->drained;
	w->drained_ctx = drain->ctx;
	loop_timer_set(w->patience, drain->patience_ms);
	free(drain);
	for (d = LIST_FIRST(&w->all); d != NULL; d = next) {
		next = LIST_NEXT(d, entry);
		destination_drain(d);
	}
	worker_check_drained(w);
}

void
worker_drain(struct worker *w, int64_t patience_ms, void (*drained)(void *ctx),
    void *ctx)
{
	struct drain *drain = mem_zalloc(sizeof(*drain));

	drain->worker = w;
	drain->patience_ms = patience_ms;
	drain->drained = drained;
	drain->ctx = ctx;
	loop_post(w->loop, begin_drain, drain);
}

/* --- the thread ------------------------------------------------------- */

static void *
worker_thread(void *arg)
{
	struct worker *w = arg;

	loop_run(w->loop);
	stls_thread_end();
	return NULL;
}

void
worker_free(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (w == NULL)
		return;
	loop_timer_free(&w->patience);
	loop_free(&w->loop);
	resume_store_free(&w->resumable);
	spool_close(&w->spool);
	free(w);
}

bool
worker_start(struct worker **w_r, const struct worker_config *config,
    struct error *err)
{
	struct worker *w = mem_zalloc(sizeof(*w));
	int rc;

	*w_r = NULL;
	w->config = *config;
	LIST_INIT(&w->all);
	LIST_INIT(&w->withheld);
	TAILQ_INIT(&w->starved);
	TAILQ_INIT(&w->idle);
	if (!loop_new(&w->loop, err)) {
		free(w);
		return false;
	}
	w->resumable = resume_store_new();
	w->patience = loop_timer_new(w->loop, out_of_patience, w);
	if (!spool_open(&w->spool, config->database, SPOOL_READ_WRITE, err)) {
		worker_free(&w);
		return false;
	}
	rc = pthread_create(&w->thread, NULL, worker_thread, w);
	if (rc != 0) {
		worker_free(&w);
		return error_set(err, EX_OSERR, "cannot start a worker thread: "
		    "%s",
		    strerror(rc));
	}
	*w_r = w;
	return true;
}

void
worker_stop(struct worker *w)
{
	if (w == NULL)
		return;
	loop_stop(w->loop);
	pthread_join(w->thread, NULL);
	chooser_unref(&w->chooser);
}
