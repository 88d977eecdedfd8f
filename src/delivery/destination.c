/*
 * Destinations: which job goes where, and how many sessions are open for it.
 *
 * Sessions are opened for places (an address of a host) where jobs wait.  One is
 * tried first; once it stands, more follow as the backlog asks for, and one more
 * for each second that jobs wait without progress, up to
 * queue.limit.sessions-per-domain.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "delivery/worker_impl.h"

enum {
	RAMP_MS = 1000,
	/* Jobs that one warm session is good for before another is worth a
	 * handshake. */
	JOBS_PER_SESSION = 16
};

/* --- jobs without a host ---------------------------------------------- */

/* A job that came after all hosts had failed takes their attempts as its own. */
static void
borrow_attempts(struct delivery_destination *d, struct delivery_job *job)
{
	for (size_t h = 0; h < d->plan.n_hosts; h++) {
		struct delivery_plan_host *host = &d->plan.host[h];

		if (host->failed != NULL)
			delivery_job_add_attempt_to_all(job, host->failed);
		for (size_t a = 0; a < host->n_addresses; a++)
			if (host->address[a].failed != NULL)
				delivery_job_add_attempt_to_all(job,
				    host->address[a].failed);
	}
}

static bool
has_attempts(const struct delivery_job *job)
{
	for (size_t i = 0; i < job->count; i++)
		if (!job->progress[i].finished)
			return job->progress[i].n_attempts > 0;
	return true;
}

/* No host is left for the job: what its open recipients went through decides.
 * Gives the job away. */
static void
give_up(struct delivery_destination *d, struct delivery_job *job)
{
	struct delivery_results *r = delivery_results_new(job,
	    d->worker->config.events);

	if (!has_attempts(job))
		borrow_attempts(d, job);
	if (!has_attempts(job)) {
		struct delivery_attempt *a = delivery_destination_no_attempt(d,
		    DESTINATION_NO_HOST, "dns", "5.4.4",
		    "none of the domain's hosts can be tried");

		delivery_job_add_attempt_to_all(job, a);
		delivery_attempt_unref(&a);
	}
	for (size_t i = 0; i < job->count; i++)
		if (!job->progress[i].finished)
			delivery_results_add_exhausted(r, i, d->chooser);
	delivery_results_send(r, d->worker->config.writer);
	delivery_job_unref(&job);
}

/* Moves each waiting job to where it can go now; those at the end are given
 * up.  After every change of the plan. */
static void
advance_jobs(struct delivery_destination *d)
{
	struct delivery_job *job, *next;

	for (job = TAILQ_FIRST(&d->jobs); job != NULL; job = next) {
		next = TAILQ_NEXT(job, entry);
		if (delivery_plan_next(&d->plan, job->place,
		    &job->place) != PLAN_END)
			continue;
		TAILQ_REMOVE(&d->jobs, job, entry);
		d->n_jobs--;
		give_up(d, job);
	}
}

/* --- sessions --------------------------------------------------------- */

static size_t
sessions_wanted(const struct delivery_destination *d)
{
	size_t cap = (size_t)delivery_limit_part(d->worker->config.limit,
	    d->settings->conf->queue.sessions_per_domain);
	size_t want = 1 + d->n_jobs / JOBS_PER_SESSION + d->boost;
	size_t ready = d->n_sessions - d->n_unready;

	/* Until one stands there is one try; then the number may double. */
	if (want > 2 * ready + 1 + d->boost)
		want = 2 * ready + 1 + d->boost;
	if (want > d->n_jobs + ready)
		want = d->n_jobs + ready;
	return want < cap ? want : cap;
}

/* Wakes an idle session for the place, or says that one is on its way. */
static bool
session_serves(struct delivery_destination *d, struct delivery_place place)
{
	struct delivery_session *s;

	LIST_FOREACH(s, &d->sessions, entry)
		if (delivery_place_same(s->place, place) && !s->ending)
			return true;
	return false;
}

static void
wake_idle(struct delivery_destination *d)
{
	struct delivery_session *s;
	size_t woken = 0;

	LIST_FOREACH(s, &d->sessions, entry) {
		if (woken >= d->n_jobs)
			return;
		if (s->ready && !s->ending && smtp_client_idle(s->client)) {
			delivery_session_wake(s);
			woken++;
		}
	}
}

/* Waits for a slot, behind the others; or not any more. */
static void
set_waiting(struct delivery_destination *d, bool waiting)
{
	struct delivery_worker *w = d->worker;

	if (d->waiting)
		TAILQ_REMOVE(&w->waiting, d, waiting_entry);
	if (waiting)
		TAILQ_INSERT_TAIL(&w->waiting, d, waiting_entry);
	d->waiting = waiting;
}

static void
open_sessions(struct delivery_destination *d)
{
	struct delivery_place place;
	struct delivery_job *job;
	bool opened = false;

	TAILQ_FOREACH(job, &d->jobs, entry) {
		bool wanted = d->n_sessions < sessions_wanted(d);

		if (delivery_plan_next(&d->plan, job->place,
		    &place) != PLAN_TRY)
			continue;
		/* A job whose host has no session at all gets one beyond the
		 * wish, so that nothing waits for a session elsewhere. */
		if (!wanted && session_serves(d, place))
			continue;
		if (!delivery_session_open(d, place)) {
			/* One that got nothing keeps its turn. */
			if (opened || !d->waiting)
				set_waiting(d, true);
			delivery_session_end_idle(d->worker, d->queue);
			return;
		}
		opened = true;
	}
	set_waiting(d, false);
}

static void reap_destination(struct delivery_destination *d);

static void
on_ramp(void *arg)
{
	struct delivery_destination *d = arg;

	if (d->n_jobs == 0) {
		d->boost = 0;
		return;
	}
	if (d->n_sessions > d->n_unready)
		d->boost++;
	delivery_destination_kick(d);
}

void
delivery_destination_kick(struct delivery_destination *d)
{
	if (!d->resolved || d->worker->draining) {
		reap_destination(d);
		return;
	}
	advance_jobs(d);
	if (d->n_jobs > 0) {
		wake_idle(d);
		open_sessions(d);
		loop_timer_set(d->ramp, RAMP_MS);
	}
	reap_destination(d);
}

static void
posted_kick(void *arg)
{
	struct delivery_destination *d = arg;

	d->kick_posted = false;
	delivery_destination_kick(d);
}

/* Once for all jobs of a batch: a kick looks at every waiting job. */
static void
kick_later(struct delivery_destination *d)
{
	if (d->kick_posted)
		return;
	d->kick_posted = true;
	loop_post(d->worker->loop, posted_kick, d);
}

void
delivery_destinations_check_drained(struct delivery_worker *w)
{
	if (!w->draining || w->drained_told || !LIST_EMPTY(&w->all))
		return;
	w->drained_told = true;
	loop_timer_clear(w->patience);
	w->config.events->drained(w->config.events->ctx);
}

/* --- coming and going ------------------------------------------------- */

static void
retire(struct delivery_destination *d)
{
	if (!d->current)
		return;
	HASH_DEL(d->worker->current, d);
	d->current = false;
}

/*
 * What a session depends on, and so who may share one (doc/policy.md 5): the
 * next hop, the strategy with what the message takes off it, route, connection and
 * queue.  Where each host is judged by itself, a message has its destination alone.
 */
static char *
make_key(const struct delivery_job *job)
{
	const struct nexthop_choice *c = &job->choice;
	bool relay = c->route->type == CONF_ROUTE_RELAY;
	enum nexthop_waiver waiver = nexthop_waiver_of(&job->claimed->message);

	return mem_printf("%s\n%s\n%s\n%s\n%s\n%s\n%lld\n%lld",
	    relay ? c->route->address : delivery_job_domain(job),
	    c->strategy->id, c->route->id, c->connection->id,
	    c->schedule->queue_name, waiver == NEXTHOP_WAIVER_NONE ? "" :
	    waiver == NEXTHOP_WAIVER_REPORT ? "report" :
	    c->pinned ? "waived, pinned" : "waived",
	    (long long)job->settings->generation, c->per_host ?
	    (long long)delivery_job_rcpt(job, 0)->id : 0LL);
}

static struct delivery_destination *
destination_new(struct delivery_worker *w, struct delivery_job *job, char *key)
{
	struct delivery_destination *d = mem_zalloc(sizeof(*d));

	d->worker = w;
	d->kick = delivery_destination_kick;
	d->key = key;
	d->next_hop = mem_strdup(delivery_job_domain(job));
	d->settings = settings_ref(job->settings);
	d->chooser = nexthop_chooser_ref(w->chooser);
	d->choice = job->choice;
	d->rule = mem_strdup(job->rule);
	d->choice.rule = d->rule;
	d->waiver = nexthop_waiver_of(&job->claimed->message);
	d->sole = job->choice.per_host ? delivery_job_ref(job) : NULL;
	d->queue = d->choice.schedule->queue_name;
	d->queue_limit =
	    conf_virtual(d->settings->conf, d->queue)->threads_per_node;
	d->started_ms = clock_mono_ms();
	d->started_at = clock_now_s();
	TAILQ_INIT(&d->jobs);
	LIST_INIT(&d->sessions);
	d->ramp = loop_timer_new(w->loop, on_ramp, d);
	LIST_INSERT_HEAD(&w->all, d, entry);
	HASH_ADD_KEYPTR(hh, w->current, d->key, strlen(d->key), d);
	d->current = true;
	return d;
}

void
delivery_destination_give(struct delivery_worker *w, struct delivery_job *job)
{
	char *key = make_key(job);
	struct delivery_destination *d;

	HASH_FIND_STR(w->current, key, d);
	/* Facts are not used after they expired, nor after the clock was set: a
	 * new one, from fresh facts; the old one ends with the jobs it has. */
	if (d != NULL && (d->settings != job->settings || (d->resolved &&
	    d->survey.expires_at <= clock_now_s()))) {
		retire(d);
		d = NULL;
	}
	if (d != NULL) {
		free(key);
		delivery_destination_add(d, job);
		kick_later(d);
		return;
	}
	d = destination_new(w, job, key);
	delivery_destination_add(d, job);
	delivery_destination_resolve(d);
}

void
delivery_destination_drain(struct delivery_destination *d)
{
	struct delivery_session *s, *next_session;
	struct delivery_job *job;

	while ((job = TAILQ_FIRST(&d->jobs)) != NULL) {
		TAILQ_REMOVE(&d->jobs, job, entry);
		d->n_jobs--;
		delivery_job_unref(&job);
	}
	for (s = LIST_FIRST(&d->sessions); s != NULL; s = next_session) {
		next_session = LIST_NEXT(s, entry);
		delivery_session_drain(s);
	}
	reap_destination(d);
}

/* A failed host is forgotten with the destination, so that the next attempt
 * asks and tries anew. */
static bool
all_failed(const struct delivery_destination *d)
{
	struct delivery_place place = { 0, 0 };

	return d->resolved &&
	    delivery_plan_next(&d->plan, place, &place) == PLAN_END;
}

static void
destination_free(void *arg)
{
	struct delivery_destination *d = arg;

	delivery_destination_resolve_end(d);
	loop_timer_free(&d->ramp);
	delivery_destination_forget_unrecorded(d);
	if (d->sole != NULL)
		delivery_job_unref(&d->sole);
	nexthop_chooser_unref(&d->chooser);
	settings_unref(&d->settings);
	free(d->next_hop);
	free(d->rule);
	free(d->key);
	free(d);
}

/* Frees it where it is empty. */
static void
reap_destination(struct delivery_destination *d)
{
	if (all_failed(d))
		retire(d);
	if (d->n_jobs > 0 || d->n_sessions > 0 || d->gone || d->kick_posted)
		return;
	if (!d->resolved && !d->worker->draining)
		return;
	retire(d);
	set_waiting(d, false);
	d->gone = true;
	LIST_REMOVE(d, entry);
	/* Callers up the stack still look at it. */
	loop_post(d->worker->loop, destination_free, d);
	delivery_destinations_check_drained(d->worker);
}
