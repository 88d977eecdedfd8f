/*
 * Claiming: how many recipients, of which domains, and handing them out.
 *
 * A scan over all that is due passes over the rows of a full domain, which costs
 * as much as there are; so such a domain is refilled by itself, and scans are made
 * when something may have changed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "queue/dsn_sender.h"
#include "queue/scheduler_impl.h"
#include "spool/queue.h"

enum {
	CLAIM_MAX = 1000,	/* in one transaction */
	REFILL_PART = 4,	/* refilled when one in four is done */
	/* of a scan that only passes over full domains */
	PASS_PAUSE_MS = 200,
	BACK_S = 60	/* until a claim given back is due again */
};

struct domain_count {
	UT_hash_handle hh;
	size_t room;
	bool passed_over;	/* there was more than room for */
	char domain[];
};

/* A claim on its way to the writer and back. */
struct claim_task {
	struct spool_write_task task;
	struct queue_scheduler *scheduler;
	size_t max;
	bool make_due;			/* --now, the first time */
	int64_t longest_wait_s;
	struct domain_count *full;	/* domains with less than all room */
	char **refill;			/* only of these; NULL: of all */
	size_t n_refill;
	struct spool_job *jobs;
	size_t recipients;
	bool more;
	int64_t next_due_at;
	bool ask_sharers;
	int sharers;			/* 0: not asked */
	struct error err;
	bool failed;
};

/* --- in the writer's thread ------------------------------------------- */

static struct domain_count *
add_count(struct claim_task *c, const char *domain, size_t room)
{
	size_t len = strlen(domain) + 1;
	struct domain_count *d = mem_zalloc(sizeof(*d) + len);

	memcpy(d->domain, domain, len);
	d->room = room;
	HASH_ADD_STR(c->full, domain, d);
	return d;
}

static bool
domain_has_room(void *ctx, const char *domain, size_t taken)
{
	struct claim_task *c = ctx;
	struct domain_count *d;

	HASH_FIND_STR(c->full, domain, d);
	if (taken < (d != NULL ? d->room : BACKLOG_DOMAIN_MAX))
		return true;
	if (d == NULL)
		d = add_count(c, domain, BACKLOG_DOMAIN_MAX);
	d->passed_over = true;
	return false;
}

static void
free_jobs(struct claim_task *c)
{
	struct spool_job *job;

	while ((job = c->jobs) != NULL) {
		c->jobs = job->next;
		spool_job_free(&job);
	}
	c->recipients = 0;
}

static bool
claim_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	struct claim_task *c = (struct claim_task *)t;
	const struct queue_options *o = c->scheduler->options;
	int64_t now = clock_now_s();
	const struct spool_claim claim = {
		.token = token, .now = now, .due_by = now,
		.lease_s = SPOOL_LEASE_S, .longest_wait_s = c->longest_wait_s,
		.max = c->max, .domain_has_room = domain_has_room, .ctx = c,
		.domains = c->refill != NULL ?
		    (const char *const *)c->refill : o->domains,
		.domain_count = c->refill != NULL ? c->n_refill : o->n_domains,
		.message_ids = o->messages, .message_count = o->n_messages
	};

	return (!c->make_due || spool_make_due(spool, &claim, err)) &&
	    spool_claim(spool, &claim, &c->jobs, &c->recipients, &c->more,
	    err) && (!c->ask_sharers ||
	    spool_claim_sharers(spool, &c->sharers, err)) &&
	    spool_next_due(spool, &c->next_due_at, err);
}

static void
claim_undo(struct spool_write_task *t)
{
	free_jobs((struct claim_task *)t);
}

static void claim_arrived(void *arg);

static void
claim_done(struct spool_write_task *t, const struct error *err)
{
	struct claim_task *c = (struct claim_task *)t;

	c->failed = err != NULL;
	if (err != NULL)
		c->err = *err;
	loop_post(c->scheduler->loop, claim_arrived, c);
}

/* Recipients of a domain that are ours no more. */
struct closed {
	struct closed *next;
	struct queue_scheduler *scheduler;
	char *domain;
	size_t n;
	int64_t ids[];
};

static void closed_arrived(void *arg);

static struct closed *
closed_new(struct queue_scheduler *s, const char *domain, const int64_t *ids,
    size_t n)
{
	struct closed *d = mem_alloc(sizeof(*d) + n * sizeof(*ids));

	d->next = NULL;
	d->scheduler = s;
	d->domain = mem_strdup(domain);
	d->n = n;
	memcpy(d->ids, ids, n * sizeof(*ids));
	return d;
}

void
queue_scheduler_recorded(void *ctx, const char *domain, const int64_t *ids,
    size_t n)
{
	struct queue_scheduler *s = ctx;
	struct closed *d = closed_new(s, domain, ids, n);

	d->next = s->recorded;
	s->recorded = d;
}

void
queue_scheduler_batch_over(void *ctx)
{
	struct queue_scheduler *s = ctx;

	if (s->recorded != NULL)
		loop_post(s->loop, closed_arrived, s->recorded);
	s->recorded = NULL;
}

void
queue_scheduler_dropped(void *ctx, const char *domain, const int64_t *ids,
    size_t n)
{
	struct queue_scheduler *s = ctx;

	loop_post(s->loop, closed_arrived, closed_new(s, domain, ids, n));
}

/* A claim that goes back, untried. */
struct give_back {
	struct spool_write_task task;
	int64_t id;
};

static bool
give_back_run(struct spool_write_task *t, struct spool *spool,
    const char *token, struct error *err)
{
	return spool_claim_release(spool, ((struct give_back *)t)->id, token,
	    clock_now_s() + BACK_S, err);
}

static void
give_back_done(struct spool_write_task *t, const struct error *err)
{
	if (err != NULL)
		log_warning("claim: %s", err->text);
	free(t);
}

/* --- in the scheduler's thread ---------------------------------------- */

/* Everything about a domain happens in one worker. */
static size_t
worker_of(const struct queue_scheduler *s, const char *domain)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *domain != '\0'; domain++)
		h = (h ^ (unsigned char)*domain) * 16777619u;
	return h % s->n_workers;
}

static void
give_back(struct queue_scheduler *s, int64_t id)
{
	struct give_back *g = mem_zalloc(sizeof(*g));

	g->task.run = give_back_run;
	g->task.done = give_back_done;
	g->id = id;
	spool_writer_post(s->writer, &g->task);
}

/*
 * A recipient that was held or returned to the queue while a job of ours had
 * it, and is due again, must not be sent by two jobs: the claim goes back until
 * the first has come to its end.
 */
static void
drop_open(struct queue_scheduler *s, struct spool_job *claimed)
{
	size_t kept = 0;

	for (size_t i = 0; i < claimed->rcpt_count; i++) {
		if (queue_backlog_has(&s->backlog, claimed->rcpts[i].id))
			give_back(s, claimed->rcpts[i].id);
		else
			claimed->rcpts[kept++] = claimed->rcpts[i];
	}
	claimed->rcpt_count = kept;
}

static void refill(struct queue_scheduler *s);

static void
closed_arrived(void *arg)
{
	struct closed *d = arg, *next;
	struct queue_scheduler *s = d->scheduler;
	bool told[WORKERS_MAX] = { false };

	for (; d != NULL; d = next) {
		next = d->next;
		told[worker_of(s, d->domain)] = true;
		queue_backlog_close(&s->backlog, d->domain, d->ids, d->n);
		s->closed += d->n;
		free(d->domain);
		free(d);
	}
	/* Those of the domains; none is left at the very end. */
	for (size_t i = 0; i < s->n_workers; i++)
		if (told[i] && s->workers[i] != NULL)
			delivery_worker_recorded(s->workers[i]);
	/* Refill early, so that warm sessions do not run dry; and seldom, since
	 * each claim looks at the rows it has to pass over. */
	if (s->backlog.open == 0 || (s->again &&
	    s->backlog.open < BACKLOG_MAX / 2 &&
	    s->closed >= s->opened / REFILL_PART))
		queue_scheduler_claim(s);
	else if (s->backlog.refill)
		refill(s);
}

/* Domains that may not have all the room there is. */
static void
count_open(struct claim_task *c, const struct queue_scheduler *s)
{
	struct queue_domain *d, *next;

	HASH_ITER(hh, s->backlog.domains, d, next)
		(void)add_count(c, d->name, queue_backlog_room(d));
}

static void
claim_free(struct claim_task *c)
{
	struct domain_count *d, *next;

	HASH_ITER(hh, c->full, d, next) {
		HASH_DEL(c->full, d);
		free(d);
	}
	for (size_t i = 0; i < c->n_refill; i++)
		free(c->refill[i]);
	free(c->refill);
	free_jobs(c);
	free(c);
}

static struct claim_task *
claim_new(struct queue_scheduler *s)
{
	struct claim_task *c = mem_zalloc(sizeof(*c));
	size_t room = BACKLOG_MAX - s->backlog.open;

	c->scheduler = s;
	c->max = room < CLAIM_MAX ? room : CLAIM_MAX;
	/* A lease too can be the time until which something waits: admin_hold. */
	c->longest_wait_s = conf_longest_retry_s(s->in_force.current->conf) +
	    SPOOL_LEASE_S;
	count_open(c, s);
	c->next_due_at = -1;
	c->task.run = claim_run;
	c->task.undo = claim_undo;
	c->task.done = claim_done;
	return c;
}

void
queue_scheduler_claim(struct queue_scheduler *s)
{
	struct claim_task *c;

	if (s->stopping)
		return;
	s->again = true;
	if (s->claiming || s->backlog.open >= BACKLOG_MAX)
		return;
	s->claiming = true;
	s->again = false;
	c = claim_new(s);
	c->make_due = s->options->now && !s->made_due;
	s->made_due = true;
	c->ask_sharers = clock_now_s() != s->shared_at;
	/* First: what it makes is due at once. */
	queue_dsn_send(s->writer, s->in_force.current, s->own_name);
	spool_writer_post(s->writer, &c->task);
}

/* More of the domains that were full.  Not where only some messages are asked
 * for: those are found by their number. */
static void
refill(struct queue_scheduler *s)
{
	struct queue_domain *d, *next;
	struct claim_task *c;

	if (s->stopping || s->claiming || s->backlog.open >= BACKLOG_MAX)
		return;
	s->backlog.refill = false;
	if (s->options->n_messages > 0)
		return;
	c = claim_new(s);
	c->refill = mem_alloc((HASH_COUNT(s->backlog.domains) + 1) *
	    sizeof(*c->refill));
	HASH_ITER(hh, s->backlog.domains, d, next)
		if (queue_backlog_wants_refill(d))
			c->refill[c->n_refill++] = mem_strdup(d->name);
	if (c->n_refill == 0) {
		claim_free(c);
		return;
	}
	s->claiming = true;
	spool_writer_post(s->writer, &c->task);
}

/* Which domains have more than was taken. */
static void
note_more(struct queue_scheduler *s, const struct claim_task *c)
{
	struct domain_count *d, *next;

	/* All of these were read to their end, or until they were full. */
	for (size_t i = 0; i < c->n_refill && !c->more; i++)
		queue_backlog_set_more(&s->backlog, c->refill[i], false);
	HASH_ITER(hh, c->full, d, next)
		if (d->passed_over)
			queue_backlog_set_more(&s->backlog, d->domain, true);
}

static void
hand_out(struct queue_scheduler *s, struct claim_task *c)
{
	size_t per = (size_t)
	    s->in_force.current->conf->queue.recipients_per_transaction;
	struct delivery_job_list shares[WORKERS_MAX], made;
	struct spool_job *claimed;
	struct delivery_job *job;

	for (size_t i = 0; i < s->n_workers; i++)
		TAILQ_INIT(&shares[i]);
	TAILQ_INIT(&made);
	while ((claimed = c->jobs) != NULL) {
		c->jobs = claimed->next;
		claimed->next = NULL;
		drop_open(s, claimed);
		if (claimed->rcpt_count == 0) {
			spool_job_free(&claimed);
			continue;
		}
		for (size_t i = 0; i < claimed->rcpt_count; i++)
			queue_backlog_open(&s->backlog,
			    claimed->rcpts[i].domain, claimed->rcpts[i].id);
		delivery_job_make(&made, claimed, s->in_force.current, per);
	}
	while ((job = TAILQ_FIRST(&made)) != NULL) {
		TAILQ_REMOVE(&made, job, entry);
		TAILQ_INSERT_TAIL(&shares[worker_of(s,
		    delivery_job_domain(job))], job, entry);
	}
	for (size_t i = 0; i < s->n_workers; i++)
		if (!TAILQ_EMPTY(&shares[i]))
			delivery_worker_give(s->workers[i], &shares[i]);
}

static void
claim_arrived(void *arg)
{
	struct claim_task *c = arg;
	struct queue_scheduler *s = c->scheduler;
	int64_t next_due_at = c->next_due_at;
	bool found = c->recipients > 0, more = c->more, failed = c->failed;
	bool refilled = c->refill != NULL;

	s->claiming = false;
	if (c->sharers > 0) {
		delivery_limit_share(s->limit, c->sharers);
		s->shared_at = clock_now_s();
	}
	if (failed) {
		log_error("claim: %s", c->err.text);
		s->exit_code = c->err.code;
	} else if (!s->stopping) {
		hand_out(s, c);
		note_more(s, c);
	}
	/* After a stop the claims go back when the writer ends. */
	claim_free(c);
	if (s->stopping)
		return;
	if (failed && s->options->mode == RUNNER_ONCE) {
		s->claim_failed(s);
		return;
	}
	if (refilled) {
		if (s->again || s->backlog.open == 0)
			queue_scheduler_claim(s);
		return;
	}
	s->again |= more;
	s->opened = s->backlog.open;
	s->closed = 0;
	if (s->again && s->backlog.open < BACKLOG_MAX &&
	    (found || (more && s->backlog.open == 0)))
		queue_scheduler_claim(s);
	else if (more && s->backlog.open < BACKLOG_MAX) {
		/* Nothing but rows that were passed over, so far. */
		s->again = false;
		loop_timer_set(s->wake, PASS_PAUSE_MS);
	} else if (s->backlog.open == 0 || s->options->mode == RUNNER_DAEMON)
		s->at_rest(s, next_due_at);
}
