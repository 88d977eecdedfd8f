/*
 * A worker's thread: takes jobs, chooses how each goes out, hands it to its
 * destination; drains and stops.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "delivery/worker_impl.h"

/* After delivery_worker_drain(), for what is under way; and beyond it, a minute
 * in all, for the verdict on a message that was sent whole. */
enum { PATIENCE_MS = 10000, VERDICT_PATIENCE_MS = 50000 };

/* Jobs on their way to the worker's thread. */
struct posted_jobs {
	struct delivery_worker *worker;
	struct delivery_job_list jobs;
};

/* A job that cannot be sent for a reason on our side: deferred, error io. */
static void
defer_job(struct delivery_worker *w, struct delivery_job *job, const char *why)
{
	struct delivery_results *r = delivery_results_new(job,
	    w->config.events);
	struct delivery_attempt *a = delivery_attempt_new(
	    &(struct spool_attempt){ .started_at = clock_now_s(),
	    .error = "io", .status = "4.3.5", .reply = why }, NULL);

	job->choice.schedule = conf_schedule(job->settings->conf, "default");
	for (size_t i = 0; i < job->count; i++)
		delivery_results_add(r, i, a, SPOOL_DEFERRED);
	delivery_attempt_unref(&a);
	delivery_results_send(r, w->config.writer);
	delivery_job_unref(&job);
}

/* The recipients that go out as the first one does come first; how many. */
static size_t
gather_alike(struct delivery_job *job, struct nexthop_choice *choices)
{
	size_t n = 1;

	for (size_t i = 1; i < job->count; i++) {
		struct nexthop_choice c = choices[i];

		if (!nexthop_choice_same(&choices[0], &c))
			continue;
		delivery_job_swap(job, n, i);
		choices[i] = choices[n];
		choices[n++] = c;
	}
	return n;
}

/* How each recipient goes out; false where that cannot be said of one, and then
 * only it is left in the job: *rest_r has the others, or is NULL. */
static bool
choose_each(struct nexthop_chooser *c, struct delivery_job *job,
    struct nexthop_choice *choices, struct delivery_job **rest_r,
    struct error *err)
{
	int64_t now = clock_now_s();

	*rest_r = NULL;
	for (size_t i = 0; i < job->count; i++) {
		const struct nexthop_case of = delivery_job_case(job, i, now);

		if (nexthop_choose(c, &of, &choices[i], err))
			continue;
		delivery_job_swap(job, 0, i);
		if (job->count > 1)
			*rest_r = delivery_job_split(job, 1);
		return false;
	}
	return true;
}

/* Sends off those recipients of the job that go out alike; the rest, or NULL. */
static struct delivery_job *
route_some(struct delivery_worker *w, struct nexthop_chooser *c,
    struct delivery_job *job)
{
	struct nexthop_choice *choices =
	    mem_alloc(job->count * sizeof(*choices));
	struct delivery_job *rest;
	struct error err;
	size_t n;

	if (!choose_each(c, job, choices, &rest, &err)) {
		defer_job(w, job, err.text);
	} else {
		n = gather_alike(job, choices);
		if (n < job->count)
			rest = delivery_job_split(job, n);
		delivery_job_set_choice(job, &choices[0]);
		delivery_destination_give(w, job);
	}
	free(choices);
	return rest;
}

static void
route_job(struct delivery_worker *w, struct delivery_job *job)
{
	struct nexthop_chooser *c;
	struct error err;

	if (!nexthop_chooser_get(&c, &w->chooser, job->settings, &err)) {
		defer_job(w, job, err.text);
		return;
	}
	while (job != NULL)
		job = route_some(w, c, job);
	nexthop_chooser_unref(&c);
}

static void
take_jobs(void *arg)
{
	struct posted_jobs *p = arg;
	struct delivery_worker *w = p->worker;
	struct delivery_job *job;

	while ((job = TAILQ_FIRST(&p->jobs)) != NULL) {
		TAILQ_REMOVE(&p->jobs, job, entry);
		if (w->draining)
			delivery_job_unref(&job);
		else
			route_job(w, job);
	}
	free(p);
}

void
delivery_worker_give(struct delivery_worker *w, struct delivery_job_list *jobs)
{
	struct posted_jobs *p = mem_zalloc(sizeof(*p));

	p->worker = w;
	TAILQ_INIT(&p->jobs);
	TAILQ_CONCAT(&p->jobs, jobs, entry);
	loop_post(w->loop, take_jobs, p);
}

struct posted_slot {
	struct delivery_worker *worker;
	const char *queue;
};

/* Those that have waited longest come first; one that still waits afterwards got
 * no slot. */
static void
offer_slot(void *arg)
{
	struct posted_slot *p = arg;
	struct delivery_destination *d, *next;

	for (d = TAILQ_FIRST(&p->worker->waiting); d != NULL; d = next) {
		next = TAILQ_NEXT(d, waiting_entry);
		if (strcmp(d->queue, p->queue) != 0)
			continue;
		delivery_destination_kick(d);
		if (d->waiting)
			break;
	}
	free(p);
}

void
delivery_worker_offer_slot(struct delivery_worker *w, const char *queue)
{
	struct posted_slot *p = mem_zalloc(sizeof(*p));

	p->worker = w;
	p->queue = queue;
	loop_post(w->loop, offer_slot, p);
}

static void
recorded(void *arg)
{
	struct delivery_worker *w = arg;
	struct delivery_session *s, *next;

	for (s = LIST_FIRST(&w->withheld); s != NULL; s = next) {
		next = LIST_NEXT(s, withheld_entry);
		delivery_session_recorded(s);
	}
}

void
delivery_worker_recorded(struct delivery_worker *w)
{
	loop_post(w->loop, recorded, w);
}

void
delivery_worker_post(struct delivery_worker *w, void (*fn)(void *arg),
    void *arg)
{
	loop_post(w->loop, fn, arg);
}

/* --- draining --------------------------------------------------------- */

/* A host that may have a message says so soon, or it gets the message again. */
static bool
has_to_go(const struct delivery_worker *w, const struct delivery_session *s)
{
	return w->waited_long || !smtp_client_owed_verdict(s->client);
}

static void
abort_sessions(struct delivery_worker *w, struct delivery_destination *d)
{
	struct delivery_session *s, *next;

	for (s = LIST_FIRST(&d->sessions); s != NULL && !d->gone; s = next) {
		next = LIST_NEXT(s, entry);
		if (has_to_go(w, s))
			delivery_session_abort(s);
	}
}

static void
out_of_patience(void *arg)
{
	struct delivery_worker *w = arg;
	struct delivery_destination *d, *next;

	for (d = LIST_FIRST(&w->all); d != NULL; d = next) {
		next = LIST_NEXT(d, entry);
		abort_sessions(w, d);
	}
	if (!w->waited_long)
		loop_timer_set(w->patience, VERDICT_PATIENCE_MS);
	w->waited_long = true;
	delivery_destinations_check_drained(w);
}

static void
begin_drain(void *arg)
{
	struct delivery_worker *w = arg;
	struct delivery_destination *d, *next;

	w->draining = true;
	loop_timer_set(w->patience, PATIENCE_MS);
	for (d = LIST_FIRST(&w->all); d != NULL; d = next) {
		next = LIST_NEXT(d, entry);
		delivery_destination_drain(d);
	}
	delivery_destinations_check_drained(w);
}

void
delivery_worker_drain(struct delivery_worker *w)
{
	loop_post(w->loop, begin_drain, w);
}

/* --- the thread ------------------------------------------------------- */

static void *
worker_thread(void *arg)
{
	struct delivery_worker *w = arg;

	loop_run(w->loop);
	stls_thread_end();
	return NULL;
}

void
delivery_worker_free(struct delivery_worker **worker)
{
	struct delivery_worker *w = *worker;

	*worker = NULL;
	if (w == NULL)
		return;
	loop_timer_free(&w->patience);
	loop_free(&w->loop);
	delivery_tls_cache_free(&w->resumable);
	spool_close(&w->spool);
	free(w);
}

bool
delivery_worker_start(struct delivery_worker **w_r,
    const struct delivery_worker_config *config, struct error *err)
{
	struct delivery_worker *w = mem_zalloc(sizeof(*w));
	int rc;

	*w_r = NULL;
	w->config = *config;
	LIST_INIT(&w->all);
	LIST_INIT(&w->withheld);
	TAILQ_INIT(&w->waiting);
	TAILQ_INIT(&w->idle);
	if (!loop_new(&w->loop, err)) {
		free(w);
		return false;
	}
	w->resumable = delivery_tls_cache_new();
	w->patience = loop_timer_new(w->loop, out_of_patience, w);
	if (!spool_open(&w->spool, config->database, SPOOL_READ_WRITE, err)) {
		delivery_worker_free(&w);
		return false;
	}
	rc = pthread_create(&w->thread, NULL, worker_thread, w);
	if (rc != 0) {
		delivery_worker_free(&w);
		return error_set(err, EX_OSERR, "cannot start a worker thread: "
		    "%s",
		    strerror(rc));
	}
	*w_r = w;
	return true;
}

void
delivery_worker_stop(struct delivery_worker *w)
{
	if (w == NULL)
		return;
	loop_stop(w->loop);
	pthread_join(w->thread, NULL);
	nexthop_chooser_unref(&w->chooser);
}
