/*
 * The final dot: the message becomes durable, then Sendmail is told.
 *
 *   finish the content -> is it fit? -> store, with patience
 *     [-> wait for the result: answer.c] -> drop recipients
 *
 * Where Sendmail went away between our commit and its answer, the client sends
 * a second copy.  That cannot be excluded with two parties and one disk; it is
 * logged, so that somebody who sees two copies finds out why.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "mail/address.h"
#include "milter/session_impl.h"

enum {
	HOPS_MAX = 100,
	PROGRESS_MS = 3000,	/* Sendmail's default patience is 10 s */
	PATIENCE_MS = 25000,	/* before the writer has begun */
	LATE_MS = 60000		/* R of the shipped INPUT_MAIL_FILTER */
};

/* The header's word is final, and a wrong one the submitter's mistake. */
static bool
check_strategy(const struct milter_message *m, struct milter_reply *reply)
{
	if (m->wanted_strategy == NULL ||
	    conf_tls_strategy(m->conf, m->wanted_strategy) != NULL)
		return true;
	return milter_reply_set(reply, "554", "5.6.0",
	    "%s: there is no TLS strategy \"%s\"",
	    m->conf->milter.strategy_header, m->wanted_strategy);
}

static bool
check_content(const struct milter_message *m,
    const struct mail_intake_facts *facts, struct milter_reply *reply)
{
	if (facts->received > HOPS_MAX)
		return milter_reply_set(reply, "554", "5.4.6", "mail loop: "
		    "the message has %u Received fields", facts->received);
	if (facts->nuls > 0)
		log_warning("%s: %" PRIu64 " NUL octets removed",
		    milter_message_name(m), facts->nuls);
	return check_strategy(m, reply);
}

/* What the content needs beats what was said of it: unlabelled 8-bit content
 * must not go to a server that cannot take it. */
static const char *
body_type(const struct milter_message *m, const struct mail_intake_facts *f)
{
	return m->sender.body_8bitmime || f->header_8bit || f->body_8bit ?
	    "8BITMIME" : "7BIT";
}

static struct spool_message
envelope_of(const struct milter_session *s,
    const struct mail_intake_facts *facts)
{
	const struct milter_message *m = s->message;
	/* RFC 8689 3 lets the sender ask, and anyone can write a header: only
	 * those of authenticated and local submitters count. */
	bool require_tls = m->trusted && facts->require_tls;

	return (struct spool_message){
		.mta_id = m->queue_id,
		.sender = m->sender.address.text,
		.source = "milter",
		.received_at = m->received_at,
		.wait_until = milter_wait_until(m),
		.body_type = body_type(m, facts),
		.smtputf8 = m->sender.smtputf8,
		.require_tls = require_tls,
		/* RFC 8689 3: the header yields to REQUIRETLS */
		.tls_optional = m->trusted && !require_tls &&
		    facts->tls_required_no,
		.ret = m->sender.ret != DSN_RET_UNSET ?
		    dsn_ret_name(m->sender.ret) : NULL,
		.envid = m->sender.envid[0] != '\0' ? m->sender.envid : NULL,
		.client_ip = s->client_ip,
		.client_name = s->client_name,
		.auth_user = m->auth_user,
		.tls_strategy = m->wanted_strategy,
	};
}

bool
milter_write(struct writer *writer, struct write_task *task,
    const struct milter_mta *mta, bool *heard_r)
{
	int64_t begun_ms = clock_mono_ms();

	*heard_r = true;
	writer_post(writer, task);
	while (!writer_wait(writer, task, PROGRESS_MS)) {
		if (*heard_r)
			*heard_r = mta->progress(mta->ctx);
		if ((!*heard_r || clock_mono_ms() - begun_ms > PATIENCE_MS) &&
		    writer_withdraw(writer, task))
			return false;
	}
	if (clock_mono_ms() - begun_ms > LATE_MS)
		log_warning("storing a message took %" PRId64 " s; if Sendmail "
		    "timed out meanwhile, its client sends the message again",
		    (clock_mono_ms() - begun_ms) / 1000);
	return true;
}

static bool
store(struct milter_session *s, const struct spool_message *envelope,
    const struct milter_mta *mta, bool *heard_r, struct milter_reply *reply)
{
	struct milter_message *m = s->message;
	struct milter_mail_job *job = milter_mail_job(m->mail, envelope);
	struct error err;

	if (!milter_write(s->services->writer, &job->task, mta, heard_r)) {
		(void)error_set(&err, EX_TEMPFAIL, "the spool is busy: not "
		    "stored within %d s", PATIENCE_MS / 1000);
		return milter_reply_failure(reply, milter_message_name(m), &err);
	}
	return !job->task.failed ||
	    milter_reply_failure(reply, milter_message_name(m), &job->err);
}

static void
log_stored(const struct milter_session *s, const struct milter_mail_job *job)
{
	const struct milter_message *m = s->message;
	char from[MAIL_ADDRESS_LOG_LEN];

	mail_address_log(from, m->sender.address.text);
	for (size_t i = 0; i < job->count; i++) {
		const struct milter_mail_item *item = &job->items[i];
		const char *strategy = item->message.tls_strategy;

		log_info("%" PRId64 ": from=<%s>, size=%" PRIu64
		    ", nrcpts=%zu, mta_id=%s, proto=%s, relay=%s [%s]%s%s",
		    item->id, from,
		    spool_insert_size(item->insert),
		    spool_insert_recipient_count(item->insert), milter_message_name(m),
		    m->hop.protocol != NULL ? m->hop.protocol : "-",
		    s->client_name != NULL ? s->client_name : "localhost",
		    s->client_ip != NULL ? s->client_ip : "local",
		    strategy != NULL ? ", strategy=" : "",
		    strategy != NULL ? strategy : "");
	}
}

/* They are ours now.  One that Sendmail keeps it delivers itself, too. */
static void
drop_recipients(const struct milter_message *m, const struct milter_mta *mta,
    bool heard)
{
	const void *place = NULL;
	const char *arg;

	while (heard &&
	    (arg = milter_mail_next_arg(m->mail, &place)) != NULL)
		heard = mta->drop(mta->ctx, arg);
	if (!heard)
		log_error("%s: stored, but Sendmail closed the connection; its "
		    "client will send the message again",
		    milter_message_name(m));
}

static bool
finish(struct milter_session *s, const struct milter_mta *mta,
    struct milter_reply *reply)
{
	struct milter_message *m = s->message;
	struct mail_intake_facts facts;
	struct spool_message envelope;
	struct milter_mail_job *job;
	struct error err;
	bool heard;

	if (!milter_mail_finish(m->mail, &facts, &err))
		return milter_reply_failure(reply, milter_message_name(m), &err);
	if (!check_content(m, &facts, reply))
		return false;
	envelope = envelope_of(s, &facts);
	if (!store(s, &envelope, mta, &heard, reply))
		return false;
	job = milter_mail_job(m->mail, &envelope);
	log_stored(s, job);
	if (envelope.wait_until >= 0 && !milter_answer_result(s, job,
	    envelope.wait_until, mta, &heard, reply))
		return false;
	drop_recipients(m, mta, heard);
	return true;
}

/*
 * Another filter wants somebody to look at the message: that is not for us to
 * undo.  Sendmail keeps it; released, it comes by the mailer (contrib/tlsq.m4).
 */
static bool
is_quarantined(const struct milter_message *m, const struct milter_mta *mta)
{
	const char *why = mta->macro(mta->ctx, "{quarantine}");

	if (why == NULL || why[0] == '\0')
		return false;
	log_info("%s: quarantined, so left to Sendmail: %s",
	    milter_message_name(m), why);
	return true;
}

enum milter_answer
milter_session_end(struct milter_session *s, const struct milter_mta *mta,
    struct milter_reply *reply_r)
{
	struct milter_message *m = s->message;
	bool ok = true;

	if (m == NULL)
		return milter_session_lost(reply_r);
	if (m->failure.code[0] != '\0') {
		*reply_r = m->failure;
		ok = false;
	} else if (milter_mail_recipients(m->mail) > 0 &&
	    !is_quarantined(m, mta))
		ok = finish(s, mta, reply_r);
	milter_session_abort(s);
	return ok ? MILTER_CONTINUE : MILTER_REFUSE;
}
