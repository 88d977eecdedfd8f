/*
 * The final dot: the message becomes durable, then Sendmail is told.
 *
 *   finish the content -> is it fit? -> store, with patience
 *     [-> wait for the result] -> drop recipients
 *
 * With milter.wait what the client hears is what became of its message:
 *
 *   stored with wait_until -> tried, or the wait is over
 *     -> every recipient of the transaction is ours, and failed: they become
 *        withdrawn, then 5xx
 *     -> else wait_until goes, then 250
 *
 * The transaction of either comes before the answer.  Where we die in between,
 * Sendmail says 451 and the client comes again; where we die before it, the
 * runner goes on when the time has passed.
 *
 * Where Sendmail went away between our commit and its answer, the client sends
 * a second copy.  That cannot be excluded with two parties and one disk; it is
 * logged, so that somebody who sees two copies finds out why.
 */
#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "milter/session_impl.h"
#include "milter/wait.h"

enum {
	PROGRESS_MS = 3000,	/* Sendmail's default patience is 10 s */
	PATIENCE_MS = 25000,	/* before the writer has begun */
	LATE_MS = 60000		/* R of the shipped INPUT_MAIL_FILTER */
};

static bool
check_content(struct milter_session *s, const struct mail_intake_facts *facts)
{
	const struct milter_message *m = s->message;
	const char *wanted = m->wanted_strategy;

	if (facts->received > MAIL_HOPS_MAX)
		return milter_reply_set(&s->reply, "554", "5.4.6", "mail loop: "
		    "the message has %u Received fields", facts->received);
	if (facts->nuls > 0)
		log_warning("%s: %" PRIu64 " NUL octets removed", m->name,
		    facts->nuls);
	/* RFC 8460 3: receivers ignore a report that is not signed. */
	if (report_intake_is_report(&m->report) && !m->report.is_signed)
		return milter_reply_set(&s->reply, "554", "5.7.20", "TLS report "
		    "without a DKIM signature of %s: see doc/sendmail.md, TLS "
		    "reports", m->sender.address.domain);
	/* The header's word is final, and a wrong one the submitter's mistake. */
	return wanted == NULL || conf_tls_strategy(m->conf, wanted) != NULL ||
	    milter_reply_set(&s->reply, "554", "5.6.0",
	    "%s: there is no TLS strategy \"%s\"",
	    m->conf->milter.strategy_header, wanted);
}

/* Waiting changes nothing where the answer is yes anyhow: somebody else's
 * recipients; and a bounce is not refused to who hands it over. */
static int64_t
wait_until(const struct milter_message *m)
{
	if (m->conf->milter.wait_s == 0 || m->others > 0 ||
	    m->sender.address.text[0] == '\0')
		return -1;
	return (clock_unix_ms() + 999) / 1000 + m->conf->milter.wait_s;
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
		.mta_id = m->hop.queue_id,
		.sender = m->sender.address.text,
		.source = "milter",
		.received_at = m->hop.now,
		.wait_until = wait_until(m),
		.body_type = body_type(m, facts),
		.smtputf8 = m->sender.smtputf8,
		.require_tls = require_tls,
		/* RFC 8689 3: the header yields to REQUIRETLS */
		.tls_optional = m->trusted && !require_tls &&
		    facts->tls_required_no,
		.ret = m->sender.ret != MAIL_RET_UNSET ?
		    mail_ret_name(m->sender.ret) : NULL,
		.envid = m->sender.envid[0] != '\0' ? m->sender.envid : NULL,
		.client_ip = s->client_ip,
		.client_name = s->client_name,
		.auth_user = m->auth_user,
		.tls_strategy = m->wanted_strategy,
		.tls_report = report_intake_is_report(&m->report) ?
		    m->report.id : NULL,
	};
}

/* Has the writer do it and waits, telling the mail server to be patient.  False
 * where it was taken back. */
static bool
write_patiently(struct milter_session *s, struct spool_write_task *task)
{
	struct spool_writer *writer = s->services->writer;
	struct milter_message *m = s->message;
	int64_t begun_ms = clock_mono_ms();

	spool_writer_post(writer, task);
	while (!spool_writer_wait(writer, task, PROGRESS_MS)) {
		m->unheard = m->unheard || !s->mta.progress(s->mta.ctx);
		if ((m->unheard || clock_mono_ms() - begun_ms > PATIENCE_MS) &&
		    spool_writer_withdraw(writer, task))
			return false;
	}
	if (clock_mono_ms() - begun_ms > LATE_MS)
		log_warning("storing a message took %" PRId64 " s; if Sendmail "
		    "timed out meanwhile, its client sends the message again",
		    (clock_mono_ms() - begun_ms) / 1000);
	return true;
}

static bool
store_parts(struct spool_write_task *task, struct spool *spool,
    const char *token, struct error *err)
{
	struct milter_message *m = (struct milter_message *)task;
	bool ok = true;

	(void)token;
	for (size_t i = 0; ok && i < m->part_count; i++)
		ok = spool_insert_store(m->parts[i].insert, spool,
		    &m->parts[i].message, &m->parts[i].id, err);
	return ok;
}

/* The envelope is the same for all but for the strategy; one that the header
 * names goes for all. */
static bool
message_store(struct milter_session *s, const struct spool_message *envelope)
{
	struct milter_message *m = s->message;

	m->task = (struct spool_write_task){ .run = store_parts,
	    .err = &m->error };
	for (size_t i = 0; i < m->part_count; i++) {
		struct spool_message *message = &m->parts[i].message;
		const char *strategy = message->tls_strategy;

		*message = *envelope;
		if (message->tls_strategy == NULL)
			message->tls_strategy = strategy;
		m->task.octets += spool_insert_size(m->parts[i].insert);
	}
	if (!write_patiently(s, &m->task))
		m->task.failed = !error_set(&m->error, EX_TEMPFAIL, "the spool "
		    "is busy: not stored within %d s", PATIENCE_MS / 1000);
	return !m->task.failed ||
	    milter_reply_failure(&s->reply, m->name, &m->error);
}

static void
log_stored(const struct milter_session *s)
{
	const struct milter_message *m = s->message;
	char from[MAIL_ADDRESS_LOG_LEN];

	mail_address_log(from, m->sender.address.text);
	for (size_t i = 0; i < m->part_count; i++) {
		const struct milter_part *part = &m->parts[i];
		const char *strategy = part->message.tls_strategy;

		log_info("%" PRId64 ": from=<%s>, size=%" PRIu64
		    ", nrcpts=%zu, mta_id=%s, proto=%s, relay=%s [%s]%s%s",
		    part->id, from, spool_insert_size(part->insert),
		    spool_insert_recipient_count(part->insert), m->name,
		    m->hop.protocol != NULL ? m->hop.protocol : "-",
		    s->client_name != NULL ? s->client_name : "localhost",
		    s->client_ip != NULL ? s->client_ip : "local",
		    strategy != NULL ? ", strategy=" : "",
		    strategy != NULL ? strategy : "");
	}
}

/* They are ours now.  One that Sendmail keeps it delivers itself, too. */
static void
drop_recipients(const struct milter_session *s)
{
	const struct milter_message *m = s->message;
	bool heard = !m->unheard;

	for (const struct milter_arg *a = m->args; heard && a != NULL;
	    a = a->next)
		heard = s->mta.drop(s->mta.ctx, a->text);
	if (!heard)
		log_error("%s: stored, but Sendmail closed the connection; its "
		    "client will send the message again", m->name);
}

/* --- milter.wait -------------------------------------------------------- */

struct answering {
	struct spool_write_task task;		/* first */
	const char *messages;
	struct arena *arena;
	bool withdraw;		/* asked for */
	bool withdrawn;		/* result; with what to say: */
	struct spool_wait_failure failure;
};

static const char *
message_ids(const struct milter_message *m)
{
	struct buf ids = BUF_INIT;
	const char *copy;

	for (size_t i = 0; i < m->part_count; i++)
		buf_printf(&ids, "%c%" PRId64, i == 0 ? '[' : ',',
		    m->parts[i].id);
	buf_printf(&ids, "]");
	copy = arena_strdup(m->arena, buf_str(&ids));
	buf_free(&ids);
	return copy;
}

static bool
write_answer(struct spool_write_task *task, struct spool *spool,
    const char *token, struct error *err)
{
	struct answering *a = (struct answering *)task;

	(void)token;
	if (a->withdraw && (!spool_wait_failure(spool, a->messages, a->arena,
	    &a->failure, err) || !spool_wait_withdraw(spool, a->messages,
	    clock_now_s(), &a->withdrawn, err)))
		return false;
	return spool_wait_answered(spool, a->messages, err);
}

/* True where the recipients are withdrawn, durably. */
static bool
end_wait(struct milter_session *s, struct answering *a)
{
	struct error err;

	a->task = (struct spool_write_task){ .run = write_answer, .err = &err };
	if (!write_patiently(s, &a->task))
		(void)error_set(&err, EX_TEMPFAIL, "the spool is busy");
	else if (!a->task.failed)
		return a->withdrawn;
	log_warning("%s: cannot end the wait in the spool: %s; it ends by "
	    "itself when its time is over", s->message->name, err.text);
	return false;
}

/* False, with the reply, where what was stored is withdrawn. */
static bool
wait_for_result(struct milter_session *s, int64_t until)
{
	struct milter_message *m = s->message;
	struct answering a = { .arena = m->arena, .messages = message_ids(m) };
	int64_t begun_ms = clock_mono_ms(), waited_ms;
	char to[MAIL_ADDRESS_LOG_LEN];
	bool heard;

	if (!m->unheard) {
		a.withdraw = milter_waits_wait(s->services->waits, a.messages,
		    until, s->mta.progress, s->mta.ctx, &heard) ==
		    MILTER_WAIT_WITHDRAW;
		m->unheard = !heard;
	}
	waited_ms = clock_mono_ms() - begun_ms;
	if (!end_wait(s, &a)) {
		log_info("%s: accepted after %" PRId64 " ms", m->name,
		    waited_ms);
		return true;
	}
	milter_reply_failed(&s->reply, a.failure.status, a.failure.reply);
	mail_address_log(to, a.failure.address);
	log_info("%s: withdrawn after %" PRId64 " ms: to=<%s>: %s %s %s",
	    m->name, waited_ms, to, s->reply.code, s->reply.status,
	    s->reply.text);
	return false;
}

/* --- all of it ---------------------------------------------------------- */

bool
milter_message_finish(struct milter_session *s)
{
	struct milter_message *m = s->message;
	struct mail_intake_facts facts;
	struct spool_message envelope;
	struct error err;

	if (!mail_intake_finish(m->intake, &facts, &err))
		return milter_reply_failure(&s->reply, m->name, &err);
	if (!check_content(s, &facts))
		return false;
	envelope = envelope_of(s, &facts);
	if (!message_store(s, &envelope))
		return false;
	log_stored(s);
	if (envelope.wait_until >= 0 && !wait_for_result(s, envelope.wait_until))
		return false;
	drop_recipients(s);
	return true;
}
