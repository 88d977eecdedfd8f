/*
 * What a reply means, or that there is none: how a session fails, and what is
 * decided on the recipients of a transaction.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/dialogue_impl.h"

#define REPLY_TO(command) command, "while waiting for the reply to " command

static const struct {
	const char *name, *waits;
} steps[] = {
	[SMTP_STEP_NONE] = { "none", "while idle" },
	[SMTP_STEP_CONNECT] = { "connect", "while connecting" },
	[SMTP_STEP_GREETING] = { "greeting", "while waiting for the greeting" },
	[SMTP_STEP_EHLO] = { REPLY_TO("EHLO") },
	[SMTP_STEP_HELO] = { REPLY_TO("HELO") },
	[SMTP_STEP_TLS] = { "STARTTLS", "while negotiating TLS" },
	[SMTP_STEP_AUTH] = { REPLY_TO("AUTH") },
	[SMTP_STEP_MAIL] = { REPLY_TO("MAIL FROM") },
	[SMTP_STEP_RCPT] = { REPLY_TO("RCPT TO") },
	[SMTP_STEP_DATA] = { "DATA",
	    "while waiting for the reply to DATA or BDAT" },
	[SMTP_STEP_BLOCK] = { "content", "while sending the message" },
	[SMTP_STEP_END] = { "end of message",
	    "while waiting for the reply to the end of the message" },
	[SMTP_STEP_RSET] = { REPLY_TO("RSET") },
	[SMTP_STEP_QUIT] = { REPLY_TO("QUIT") },
};
static_assert(ARRAY_LEN(steps) == SMTP_STEP_COUNT, "");

const char *
smtp_step_name(enum smtp_step step)
{
	return step < SMTP_STEP_COUNT ? steps[step].name : "none";
}

const char *
smtp_step_waits(enum smtp_step step)
{
	return steps[step].waits;
}

/* --- how a session fails: what is recorded, and what is still said --- */

void
smtp_session_status(char dst[static SMTP_STATUS_LEN],
    const struct smtp_reply *reply, char class)
{
	(void)text_copy(dst, SMTP_STATUS_LEN,
	    reply->status[0] != '\0' ? reply->status : "0.0.0");
	dst[0] = class;
}

void
smtp_session_fail(struct smtp_session *s, const struct smtp_failure *failure,
    bool polite, const struct smtp_reply *reply, const char *fmt, ...)
{
	struct smtp_failure *f;
	bool quit;
	int n;
	va_list ap;

	if (s->failure != NULL || s->state == SESSION_CLOSED ||
	    s->state == SESSION_CLOSING)
		return;
	s->failure = f = mem_dup(failure, sizeof(*f));
	f->warm = s->completed > 0 || smtp_exchange_judged(s) ||
	    strcmp(f->error, "io") == 0;
	if (reply != NULL)
		smtp_reply_print(f->reply, sizeof(f->reply), reply);
	n = snprintf(f->text, sizeof(f->text), "%.300s: ", s->config.host);
	va_start(ap, fmt);
	(void)vsnprintf(f->text + n, sizeof(f->text) - (size_t)n, fmt, ap);
	va_end(ap);
	/* QUIT in the middle of the content would be content. */
	quit = polite && smtp_output_backlog(s) == 0 &&
	    smtp_exchange_in(s, EXCHANGE_CONTENT) == NULL;
	smtp_exchange_abandon(s);
	smtp_pending_clear(s);
	s->start_tls = false;
	/* Nothing waits for the reply: the next host is not held up by it. */
	if (quit)
		smtp_output_command(s, SMTP_STEP_QUIT, -1, 0, "QUIT", 4);
	smtp_session_enter(s, quit ? SESSION_CLOSING : SESSION_CLOSED);
}

void
smtp_session_fail_policy(struct smtp_session *s,
    const struct policy_demand *demand, enum policy_event event, bool polite,
    const struct smtp_reply *reply, const char *why)
{
	struct policy_consequence c = policy_session_event(demand, event);
	struct smtp_failure f = { .step = SMTP_STEP_TLS, .error = c.error,
	    .result_type = c.result_type };

	(void)text_copy(f.status, sizeof(f.status), c.status);
	smtp_session_fail(s, &f, polite, reply, "%s", why);
}

/*
 * A 4xx or 5xx that ends the session for now: the next host may do better.
 * RFC 3463 wants the class to fit a deferral; but a host that answers with 521
 * takes no mail at all (RFC 7504), which is final where every host does so.
 */
void
smtp_session_fail_reply(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply)
{
	struct smtp_failure f = { .step = step, .error = "unexpected-reply" };
	char text[SESSION_REPLY_LEN];

	smtp_session_status(f.status, reply, reply->code == 521 ? '5' : '4');
	smtp_reply_print(text, sizeof(text), reply);
	smtp_session_fail(s, &f, reply->code != 421, reply, "host said: %.600s (%s%s)", text,
	    step == SMTP_STEP_GREETING || step == SMTP_STEP_NONE ? "" :
	    "in reply to ",
	    step == SMTP_STEP_GREETING ? "as its greeting" :
	    step == SMTP_STEP_NONE ? "between commands" :
	    smtp_step_name(step));
}

void
smtp_session_protocol_error(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply, const char *what)
{
	smtp_session_fail(s, &(struct smtp_failure){ .step = step,
	    .error = "unexpected-reply", .status = "4.5.0" }, false, reply,
	    "%s %s", what, smtp_step_waits(step));
}

void
smtp_session_fail_refused(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply)
{
	if (reply->code >= 400)
		smtp_session_fail_reply(s, step, reply);
	else
		smtp_session_protocol_error(s, step, reply, "a 3xx reply");
}

/* --- replies to MAIL, RCPT, DATA, BDAT and the end of the content --- */

/* A 4xx or 5xx as the verdict; text has the room for it. */
static struct smtp_recipient_result
reply_verdict(const struct smtp_reply *reply, enum smtp_step step,
    char text[static SESSION_REPLY_LEN])
{
	bool permanent = reply->code >= 500;
	struct smtp_recipient_result v = {
		.outcome = permanent ? SMTP_PERMANENT : SMTP_TEMPORARY,
		.step = step, .error = "unexpected-reply", .reply = text,
		/* Before the content another host may do better. */
		.next_host = (!permanent || reply->code == 521) && (step == SMTP_STEP_MAIL ||
		    step == SMTP_STEP_RCPT || step == SMTP_STEP_DATA),
	};

	smtp_reply_print(text, SESSION_REPLY_LEN, reply);
	smtp_session_status(v.status, reply, permanent ? '5' : '4');
	return v;
}

static void
settle_by_reply(struct smtp_exchange *ex, const struct smtp_reply *reply,
    enum smtp_step step)
{
	char text[SESSION_REPLY_LEN];
	struct smtp_recipient_result v = reply_verdict(reply, step, text);

	ex->judged = true;
	smtp_exchange_settle_all(ex, &v);
}

static void
on_mail(struct smtp_exchange *ex, const struct smtp_reply *reply)
{
	ex->mail_ok = reply->code / 100 == 2;
	if (!ex->mail_ok)
		settle_by_reply(ex, reply, SMTP_STEP_MAIL);
}

/* RFC 5321 4.5.3.1.10: 552 once meant "too many recipients", and is read as
 * 452 where no enhanced code says otherwise. */
static bool
is_too_many(const struct smtp_reply *reply)
{
	return reply->code == 552 && (reply->status[0] == '\0' ||
	    strcmp(reply->status, "5.5.3") == 0);
}

static void
on_rcpt(struct smtp_exchange *ex, size_t i, const struct smtp_reply *reply)
{
	char text[SESSION_REPLY_LEN];
	struct smtp_recipient_result v;

	if (ex->recipients[i].reply != NULL)
		return;
	if (reply->code / 100 == 2) {
		ex->recipients[i].accepted = true;
		return;
	}
	v = reply_verdict(reply, SMTP_STEP_RCPT, text);
	if (is_too_many(reply)) {
		v.outcome = SMTP_TEMPORARY;
		v.next_host = true;
		(void)text_copy(v.status, sizeof(v.status), "4.5.3");
	}
	ex->judged = true;
	smtp_exchange_settle(ex, i, &v);
}

/* RFC 2920 3.1: 354 although nobody was accepted; the empty message that must
 * follow reaches nobody. */
static void
end_empty(struct smtp_session *s, struct smtp_exchange *ex)
{
	smtp_output_command(s, SMTP_STEP_END, (int)(ex - s->exchanges), 0, ".",
	    1);
	ex->phase = EXCHANGE_END;
}

static void
on_data(struct smtp_session *s, struct smtp_exchange *ex,
    const struct smtp_reply *reply)
{
	if (reply->code >= 400)
		settle_by_reply(ex, reply, SMTP_STEP_DATA);
	else if (reply->code != 354)
		smtp_session_protocol_error(s, SMTP_STEP_DATA, reply,
		    "neither 354 nor an error");
	else if (ex->n_settled < ex->tx->n_recipients)
		ex->phase = EXCHANGE_CONTENT;
	else
		end_empty(s, ex);
}

static void
on_chunk(struct smtp_exchange *ex, const struct smtp_reply *reply)
{
	/* It had the content, or part of it: no other host in this attempt. */
	if (reply->code >= 400)
		settle_by_reply(ex, reply, SMTP_STEP_BLOCK);
}

static void
on_end(struct smtp_exchange *ex, const struct smtp_reply *reply)
{
	char text[SESSION_REPLY_LEN];
	struct smtp_recipient_result v = {
		.outcome = SMTP_DELIVERED, .step = SMTP_STEP_END, .reply = text,
	};

	ex->cleared = !ex->bdat || reply->code / 100 == 2;
	if (reply->code >= 400) {
		settle_by_reply(ex, reply, SMTP_STEP_END);
		return;
	}
	smtp_reply_print(text, sizeof(text), reply);
	smtp_session_status(v.status, reply, '2');
	ex->judged = true;
	for (size_t i = 0; i < ex->tx->n_recipients; i++) {
		/* Replies come in order: each RCPT was answered before. */
		assert(ex->recipients[i].accepted ||
		    ex->recipients[i].reply != NULL);
		smtp_exchange_settle(ex, i, &v);
	}
}

void
smtp_exchange_reply(struct smtp_session *s, const struct smtp_pending *p,
    const struct smtp_reply *reply)
{
	struct smtp_exchange *ex = &s->exchanges[p->slot];
	bool data = p->step == SMTP_STEP_DATA && !ex->bdat;

	if (reply->code / 100 == 3 && !data) {
		smtp_session_protocol_error(s, p->step, reply, "a 3xx reply");
		return;
	}
	/* The connection ends: the session's failure speaks for the envelope. */
	if (reply->code == 421 && (data || p->step == SMTP_STEP_MAIL ||
	    p->step == SMTP_STEP_RCPT))
		return;
	if (p->step == SMTP_STEP_MAIL)
		on_mail(ex, reply);
	else if (p->step == SMTP_STEP_RCPT)
		on_rcpt(ex, p->recipient, reply);
	else if (data)
		on_data(s, ex, reply);
	else if (p->step == SMTP_STEP_DATA)
		on_chunk(ex, reply);
	else
		on_end(ex, reply);
}

void
smtp_exchange_interrupted(struct smtp_exchange *ex,
    const struct smtp_reply *reply)
{
	settle_by_reply(ex, reply, SMTP_STEP_BLOCK);
}
