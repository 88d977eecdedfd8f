/*
 * Claiming: a scan over what is due gives candidates, each is then taken under
 * the write lock.  Rows of domains without room are passed over; since there may
 * be very many of them, a call looks at a bounded number of rows and the next
 * call goes on from there.
 */
#include "spool/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/hash.h"
#include "spool/query.h"
#include "spool/rule.h"
#include "spool/spool_impl.h"

enum {
	SCAN_MAX = 20000,
	CUT_MAX = 5000,		/* recipients made due, a call */
	JOB_ROOM = 500,		/* a message with one recipient has some 400 */
	WAIT_MOST_S = 300	/* for a domain that cannot be reached */
};

struct domain_taken {
	UT_hash_handle hh;
	size_t taken;
	bool asked;			/* wait_until is known */
	int64_t wait_until;		/* -1: its mail need not wait */
	int64_t suspend, suspend_until;	/* rules of the domain; -1: none */
	int64_t except;
	char *except_strategy, *except_rule;
	char name[];
};

struct candidate {
	int64_t id;
	struct domain_taken *domain;
};

struct job_entry {
	UT_hash_handle hh;
	int64_t message_id;
	struct spool_job *job;
	size_t room;			/* in job->rcpts */
};

/* One call. */
struct claiming {
	struct spool *spool;
	const struct spool_claim *claim;
	struct candidate *candidates;
	size_t count, room;
	size_t scanned;
	bool passed_over;		/* a row of a domain without room */
	bool any_rules;
	struct domain_taken *domains;
	struct job_entry *jobs;
};

/* NULL: there is no room for one more of this domain. */
static struct domain_taken *
domain_of(struct claiming *c, const char *name)
{
	const struct spool_claim *claim = c->claim;
	struct domain_taken *d;
	size_t len = strlen(name);

	HASH_FIND(hh, c->domains, name, len, d);
	if (claim->domain_has_room != NULL &&
	    !claim->domain_has_room(claim->ctx, name, d ? d->taken : 0))
		return NULL;
	if (d == NULL) {
		d = mem_zalloc(sizeof(*d) + len + 1);
		memcpy(d->name, name, len + 1);
		HASH_ADD_KEYPTR(hh, c->domains, d->name, len, d);
	}
	d->taken++;
	return d;
}

static bool
domain_wanted(const struct spool_claim *claim, const char *name)
{
	if (claim->domains == NULL)
		return true;
	for (size_t i = 0; i < claim->domain_count; i++)
		if (strcmp(claim->domains[i], name) == 0)
			return true;
	return false;
}

/*
 * Looks at the rows of a started scan; false at one of the bounds.  A scan of one
 * domain is at its end when that has no more room.
 */
static bool
gather_candidates(struct claiming *c, struct spool_query *q, bool one_domain,
    int64_t *at, int64_t *id)
{
	while (spool_query_next(q)) {
		const char *domain = spool_query_text(q, 1);
		struct domain_taken *d;

		*id = spool_query_int(q, 0);
		*at = spool_query_int(q, 2);
		c->scanned++;
		if (!domain_wanted(c->claim, domain))
			continue;
		d = domain_of(c, domain);
		if (d == NULL && one_domain)
			return true;
		if (d == NULL)
			c->passed_over = true;
		else {
			if (c->count == c->room) {
				c->room = c->room > 0 ? c->room * 2 : 64;
				c->candidates = mem_realloc(c->candidates,
				    c->room * sizeof(*c->candidates));
			}
			c->candidates[c->count++] =
			    (struct candidate){ *id, d };
		}
		if (c->count == c->claim->max || c->scanned >= SCAN_MAX)
			return false;
	}
	return true;
}

static bool
scan_all(struct claiming *c, bool *more_r, struct error *err)
{
	struct spool *spool = c->spool;
	int64_t at = spool->scan_at, id = spool->scan_id;
	struct spool_query q;
	bool ended;

	spool_query_start_with(&q, spool, SQL_CLAIM_SCAN, SPOOL_VALUES(
	    SPOOL_INT(":due_by", c->claim->due_by), SPOOL_INT(":after_at", at),
	    SPOOL_INT(":after_id", id)));
	ended = gather_candidates(c, &q, false, &at, &id);
	/* What was before the place where this scan began was not seen. */
	*more_r = !ended || spool->scan_at >= 0;
	/* Rows that were taken are gone: only those passed over need a place
	 * to go on from. */
	if (ended || !(c->passed_over || spool->scan_at >= 0))
		at = id = -1;
	spool->scan_at = at;
	spool->scan_id = id;
	return spool_query_end(&q, err);
}

static bool
scan_messages(struct claiming *c, bool *more_r, struct error *err)
{
	bool ended = true;

	for (size_t i = 0; ended && i < c->claim->message_count; i++) {
		struct spool_query q;
		int64_t at, id;

		spool_query_start_with(&q, c->spool, SQL_CLAIM_SCAN_MESSAGE,
		    SPOOL_VALUES(SPOOL_INT(":message_id",
		    c->claim->message_ids[i]), SPOOL_INT(":due_by",
		    c->claim->due_by)));
		ended = gather_candidates(c, &q, false, &at, &id);
		if (!spool_query_end(&q, err))
			return false;
	}
	*more_r = !ended;
	return true;
}

static bool
scan_domains(struct claiming *c, bool *more_r, struct error *err)
{
	bool ended = true;

	for (size_t i = 0; ended && i < c->claim->domain_count; i++) {
		struct spool_query q;
		int64_t at, id;

		spool_query_start_with(&q, c->spool, SQL_CLAIM_SCAN_DOMAIN,
		    SPOOL_VALUES(SPOOL_TEXT(":domain", c->claim->domains[i]),
		    SPOOL_INT(":due_by", c->claim->due_by)));
		ended = gather_candidates(c, &q, true, &at, &id);
		if (!spool_query_end(&q, err))
			return false;
	}
	*more_r = !ended;
	return true;
}

static struct job_entry *
entry_of(struct claiming *c, int64_t message_id)
{
	struct job_entry *e;
	struct arena *arena;

	HASH_FIND(hh, c->jobs, &message_id, sizeof(message_id), e);
	if (e != NULL)
		return e;
	e = mem_zalloc(sizeof(*e));
	e->message_id = message_id;
	arena = arena_new_for(JOB_ROOM);
	e->job = arena_alloc(arena, sizeof(*e->job));
	*e->job = (struct spool_job){ .arena = arena,
	    .message.id = message_id };
	HASH_ADD(hh, c->jobs, message_id, sizeof(e->message_id), e);
	return e;
}

static struct spool_recipient *
add_rcpt(struct job_entry *e)
{
	struct spool_job *job = e->job;

	if (job->rcpt_count == e->room) {
		struct spool_recipient *old = job->rcpts;

		e->room = e->room > 0 ? e->room * 2 : 1;
		job->rcpts = arena_alloc(job->arena,
		    e->room * sizeof(*job->rcpts));
		if (old != NULL)
			memcpy(job->rcpts, old,
			    job->rcpt_count * sizeof(*old));
	}
	return &job->rcpts[job->rcpt_count++];
}

static bool
ask_rules(struct claiming *c, struct domain_taken *d, struct error *err)
{
	struct spool_rule rule;

	d->suspend = d->except = -1;
	if (!c->any_rules)
		return true;
	if (!spool_rule_find(c->spool, "suspend", d->name, c->claim->now,
	    &rule, err))
		return false;
	d->suspend = rule.id;
	d->suspend_until = rule.until;
	spool_rule_clear(&rule);
	if (!spool_rule_find(c->spool, "except", d->name, c->claim->now, &rule,
	    err))
		return false;
	d->except = rule.id;
	d->except_strategy = rule.strategy;
	d->except_rule = rule.words;
	return true;
}

static bool
ask_wait(struct claiming *c, struct domain_taken *d, struct error *err)
{
	d->asked = true;
	return ask_rules(c, d, err) && spool_ask(c->spool, SQL_CLAIM_WAIT_UNTIL, SPOOL_VALUES(
	    SPOOL_TEXT(":domain", d->name), SPOOL_INT(":now", c->claim->now),
	    SPOOL_INT(":most", WAIT_MOST_S)), &d->wait_until, err);
}

static bool
touch(struct claiming *c, int64_t id, int64_t rule, struct error *err)
{
	return spool_run(c->spool, SQL_RULE_TOUCH, SPOOL_VALUES(
	    SPOOL_INT(":id", id), SPOOL_INT(":rule", rule)), err);
}

/* Leaves it where it is, to be due with what is deferred of its domain. */
static bool
must_wait(struct claiming *c, const struct candidate *of, bool *wait_r,
    struct error *err)
{
	struct spool_query q;

	*wait_r = false;
	if (!of->domain->asked && !ask_wait(c, of->domain, err))
		return false;
	if (of->domain->suspend >= 0) {
		*wait_r = true;
		FAILPOINT_ROW("rule-suspend");
		return touch(c, of->id, of->domain->suspend, err) &&
		    spool_run(c->spool, SQL_RULE_SUSPEND, SPOOL_VALUES(
		    SPOOL_INT(":id", of->id), SPOOL_INT(":now", c->claim->now),
		    SPOOL_INT(":rule", of->domain->suspend),
		    SPOOL_TIME(":until", of->domain->suspend_until)), err);
	}
	if (of->domain->wait_until < 0)
		return true;
	spool_query_start_with(&q, c->spool, SQL_CLAIM_WAIT, SPOOL_VALUES(
	    SPOOL_INT(":id", of->id),
	    SPOOL_INT(":at", of->domain->wait_until)));
	*wait_r = spool_query_next(&q);
	FAILPOINT_ROW_IF(*wait_r, "claim-wait");
	return spool_query_run(&q, err);
}

/* Nobody can change the row between the two: the write lock is held. */
static bool
take_candidate(struct claiming *c, int64_t id, struct error *err)
{
	return spool_run(c->spool, SQL_CLAIM_TAKE, SPOOL_VALUES(
	    SPOOL_INT(":id", id), SPOOL_TEXT(":token", c->claim->token),
	    SPOOL_INT(":until", c->claim->now + c->claim->lease_s)), err);
}

static bool
read_and_take(struct claiming *c, const struct candidate *of, size_t *taken,
    struct error *err)
{
	const struct domain_taken *d = of->domain;
	int64_t id = of->id;
	struct spool_query q;
	bool found;

	spool_query_start_with(&q, c->spool, SQL_CLAIM_READ, SPOOL_VALUES(
	    SPOOL_INT(":id", id)));
	found = spool_query_next(&q);
	if (found) {
		struct job_entry *e = entry_of(c, spool_query_int(&q, 0));
		struct arena *a = e->job->arena;

		*add_rcpt(e) = (struct spool_recipient){
			.id = id,
			.address = spool_query_copy(&q, 1, a),
			.domain = spool_query_copy(&q, 2, a),
			.notify = spool_query_copy(&q, 3, a),
			.orcpt = spool_query_copy(&q, 4, a),
			.last_error = spool_query_copy(&q, 5, a),
			.status = spool_query_copy(&q, 6, a),
			.reply = spool_query_copy(&q, 7, a),
			.attempts = (int)spool_query_int(&q, 8),
			.tls_failures = (int)spool_query_int(&q, 9),
			.notified = (int)spool_query_int(&q, 10),
			.expires_at = spool_query_time(&q, 11),
			.next_attempt_at = spool_query_int(&q, 12),
			.except_strategy = d->except_strategy != NULL ?
			    arena_strdup(a, d->except_strategy) : NULL,
			.except_rule = d->except_rule != NULL ?
			    arena_strdup(a, d->except_rule) : NULL,
		};
		(*taken)++;
	}
	return spool_query_end(&q, err) &&
	    (d->except < 0 || touch(c, id, d->except, err)) &&
	    (found ? take_candidate(c, id, err) :
	    spool_run(c->spool, SQL_CLAIM_ORPHAN, SPOOL_VALUES(
	    SPOOL_INT(":id", id)), err));
}

/* Hands the jobs over, or frees them where the claim failed. */
static void
hand_over_jobs(struct claiming *c, bool ok, struct spool_job **jobs_r)
{
	struct domain_taken *d, *next_d;
	struct job_entry *e, *next_e;

	HASH_ITER(hh, c->domains, d, next_d) {
		HASH_DEL(c->domains, d);
		free(d->except_strategy);
		free(d->except_rule);
		free(d);
	}
	/* In the order in which they were claimed: oldest first. */
	HASH_ITER(hh, c->jobs, e, next_e) {
		HASH_DEL(c->jobs, e);
		if (ok) {
			*jobs_r = e->job;
			jobs_r = &e->job->next;
		} else {
			spool_job_free(&e->job);
		}
		free(e);
	}
	*jobs_r = NULL;
	free(c->candidates);
}

static bool
expire(struct spool *spool, int64_t now, int64_t lease_s, struct error *err)
{
	if (!spool_run(spool, SQL_CLAIM_CUT, SPOOL_VALUES(
	    SPOOL_INT(":now", now), SPOOL_INT(":lease", lease_s)), err))
		return false;
	if (!spool_run(spool, SQL_CLAIM_EXPIRE, SPOOL_VALUES(
	    SPOOL_INT(":now", now)), err))
		return false;
	FAILPOINT_ROW_IF(spool_changes(spool) > 0, "claim-expire");
	return true;
}

/* Of times that a clock wrote which was ahead (doc/spool-states.md). */
static bool
cut_waits(struct spool *spool, const struct spool_claim *claim,
    struct error *err)
{
	if (!spool_run(spool, SQL_CLAIM_CUT_WAIT, SPOOL_VALUES(
	    SPOOL_INT(":now", claim->now)), err))
		return false;
	if (claim->longest_wait_s == 0)
		return true;
	return spool_run(spool, SQL_CLAIM_CUT_DUE, SPOOL_VALUES(
	    SPOOL_INT(":now", claim->now),
	    SPOOL_INT(":longest", claim->longest_wait_s),
	    SPOOL_INT(":max", CUT_MAX)), err);
}

bool
spool_claim(struct spool *spool, const struct spool_claim *claim,
    struct spool_job **jobs_r, size_t *recipients_r, bool *more_r,
    struct error *err)
{
	struct claiming c = { .spool = spool, .claim = claim };
	struct job_entry *e, *next;
	size_t taken = 0;
	bool ok;

	assert(spool_in_transaction(spool));
	*jobs_r = NULL;
	*recipients_r = 0;
	*more_r = false;
	if (claim->max == 0)
		return true;
	ok = spool_rule_any(spool, &c.any_rules, err) &&
	    expire(spool, claim->now, claim->lease_s, err) &&
	    cut_waits(spool, claim, err);
	if (ok && claim->message_ids != NULL)
		ok = scan_messages(&c, more_r, err);
	else if (ok && claim->domains != NULL)
		ok = scan_domains(&c, more_r, err);
	else if (ok)
		ok = scan_all(&c, more_r, err);
	for (size_t i = 0; ok && i < c.count; i++) {
		bool wait;

		ok = must_wait(&c, &c.candidates[i], &wait, err) &&
		    (wait || read_and_take(&c, &c.candidates[i], &taken,
		    err));
	}
	HASH_ITER(hh, c.jobs, e, next)
		ok = ok && spool_message_read(spool, e->job->arena,
		    &e->job->message, err);
	hand_over_jobs(&c, ok, jobs_r);
	FAILPOINT_ROW_IF(taken > 0, "claim");
	*recipients_r = ok ? taken : 0;
	return ok;
}

void
spool_job_free(struct spool_job **job)
{
	struct arena *arena;

	if (*job == NULL)
		return;
	arena = (*job)->arena;
	*job = NULL;
	arena_free(&arena);
}
