/*
 * What the replies to MAIL, RCPT, DATA, BDAT and the end of the content mean.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "smtp/dialogue_impl.h"

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
smtp_exchange_interrupted(struct smtp_session *s,
    const struct smtp_reply *reply)
{
	struct smtp_exchange *ex = smtp_exchange_in(s, EXCHANGE_CONTENT);

	if (ex != NULL)
		settle_by_reply(ex, reply, SMTP_STEP_BLOCK);
}
