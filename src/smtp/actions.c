/*
 * What the shell is asked to do next.
 */
#include <string.h>

#include "base/mem.h"
#include "smtp/dialogue_impl.h"

/* --- actions --- */

/* Another message may be given: nothing is under way, or the one that is has
 * its end written and the next envelope can go with it (RFC 2920 3.1). */
static bool
wants_transaction(const struct smtp_session *s)
{
	const struct exchange *a = &s->exchanges[0], *b = &s->exchanges[1];

	if (s->state != SESSION_READY || s->quitting || s->nothing_offered)
		return false;
	if (a->phase == EXCHANGE_FREE && b->phase == EXCHANGE_FREE)
		return true;
	if ((s->caps.can & SMTP_CAN_PIPELINING) == 0)
		return false;
	return (a->phase == EXCHANGE_FREE && b->phase == EXCHANGE_END) ||
	    (b->phase == EXCHANGE_FREE && a->phase == EXCHANGE_END);
}

static bool
report(struct smtp_session *s, struct smtp_action *a)
{
	struct exchange *ex = exchange_in(s, EXCHANGE_DONE);

	if (ex == NULL)
		return false;
	a->kind = SMTP_ACTION_RESULT;
	a->transaction = ex->tx;
	a->result = &ex->result;
	s->reported = (int)(ex - s->exchanges);
	return true;
}

static void
free_reported(struct smtp_session *s)
{
	if (s->reported < 0)
		return;
	exchange_free(&s->exchanges[s->reported]);
	if (s->reported == s->current)
		s->current = 1 - s->current;
	s->reported = -1;
	s->nothing_offered = false;
	session_advance(s);
}

static bool
take_flag(bool *flag)
{
	bool was = *flag;

	*flag = false;
	return was;
}

bool
smtp_session_action(struct smtp_session *s, struct smtp_action *a)
{
	struct exchange *ex;

	memset(a, 0, sizeof(*a));
	free_reported(s);
	if (take_flag(&s->tell_ready)) {
		a->kind = SMTP_ACTION_READY;
		return true;
	}
	if (report(s, a))
		return true;
	session_advance(s);
	if (take_flag(&s->start_tls)) {
		a->kind = SMTP_ACTION_START_TLS;
		return true;
	}
	if (s->state == SESSION_VERDICT) {
		a->kind = SMTP_ACTION_AUTHENTICATE;
		return true;
	}
	ex = exchange_in(s, EXCHANGE_CONTENT);
	if (s->state == SESSION_READY && ex != NULL && !ex->starved &&
	    output_backlog(s) < SESSION_LOW_WATER) {
		a->kind = SMTP_ACTION_CONTENT;
		a->transaction = ex->tx;
		return true;
	}
	if (wants_transaction(s)) {
		a->kind = SMTP_ACTION_TRANSACTION;
		return true;
	}
	if (s->state != SESSION_CLOSED || s->close_told)
		return false;
	s->close_told = true;
	a->kind = SMTP_ACTION_CLOSE;
	a->failure = s->failure;
	return true;
}

enum smtp_step
smtp_session_deadline(const struct smtp_session *s, unsigned *mark_r)
{
	const struct pending *head = pending_head(s);
	bool content = false;

	*mark_r = s->mark;
	for (size_t i = 0; i < ARRAY_LEN(s->exchanges); i++)
		content |= s->exchanges[i].content_sent &&
		    s->exchanges[i].phase != EXCHANGE_DONE;
	switch (s->state) {
	case SESSION_NEW:
		return SMTP_STEP_CONNECT;
	case SESSION_HANDSHAKE:
	case SESSION_VERDICT:
		return SMTP_STEP_TLS;
	case SESSION_LEAVING:
	case SESSION_CLOSING:
		return SMTP_STEP_QUIT;
	case SESSION_SETUP:
	case SESSION_READY:
		if (content && output_backlog(s) > 0)
			return SMTP_STEP_BLOCK;
		return head != NULL ? head->step : SMTP_STEP_NONE;
	case SESSION_CLOSED:
		break;
	}
	return SMTP_STEP_NONE;
}

const struct smtp_capabilities *
smtp_session_capabilities(const struct smtp_session *s)
{
	return &s->caps;
}

unsigned
smtp_session_completed(const struct smtp_session *s)
{
	return s->completed;
}
