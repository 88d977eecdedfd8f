/*
 * Outcome, schedule and expiry of a recipient.
 */
#include "delivery/outcome.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "policy/outcome.h"
#include "policy/retry.h"
#include "dsn/owed.h"

/* RFC 3463 3.5: delivery time expired.  The failure itself was temporary. */
static const char expired_status[] = "4.4.7";

static int
jitter_permille(void)
{
	uint16_t r = 0;

	/* No randomness only means no jitter. */
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		return 0;
	return r % 1000;
}

/* Sets when to try again; a schedule that is used up makes it expired. */
static void
schedule(struct report_line *l, const struct job *job)
{
	const struct conf_schedule *s = job->way.schedule;
	const struct retry_schedule retry = {
		.retry_s = s->retry.item_s, .n_retry = s->retry.count,
		.expire_s = s->expire_s, .max_attempts = s->max_attempts
	};
	int64_t received_at = job->claimed->message.received_at;
	int64_t expires_at = retry_expires_at(&retry, received_at);
	struct retry_verdict v;

	l->expires_at = expires_at > 0 ? expires_at : -1;
	if (l->outcome != SPOOL_DEFERRED)
		return;
	v = retry_after(&retry, received_at, job_rcpt(job, l->rcpt)->attempts + 1,
	    clock_now_s(), jitter_permille());
	l->next_attempt_at = v.next_attempt_at;
	if (!v.expired)
		return;
	l->fallback = NULL;
	l->outcome = SPOOL_EXPIRED;
	(void)text_copy(l->status, sizeof(l->status), expired_status);
}

static enum owed_event
event_of(const struct report_line *l)
{
	switch (l->outcome) {
	case SPOOL_DELIVERED:
		return l->notes[l->deciding]->no_receipts ? OWED_HANDED_OVER :
		    OWED_HANDED_ON;
	case SPOOL_DEFERRED:
		return OWED_DELAYED;
	case SPOOL_FAILED:
	case SPOOL_EXPIRED:
		break;
	}
	return OWED_FAILED;
}

/* Which DSN the sender is to get.  One notice of delay stands for all that are
 * due: a runner that was off for days does not send them in a row. */
static void
owe(struct report_line *l, const struct job *job)
{
	const struct conf_durations *notify = &job->way.schedule->notify;
	const struct spool_recipient *rcpt = job_rcpt(job, l->rcpt);
	int due = owed_notices(notify->item_s, notify->count,
	    clock_now_s() - job->claimed->message.received_at);

	l->notified = rcpt->notified;
	if (l->outcome == SPOOL_DEFERRED && due <= rcpt->notified)
		return;
	l->owed = owed_decide(event_of(l), job->claimed->message.sender, rcpt->notify);
	if (l->owed == DSN_ACTION_DELAYED)
		l->notified = due;
}

static void
add(struct report *r, struct job *job, struct report_line *l,
    struct note *const *notes, size_t n)
{
	l->notes = notes;
	l->n_notes = n;
	schedule(l, job);
	owe(l, job);
	report_add(r, l);
	job_settled(job, l->rcpt);
}

void
settle_by_host(struct report *r, struct job *job, size_t i, struct note *last,
    enum spool_outcome outcome)
{
	struct job_progress *p = &job->progress[i];
	struct report_line l = { .rcpt = i, .outcome = outcome,
		.deciding = p->n_trail };

	job_note(job, i, last);
	(void)text_copy(l.status, sizeof(l.status), last->status);
	add(r, job, &l, p->trail, p->n_trail);
}

static const char *
fallback(struct chooser *chooser, const struct job *job, size_t i,
    const struct note *deciding)
{
	const struct way_case of = job_case(job, i, clock_now_s());
	const struct conf_tls_strategy *next;

	if (chooser == NULL || strcmp(deciding->error, "tls") != 0)
		return NULL;
	next = chooser_fallback(chooser, &of, &job->way, deciding->status);
	return next != NULL ? next->id : NULL;
}

void
settle_exhausted(struct report *r, struct job *job, size_t i,
    struct chooser *chooser)
{
	struct job_progress *p = &job->progress[i];
	struct outcome_fact *facts;
	struct report_line l = { .rcpt = i, .domain_failed = true };
	struct outcome o;

	assert(p->n_trail > 0);
	facts = mem_alloc(p->n_trail * sizeof(*facts));
	for (size_t k = 0; k < p->n_trail; k++) {
		facts[k].error = p->trail[k]->error;
		facts[k].status = p->trail[k]->status;
	}
	o = outcome_decide(facts, p->n_trail, job->way.strategy != NULL &&
	    job->way.strategy->on_policy_failure == CONF_FAILURE_BOUNCE);
	free(facts);
	l.deciding = o.deciding;
	l.outcome = o.permanent ? SPOOL_FAILED : SPOOL_DEFERRED;
	if (l.outcome == SPOOL_DEFERRED)
		l.fallback = fallback(chooser, job, i, p->trail[o.deciding]);
	(void)text_copy(l.status, sizeof(l.status), o.status);
	add(r, job, &l, p->trail, p->n_trail);
}
