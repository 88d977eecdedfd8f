/*
 * Results: outcome, schedule and expiry of each recipient; then rows, then log
 * lines, then the count.
 *
 * Commit instant: all rows of a task are in one transaction with the state of
 * its recipients (doc/spool-states.md).  Nothing is logged before it.
 */
#include "delivery/result.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "delivery/logline.h"
#include "dsn/dsn.h"
#include "mail/address.h"
#include "nexthop/forecast.h"
#include "policy/retry.h"

struct delivery_results {
	/* first: the writer gives it back */
	struct spool_write_task task;
	struct delivery_job *job;
	const struct delivery_events *events;
	struct delivery_record *session;	/* a reference, or NULL */
	int64_t at;
	size_t n;
	size_t rcpts[];			/* of the job: those in here */
};

struct delivery_results *
delivery_results_new(struct delivery_job *job,
    const struct delivery_events *events)
{
	struct delivery_results *r = mem_zalloc(sizeof(*r) +
	    job->open * sizeof(r->rcpts[0]));

	r->job = delivery_job_ref(job);
	r->events = events;
	r->at = clock_now_s();
	return r;
}

void
delivery_results_of_session(struct delivery_results *r,
    struct delivery_record *session)
{
	r->session = delivery_record_ref(session);
	(void)atomic_fetch_add(&session->unrecorded, 1);
}

/* --- what the result is ----------------------------------------------- */

static int
jitter_permille(void)
{
	uint16_t r = 0;

	/* No randomness only means no jitter. */
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		return 0;
	return r % 1000;
}

/* A TLS report lives a day at most (RFC 8460 5.4 names no more). */
static const int64_t report_retries_s[] = { 900, 3600, 4 * 3600, 8 * 3600 };
static const struct policy_retry_schedule report_schedule = {
	.retry_s = report_retries_s, .n_retry = ARRAY_LEN(report_retries_s),
	.max_attempts = ARRAY_LEN(report_retries_s) + 1
};

/* Sets when to try again; a schedule that is used up makes it expired. */
static void
set_schedule(struct delivery_progress *p, const struct delivery_job *job,
    int attempts)
{
	const struct policy_retry_schedule *retry =
	    job->claimed->message.tls_report != NULL ? &report_schedule :
	    &job->choice.schedule->retry;
	int64_t received_at = job->claimed->message.received_at;
	int64_t expires_at = policy_retry_expires_at(retry, received_at);
	struct policy_retry_verdict v;

	p->result.expires_at = expires_at > 0 ? expires_at : -1;
	if (p->result.outcome != SPOOL_DEFERRED)
		return;
	v = policy_retry_after(retry, received_at, attempts, p->result.now,
	    jitter_permille());
	p->result.next_attempt_at = v.next_attempt_at;
	if (!v.expired)
		return;
	p->result.fallback = NULL;
	p->result.outcome = SPOOL_EXPIRED;
	p->result.status = "4.4.7";	/* dsn/dsn.h: expired */
}

static enum dsn_event
event_of(const struct delivery_progress *p)
{
	switch (p->result.outcome) {
	case SPOOL_DELIVERED:
		return p->attempts[p->deciding]->no_receipts ?
		    DSN_OWED_HANDED_OVER : DSN_OWED_HANDED_ON;
	case SPOOL_DEFERRED:
		return DSN_OWED_DELAYED;
	case SPOOL_FAILED:
	case SPOOL_EXPIRED:
		break;
	}
	return DSN_OWED_FAILED;
}

/* Which DSN the sender is to get.  One notice of delay stands for all that are
 * due: a runner that was off for days does not send them in a row. */
static void
set_owed(struct delivery_progress *p, const struct delivery_job *job,
    const struct spool_recipient *rcpt)
{
	const struct conf_durations *notify = &job->choice.schedule->notify;
	int due = dsn_owed_notices(notify->item_s, notify->count,
	    p->result.now - job->claimed->message.received_at);
	enum dsn_action owed;

	p->result.notified = rcpt->notified;
	if (p->result.outcome == SPOOL_DEFERRED && due <= rcpt->notified)
		return;
	owed = dsn_owed_decide(event_of(p), job->claimed->message.sender,
	    rcpt->notify);
	p->result.dsn_owed = dsn_action_name(owed);
	if (owed == DSN_ACTION_DELAYED)
		p->result.notified = due;
}

static void
result_add(struct delivery_results *r, size_t i, size_t deciding,
    const char *status, enum spool_outcome outcome, const char *fallback)
{
	struct delivery_progress *p = &r->job->progress[i];
	const struct spool_recipient *rcpt = delivery_job_rcpt(r->job, i);
	const struct spool_attempt *a = &p->attempts[deciding]->row;

	p->deciding = deciding;
	(void)text_copy(p->status, sizeof(p->status), status);
	p->result = (struct spool_result){ .recipient_id = rcpt->id,
		.outcome = outcome, .now = r->at, .fallback = fallback,
		.last_error = a->error, .status = p->status,
		.reply = a->reply };
	set_schedule(p, r->job, rcpt->attempts + 1);
	set_owed(p, r->job, rcpt);
	r->rcpts[r->n++] = i;
	delivery_job_finish(r->job, i);
}

void
delivery_results_add(struct delivery_results *r, size_t i,
    struct delivery_attempt *last, enum spool_outcome outcome)
{
	delivery_job_add_attempt(r->job, i, last);
	result_add(r, i, r->job->progress[i].n_attempts - 1, last->row.status,
	    outcome, NULL);
}

static const char *
find_fallback(struct nexthop_chooser *chooser, const struct delivery_job *job,
    size_t i, const struct spool_attempt *deciding)
{
	const struct nexthop_case of = delivery_job_case(job, i, clock_now_s());
	const struct conf_tls_strategy *next;

	if (chooser == NULL || strcmp(deciding->error, "tls") != 0)
		return NULL;
	next = nexthop_choose_fallback(chooser, &of, &job->choice,
	    deciding->status);
	return next != NULL ? next->id : NULL;
}

void
delivery_results_add_exhausted(struct delivery_results *r, size_t i,
    struct nexthop_chooser *chooser)
{
	const struct delivery_job *job = r->job;
	struct delivery_progress *p = &job->progress[i];
	struct policy_outcome_fact *facts;
	struct policy_outcome o;

	assert(p->n_attempts > 0);
	facts = mem_alloc(p->n_attempts * sizeof(*facts));
	for (size_t k = 0; k < p->n_attempts; k++)
		facts[k] =
		    (struct policy_outcome_fact){ p->attempts[k]->row.error,
			p->attempts[k]->row.status };
	o = policy_outcome_decide(facts, p->n_attempts,
	    job->choice.strategy != NULL &&
	    job->choice.strategy->on_policy_failure == CONF_FAILURE_BOUNCE);
	free(facts);
	p->domain_failed = true;
	result_add(r, i, o.deciding, o.status,
	    o.permanent ? SPOOL_FAILED : SPOOL_DEFERRED,
	    o.permanent ? NULL : find_fallback(chooser, job, i,
	    &p->attempts[o.deciding]->row));
}

/* --- rows ------------------------------------------------------------- */

/* Evidence for `tlsq whatif --shadow`, and nothing else. */
static void
judge_shadow(struct spool_attempt *a, const struct delivery_job *job,
    const struct delivery_attempt *attempt)
{
	const struct nexthop_choice *choice = &job->choice;
	const struct nexthop_past past = {
		.seen = attempt->decided ? &attempt->seen : NULL,
		.hosts = attempt->hosts,
		.relay = choice->route->type == CONF_ROUTE_RELAY,
		.outcome = a->outcome, .error = a->error,
		.waived = nexthop_waiver_of(&job->claimed->message) !=
		    NEXTHOP_WAIVER_NONE, .pinned = choice->pinned };

	a->shadow_strategy = choice->shadow->id;
	a->shadow_outcome = nexthop_forecast(&past, choice->shadow,
	    job->settings->conf).outcome;
}

/* Attempt k of a recipient, with what that one knows; without its session. */
static struct spool_attempt
attempt_row(const struct delivery_job *job, size_t i, size_t k)
{
	static const char *const words[] = {
		[SPOOL_DEFERRED] = "deferred", [SPOOL_FAILED] = "failed",
		[SPOOL_EXPIRED] = "failed", [SPOOL_DELIVERED] = "delivered",
	};
	const struct delivery_progress *p = &job->progress[i];
	struct spool_attempt a = p->attempts[k]->row;

	a.message_id = job->claimed->message.id;
	a.recipient_id = p->result.recipient_id;
	a.domain = delivery_job_domain(job);
	if (a.strategy == NULL && job->choice.strategy != NULL) {
		a.strategy = job->choice.strategy->id;
		a.rule = job->rule;
	}
	a.outcome = k == p->deciding ? words[p->result.outcome] :
	    a.status[0] == '5' ? "failed" : "deferred";
	if (job->choice.shadow != NULL)
		judge_shadow(&a, job, p->attempts[k]);
	return a;
}

/* The session, or the refusal, with its counts for the TLS report. */
static bool
store_record(struct delivery_record *s, struct spool *spool, int64_t now,
    struct error *err)
{
	if (s->refused)
		s->row_id = -1;
	else if (!spool_session_add(spool, &s->row, &s->row_id, err))
		return false;
	for (size_t i = 0; i < s->n_counts; i++)
		if (!spool_tls_count_add(spool, &s->counts[i], now, err))
			return false;
	return true;
}

static bool
store_attempt(const struct delivery_job *job, size_t i, size_t k,
    struct spool *spool, int64_t *id_r, struct error *err)
{
	struct delivery_record *s = job->progress[i].attempts[k]->session;
	struct spool_attempt a = attempt_row(job, i, k);

	if (s != NULL && s->row_id == 0 && !store_record(s, spool,
	    job->progress[i].result.now, err))
		return false;
	a.session_id = s != NULL ? s->row_id : -1;
	return spool_attempt_add(spool, &a, id_r, err);
}

static bool
store_result(struct delivery_job *job, size_t i, struct spool *spool,
    const char *token, struct error *err)
{
	struct delivery_progress *p = &job->progress[i];
	int64_t id;

	for (size_t k = 0; k < p->n_attempts; k++) {
		if (!store_attempt(job, i, k, spool, &id, err))
			return false;
		if (k == p->deciding)
			p->result.last_attempt_id = id;
	}
	p->result.token = token;
	return spool_result_set(spool, &p->result, &p->effect, err) &&
	    (job->claimed->message.tls_report == NULL ||
	    p->result.outcome == SPOOL_DEFERRED ||
	    spool_report_result(spool, p->result.recipient_id, p->result.now,
	    err));
}

static bool
store_domain(const struct delivery_job *job, size_t i, struct spool *spool,
    struct error *err)
{
	static const struct spool_session none;
	const struct delivery_progress *p = &job->progress[i];
	const struct delivery_attempt *a = p->attempts[p->deciding];
	const struct spool_session *s = delivery_attempt_session(a);

	if (s == NULL)
		s = &none;

	return spool_domain_status_set(spool, &(struct spool_domain_status){
	    .domain = delivery_job_domain(job), .at = p->result.now,
	    .delivered = p->result.outcome == SPOOL_DELIVERED,
	    .error = p->domain_failed ? a->row.error : NULL,
	    .result_type = p->domain_failed ? a->row.result_type : NULL,
	    .status = p->result.status, .reply = a->row.reply, .tls = s->tls,
	    .dane = s->dane, .mta_sts = s->mta_sts }, err);
}

static bool
results_run(struct spool_write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	struct delivery_results *r = (struct delivery_results *)t;
	int64_t id = r->job->claimed->message.id;

	for (size_t i = 0; i < r->n; i++)
		if (!store_result(r->job, r->rcpts[i], spool, token, err))
			return error_prefix(err, "message %lld",
			    (long long)id);
	if (r->n > 0 && !t->superseded &&
	    !store_domain(r->job, r->rcpts[r->n - 1], spool, err))
		return false;
	return spool_message_finish(spool, id, r->at, err);
}

/* The transaction is committed, or gone: so are the rows of its sessions. */
static void
end_sessions(const struct delivery_results *r, bool committed)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct delivery_progress *p =
		    &r->job->progress[r->rcpts[i]];

		for (size_t k = 0; k < p->n_attempts; k++) {
			struct delivery_record *s = p->attempts[k]->session;

			if (s != NULL && committed)
				s->stored = true;
			else if (s != NULL && !s->stored)
				s->row_id = 0;
		}
	}
}

static void
results_undo(struct spool_write_task *t)
{
	end_sessions((struct delivery_results *)t, false);
}

/* --- log -------------------------------------------------------------- */

/* err: it could not be recorded; else NULL. */
static void
log_result(const struct delivery_job *job, size_t i, const struct error *err)
{
	const struct delivery_progress *p = &job->progress[i];
	const struct spool_attempt a = attempt_row(job, i, p->deciding);
	char text[2000], to[MAIL_ADDRESS_LOG_LEN];

	delivery_log_format(text, sizeof(text), &(struct delivery_log_line){
	    .message = &job->claimed->message,
	    .to = delivery_job_rcpt(job, i)->address, .attempt = &a,
	    .session = delivery_attempt_session(p->attempts[p->deciding]),
	    .result = &p->result });
	log_info("%s", text);
	mail_address_log(to, delivery_job_rcpt(job, i)->address);
	if (p->effect != SPOOL_RECORDED)
		log_warning("%lld: to=<%s>: lost the lease during the attempt: "
		    "%s", (long long)a.message_id, to, p->effect == SPOOL_LOST ?
		    "result not recorded, since another runner or the "
		    "administrator changed the recipient" : "delivery "
		    "recorded; another runner may have sent a second copy");
	if (err != NULL)
		log_error("%lld: to=<%s>: result NOT RECORDED (%s); retrying "
		    "when the lease expires", (long long)a.message_id, to,
		    err->text);
}

static void
results_done(struct spool_write_task *t, const struct error *err)
{
	struct delivery_results *r = (struct delivery_results *)t;
	int64_t *ids = mem_alloc((r->n + 1) * sizeof(*ids));

	if (err == NULL)
		end_sessions(r, true);
	for (size_t i = 0; i < r->n; i++) {
		log_result(r->job, r->rcpts[i], err);
		ids[i] = delivery_job_rcpt(r->job, r->rcpts[i])->id;
	}
	/* After damage the session sends no end any more. */
	if (r->session != NULL && (err == NULL || err->code != EX_DATAERR))
		(void)atomic_fetch_sub(&r->session->unrecorded, 1);
	delivery_record_unref(&r->session);
	r->events->recorded(r->events->ctx, delivery_job_domain(r->job), ids,
	    r->n);
	free(ids);
	delivery_job_unref(&r->job);
	free(r);
}

void
delivery_results_send(struct delivery_results *r, struct spool_writer *writer)
{
	/* What a delivery says of its domain, a later one says as well; a
	 * failure counts from the first one on. */
	if (r->n > 0 && r->job->progress[r->rcpts[r->n - 1]].result.outcome ==
	    SPOOL_DELIVERED)
		r->task.subject = delivery_job_domain(r->job);
	r->task.when = SPOOL_WRITE_SOON;
	r->task.run = results_run;
	r->task.undo = results_undo;
	r->task.done = results_done;
	spool_writer_post(writer, &r->task);
}
