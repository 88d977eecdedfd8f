/*
 * How a session fails: what is recorded, and what is still said.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/dialogue_impl.h"

void
smtp_session_status(char dst[static SMTP_STATUS_LEN],
    const struct smtp_reply *reply, char class)
{
	(void)text_copy(dst, SMTP_STATUS_LEN,
	    reply->status[0] != '\0' ? reply->status : "0.0.0");
	dst[0] = class;
}

void
smtp_session_fail(struct smtp_session *s,
    const struct smtp_session_fault *fault, const char *fmt, ...)
{
	struct smtp_failure *f;
	bool quit;
	int n;
	va_list ap;

	if (s->failure != NULL || s->state == SESSION_CLOSED ||
	    s->state == SESSION_CLOSING)
		return;
	s->failure = f = mem_zalloc(sizeof(*f));
	f->step = fault->step;
	f->error = fault->error;
	f->result_type = fault->result_type;
	f->permanent = fault->permanent;
	f->loop = fault->loop;
	f->warm = s->completed > 0 || smtp_exchange_judged(s) ||
	    strcmp(fault->error, "io") == 0;
	(void)text_copy(f->status, sizeof(f->status), fault->status);
	if (fault->reply != NULL)
		smtp_reply_print(f->reply, sizeof(f->reply), fault->reply);
	n = snprintf(f->text, sizeof(f->text), "%.300s: ", s->config.host);
	va_start(ap, fmt);
	(void)vsnprintf(f->text + n, sizeof(f->text) - (size_t)n, fmt, ap);
	va_end(ap);
	/* QUIT in the middle of the content would be content. */
	quit = fault->polite && smtp_output_backlog(s) == 0 &&
	    smtp_exchange_in(s, EXCHANGE_CONTENT) == NULL;
	smtp_exchange_abandon(s);
	smtp_pending_clear(s);
	s->start_tls = false;
	/* Nothing waits for the reply: the next host is not held up by it. */
	if (quit) {
		smtp_output_command(s, SMTP_STEP_QUIT, -1, 0, "QUIT", 4);
		smtp_session_enter(s, SESSION_CLOSING);
	} else {
		smtp_session_enter(s, SESSION_CLOSED);
	}
}

void
smtp_session_fail_policy(struct smtp_session *s, enum policy_event event,
    bool polite, const struct smtp_reply *reply, const char *why)
{
	smtp_session_fail_demand(s, &s->config.demand, event, polite, reply,
	    why);
}

void
smtp_session_fail_demand(struct smtp_session *s,
    const struct policy_demand *demand, enum policy_event event, bool polite,
    const struct smtp_reply *reply, const char *why)
{
	struct policy_consequence c = policy_session_event(demand, event);

	smtp_session_fail(s,
	    &(struct smtp_session_fault){ .step = SMTP_STEP_TLS,
	    .error = c.error, .status = c.status, .result_type = c.result_type,
	    .polite = polite, .reply = reply },
	    "%s", why);
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
	char status[SMTP_STATUS_LEN], text[SESSION_REPLY_LEN];

	smtp_session_status(status, reply, reply->code == 521 ? '5' : '4');
	smtp_reply_print(text, sizeof(text), reply);
	smtp_session_fail(s, &(struct smtp_session_fault){ .step = step,
	    .error = "unexpected-reply", .status = status,
	    .polite = reply->code != 421, .reply = reply },
	    "host said: %.600s (%s%s)", text,
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
	smtp_session_fail(s, &(struct smtp_session_fault){ .step = step,
	    .error = "unexpected-reply", .status = "4.5.0", .reply = reply },
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
