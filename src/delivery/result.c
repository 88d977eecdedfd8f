/*
 * Reports: rows, then log lines, then the count.
 *
 * Commit instant: all rows of a report are in one transaction with the state of
 * its recipients (doc/spool-states.md).  Nothing is logged before it.
 */
#include "delivery/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "delivery/logline.h"

struct line {
	struct report_line l;
	struct note **notes;
	enum spool_effect effect;
};

struct report {
	struct write_task task;		/* first: the writer gives it back */
	struct job *job;
	struct report_listener listener;
	struct session_record *session;	/* a reference, or NULL */
	const char *strategy;
	char rule[256];
	struct line *lines;
	size_t n;
	int64_t at;
};

static const char *const outcome_words[] = {
	[SPOOL_DEFERRED] = "deferred",
	[SPOOL_FAILED] = "failed",
	[SPOOL_EXPIRED] = "failed",
	[SPOOL_DELIVERED] = "delivered",
};

struct report *
report_new(struct job *job, const struct report_listener *listener)
{
	struct report *r = mem_zalloc(sizeof(*r));

	r->job = job_ref(job);
	r->listener = *listener;
	r->strategy = job->way.strategy != NULL ? job->way.strategy->id : NULL;
	if (job->rule != NULL)
		(void)text_copy(r->rule, sizeof(r->rule), job->rule);
	r->at = clock_now_s();
	return r;
}

void
report_of_session(struct report *r, struct session_record *session)
{
	r->session = session_record_ref(session);
	(void)atomic_fetch_add(&session->unrecorded, 1);
}

void
report_add(struct report *r, const struct report_line *line)
{
	struct line *l;

	r->lines = mem_realloc(r->lines, (r->n + 1) * sizeof(*r->lines));
	l = &r->lines[r->n++];
	l->l = *line;
	l->effect = SPOOL_LOST;
	l->notes = mem_alloc(line->n_notes * sizeof(*l->notes));
	for (size_t i = 0; i < line->n_notes; i++)
		l->notes[i] = note_ref(line->notes[i]);
	l->l.notes = NULL;
}

/* --- rows ------------------------------------------------------------- */

static const char *
or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static bool
store_session(struct spool *spool, struct session_record *s, struct error *err)
{
	if (s == NULL || s->row_id > 0)
		return true;
	return spool_session_add(spool, &(struct spool_session){
	    .started_at = s->started_at, .mx = s->mx, .address = s->address,
	    .tls = s->tls, .protocol = or_null(s->protocol),
	    .cipher = or_null(s->cipher),
	    .key_exchange = or_null(s->key_exchange),
	    .signature = or_null(s->signature),
	    .cert_sha256 = or_null(s->cert_sha256),
	    .cert_subject = or_null(s->cert_subject),
	    .cert_issuer = or_null(s->cert_issuer),
	    .cert_not_after = s->cert_not_after > 0 ? s->cert_not_after : -1,
	    .spki_sha256 = or_null(s->spki_sha256),
	    .tlsa = or_null(s->tlsa), .dane = s->dane,
	    .mta_sts = s->mta_sts, .resumed = s->resumed,
	    .verify_error = or_null(s->verify_error) }, &s->row_id, err);
}

static const char *
attempt_outcome(const struct line *l, size_t i)
{
	const struct note *n = l->notes[i];

	if (i == l->l.deciding)
		return outcome_words[l->l.outcome];
	return n->status[0] == '5' ? "failed" : "deferred";
}

static bool
store_attempt(struct report *r, struct line *l, size_t i, struct spool *spool,
    int64_t *id_r, struct error *err)
{
	const struct note *n = l->notes[i];
	const struct spool_recipient *rcpt = job_rcpt(r->job, l->l.rcpt);

	if (!store_session(spool, n->session, err))
		return false;
	return spool_attempt_add(spool, &(struct spool_attempt){
	    .message_id = r->job->claimed->message.id,
	    .recipient_id = rcpt->id, .domain = rcpt->domain,
	    .started_at = n->started_at, .duration_ms = n->duration_ms,
	    .strategy = n->strategy != NULL ? n->strategy : r->strategy,
	    .rule = or_null(n->strategy != NULL ? n->rule : r->rule),
	    .mx = or_null(n->mx), .address = or_null(n->address),
	    .level = n->level != LEVEL_UNSET ? policy_level_name(n->level) :
		NULL,
	    .facts = or_null(n->facts),
	    .session_id = n->session != NULL ? n->session->row_id : -1,
	    .outcome = attempt_outcome(l, i), .error = n->error,
	    .result_type = n->result_type, .status = or_null(n->status),
	    .reply = or_null(n->reply) }, id_r, err);
}

/*
 * What a delivery says of its domain, a later one says as well; a failure counts
 * from the first one on.
 */
static const char *
subject_of(const struct report *r)
{
	const struct line *l = r->n > 0 ? &r->lines[r->n - 1] : NULL;

	return l != NULL && l->l.outcome == SPOOL_DELIVERED ?
	    job_domain(r->job) : NULL;
}

static bool
store_domain(struct report *r, const struct line *l, struct spool *spool,
    struct error *err)
{
	const struct note *n = l->notes[l->l.deciding];
	const struct session_record *s = n->session;
	bool failed = l->l.domain_failed;

	return spool_domain_status_set(spool, &(struct spool_domain_status){
	    .domain = job_domain(r->job), .at = r->at,
	    .delivered = l->l.outcome == SPOOL_DELIVERED,
	    .error = failed ? n->error : NULL,
	    .result_type = failed ? n->result_type : NULL,
	    .status = l->l.status, .reply = n->reply,
	    .tls = s != NULL ? s->tls : NULL,
	    .dane = s != NULL ? s->dane : NULL,
	    .mta_sts = s != NULL ? s->mta_sts : NULL }, err);
}

static bool
store_line(struct report *r, struct line *l, struct spool *spool,
    const char *token, struct error *err)
{
	const struct spool_recipient *rcpt = job_rcpt(r->job, l->l.rcpt);
	const struct note *n = l->notes[l->l.deciding];
	int64_t id, deciding = -1;

	for (size_t i = 0; i < l->l.n_notes; i++) {
		if (!store_attempt(r, l, i, spool, &id, err))
			return false;
		if (i == l->l.deciding)
			deciding = id;
	}
	return spool_result_set(spool, &(struct spool_result){
	    .recipient_id = rcpt->id, .token = token,
	    .outcome = l->l.outcome, .now = r->at,
	    .next_attempt_at = l->l.next_attempt_at,
	    .fallback = l->l.fallback,
	    .expires_at = l->l.expires_at, .notified = l->l.notified,
	    .last_error = n->error, .status = l->l.status, .reply = n->reply,
	    .last_attempt_id = deciding,
	    .dsn_owed = dsn_action_name(l->l.owed) }, &l->effect, err);
}

static bool
report_run(struct write_task *t, struct spool *spool, const char *token,
    struct error *err)
{
	struct report *r = (struct report *)t;
	bool finished;

	for (size_t i = 0; i < r->n; i++)
		if (!store_line(r, &r->lines[i], spool, token, err))
			return error_prefix(err, "message %lld",
			    (long long)r->job->claimed->message.id);
	if (r->n > 0 && !t->superseded &&
	    !store_domain(r, &r->lines[r->n - 1], spool, err))
		return false;
	return spool_message_finish(spool, r->job->claimed->message.id, r->at,
	    &finished, err);
}

static void
each_session(struct report *r, void (*fn)(struct session_record *s))
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->lines[i].l.n_notes; k++)
			if (r->lines[i].notes[k]->session != NULL)
				fn(r->lines[i].notes[k]->session);
}

static void
forget_row(struct session_record *s)
{
	if (!s->stored)
		s->row_id = 0;
}

static void
keep_row(struct session_record *s)
{
	s->stored = true;
}

static void
report_undo(struct write_task *t)
{
	each_session((struct report *)t, forget_row);
}

/* --- log -------------------------------------------------------------- */

static void
log_one(const struct report *r, const struct line *l)
{
	const struct note *n = l->notes[l->l.deciding];
	const struct session_record *s = n->session;
	const struct spool_message *m = &r->job->claimed->message;
	char text[2000], to[MAIL_ADDRESS_LOG_LEN];

	logline_format(text, sizeof(text), &(struct logline){
	    .message_id = m->id,
	    .to = job_rcpt(r->job, l->l.rcpt)->address, .mta_id = m->mta_id,
	    .delay_s = r->at - m->received_at, .xdelay_ms = n->duration_ms,
	    .mx = n->mx, .address = n->address,
	    .strategy = n->strategy != NULL ? n->strategy : r->strategy,
	    .level = n->level != LEVEL_UNSET ? policy_level_name(n->level) :
		NULL,
	    .tls = s != NULL ? s->tls : NULL,
	    .protocol = s != NULL ? s->protocol : NULL,
	    .cipher = s != NULL ? s->cipher : NULL,
	    .dane = s != NULL ? s->dane : NULL,
	    .mta_sts = s != NULL ? s->mta_sts : NULL, .status = l->l.status,
	    .result_type = n->result_type,
	    .stat = l->l.outcome == SPOOL_DELIVERED ? STAT_SENT :
		l->l.outcome == SPOOL_DEFERRED ? STAT_DEFERRED : STAT_FAILED,
	    .reply = n->reply });
	log_info("%s", text);
	mail_address_log(to, job_rcpt(r->job, l->l.rcpt)->address);
	if (l->effect != SPOOL_RECORDED)
		log_warning("%lld: to=<%s>: lost the lease during the attempt: "
		    "%s",
		    (long long)m->id, to, l->effect == SPOOL_LOST ?
		    "result not recorded, since another runner or the "
		    "administrator changed the recipient" : "delivery "
		    "recorded; another runner may have sent a second copy");
}

static void
log_unrecorded(const struct report *r, const struct line *l,
    const struct error *err)
{
	char to[MAIL_ADDRESS_LOG_LEN];

	mail_address_log(to, job_rcpt(r->job, l->l.rcpt)->address);
	log_error("%lld: to=<%s>: result NOT RECORDED (%s); retrying when the "
	    "lease expires", (long long)r->job->claimed->message.id, to,
	    err->text);
}

static void
tell_settled(const struct report *r)
{
	int64_t *ids = mem_alloc((r->n + 1) * sizeof(*ids));

	for (size_t i = 0; i < r->n; i++)
		ids[i] = job_rcpt(r->job, r->lines[i].l.rcpt)->id;
	r->listener.settled(r->listener.ctx, job_domain(r->job), ids, r->n);
	free(ids);
}

static void
report_done(struct write_task *t, const struct error *err)
{
	struct report *r = (struct report *)t;

	if (err == NULL)
		each_session(r, keep_row);
	for (size_t i = 0; i < r->n; i++) {
		log_one(r, &r->lines[i]);
		if (err != NULL)
			log_unrecorded(r, &r->lines[i], err);
	}
	/* After damage the session sends no end any more. */
	if (r->session != NULL && (err == NULL || err->code != EX_DATAERR))
		(void)atomic_fetch_sub(&r->session->unrecorded, 1);
	session_record_unref(&r->session);
	tell_settled(r);
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < r->lines[i].l.n_notes; k++)
			note_unref(&r->lines[i].notes[k]);
		free(r->lines[i].notes);
	}
	free(r->lines);
	job_unref(&r->job);
	free(r);
}

void
report_send(struct report *r, struct writer *writer)
{
	r->task.subject = subject_of(r);
	r->task.when = WRITE_SOON;
	r->task.run = report_run;
	r->task.undo = report_undo;
	r->task.done = report_done;
	writer_post(writer, &r->task);
}
