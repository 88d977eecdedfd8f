/*
 * The events of the dialogue, whose replies they are, and what the shell is
 * asked to do next.
 */
#include "smtp/dialogue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "smtp/dialogue_impl.h"

static const char *const proof_names[] = {
	[SMTP_PROOF_NONE] = "none",
	[SMTP_PROOF_ENCRYPTED] = "encrypted",
	[SMTP_PROOF_PKIX] = "pkix",
	[SMTP_PROOF_MTA_STS] = "mta-sts",
	[SMTP_PROOF_DANE] = "dane",
};
static_assert(ARRAY_LEN(proof_names) == SMTP_PROOF_COUNT, "");

const char *
smtp_proof_name(enum smtp_proof proof)
{
	return proof < SMTP_PROOF_COUNT ? proof_names[proof] : "none";
}

struct smtp_session *
smtp_session_new(const struct smtp_session_config *config)
{
	struct smtp_session *s = mem_zalloc(sizeof(*s));

	assert(config->demand.level > LEVEL_UNSET &&
	    config->demand.level < LEVEL_COUNT);
	assert(config->username == NULL ||
	    config->demand.level >= LEVEL_MANDATORY);
	s->config = *config;
	s->state = SESSION_NEW;
	s->plain_permitted = config->demand.level == LEVEL_NONE;
	s->reported = -1;
	return s;
}

void
smtp_session_free(struct smtp_session **s)
{
	if (*s == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN((*s)->exchanges); i++)
		smtp_exchange_free(&(*s)->exchanges[i]);
	smtp_reply_parser_free(&(*s)->parser);
	buf_free(&(*s)->out);
	buf_free(&(*s)->pending_buf);
	free((*s)->ehlo_reply);
	free((*s)->failure);
	free(*s);
	*s = NULL;
}

static void
on_reply(struct smtp_session *s, const struct smtp_pending *p,
    const struct smtp_reply *reply)
{
	if (p->slot >= 0)
		smtp_exchange_reply(s, p, reply);
	else if (p->step == SMTP_STEP_QUIT)
		smtp_session_enter(s, SESSION_CLOSED);
	else if (p->step != SMTP_STEP_RSET)
		smtp_setup_reply(s, p->step, reply);
	else if (reply->code / 100 != 2)
		smtp_session_fail_refused(s, SMTP_STEP_RSET, reply);
}

bool
smtp_session_idle(const struct smtp_session *s)
{
	return s->state == SESSION_READY && s->nothing_offered &&
	    !smtp_exchange_any(s);
}

/* A reply before its command was written, or to none. */
static void
on_early_reply(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply)
{
	if (reply->code == 421)
		smtp_session_fail_reply(s, step, reply);
	else if (!s->tls_active && s->config.demand.level != LEVEL_NONE &&
	    s->state == SESSION_SETUP)
		smtp_session_fail_policy(s, &s->config.demand,
		    EVENT_EARLY_OCTETS, false, reply,
		    "a reply came before its command was sent");
	else
		smtp_session_protocol_error(s, step, reply,
		    "a reply to no command of ours");
}

static void
take_unasked(struct smtp_session *s, const struct smtp_reply *reply)
{
	struct smtp_exchange *ex = smtp_exchange_in(s, EXCHANGE_CONTENT);

	if (smtp_session_idle(s)) {
		smtp_session_enter(s, SESSION_CLOSED);
	} else if (ex != NULL && reply->code >= 400) {
		smtp_exchange_interrupted(ex, reply);
		smtp_session_fail_reply(s, SMTP_STEP_BLOCK, reply);
	} else {
		on_early_reply(s, ex != NULL ? SMTP_STEP_BLOCK :
		    SMTP_STEP_NONE, reply);
	}
}

static void
take_reply(struct smtp_session *s, const struct smtp_reply *reply)
{
	const struct smtp_pending *head = smtp_pending_head(s);
	struct smtp_pending p;
	bool whole;

	if (head == NULL) {
		take_unasked(s, reply);
		return;
	}
	p = *head;
	whole = p.end_at <= s->written;
	/* A server may give up while the content is still on its way. */
	if (!whole && (reply->code < 400 || !(p.step == SMTP_STEP_END ||
	    p.step == SMTP_STEP_DATA))) {
		on_early_reply(s, p.step, reply);
		return;
	}
	smtp_pending_pop(s);
	/* One limit for the STARTTLS command and the handshake. */
	if (p.step != SMTP_STEP_TLS)
		s->mark++;
	on_reply(s, &p, reply);
	if (s->failure == NULL && (reply->code == 421 || !whole) &&
	    s->state != SESSION_CLOSED)
		smtp_session_fail_reply(s, p.step, reply);
}

static void
session_advance(struct smtp_session *s)
{
	if (s->state != SESSION_READY)
		return;
	smtp_exchange_advance(s);
	if (s->state != SESSION_READY || !s->quitting || smtp_exchange_any(s) ||
	    s->tell_ready)
		return;
	smtp_session_enter(s, SESSION_LEAVING);
	smtp_output_command(s, SMTP_STEP_QUIT, -1, 0, "QUIT", 4);
}

static bool
reads_replies(const struct smtp_session *s)
{
	return s->state == SESSION_SETUP || s->state == SESSION_READY ||
	    s->state == SESSION_LEAVING;
}

void
smtp_session_received(struct smtp_session *s, const char *data, size_t len)
{
	const struct smtp_pending *head;
	struct smtp_reply reply;
	size_t used = 0;

	for (; len > 0 && reads_replies(s); data += used, len -= used) {
		switch (smtp_reply_parse(&s->parser, data, len, &used, &reply)) {
		case SMTP_REPLY_MORE:
			break;
		case SMTP_REPLY_COMPLETE:
			take_reply(s, &reply);
			session_advance(s);
			break;
		case SMTP_REPLY_BROKEN:
			head = smtp_pending_head(s);
			smtp_session_protocol_error(s, head != NULL ?
			    head->step :
			    SMTP_STEP_NONE, NULL,
			    "a reply that breaks the rules of SMTP");
			break;
		}
	}
	if (len > 0 && (s->state == SESSION_HANDSHAKE ||
	    s->state == SESSION_VERDICT))
		smtp_session_tls_early_octets(s);
}

/* --- the other events --- */

static enum smtp_step
current_step(const struct smtp_session *s)
{
	unsigned mark;

	return smtp_session_deadline(s, &mark);
}

/* Nothing depends on the connection any more. */
static bool
may_be_lost(const struct smtp_session *s)
{
	return s->state == SESSION_LEAVING || s->state == SESSION_CLOSING ||
	    smtp_session_idle(s);
}

/* The connection is gone, or too slow. */
static void
fail_by_network(struct smtp_session *s, const char *what)
{
	enum smtp_step step = current_step(s);
	const struct smtp_failure lost = { .step = step, .error = "connection",
	    .status = { '4', '.', '4', '.',
	    step == SMTP_STEP_CONNECT ? '1' : '2' } };
	char why[500];

	(void)snprintf(why, sizeof(why), "%.400s %s", what, smtp_step_waits(step));
	if (may_be_lost(s))
		smtp_session_enter(s, SESSION_CLOSED);
	else if (step == SMTP_STEP_TLS)
		smtp_session_fail_policy(s, &s->config.demand,
		    EVENT_HANDSHAKE_FAILED, false, NULL, why);
	else
		smtp_session_fail(s, &lost, false, NULL, "%s", why);
}

void
smtp_session_timeout(struct smtp_session *s)
{
	if (current_step(s) != SMTP_STEP_NONE)
		fail_by_network(s, "timed out");
}

void
smtp_session_lost(struct smtp_session *s, const char *why)
{
	char what[400];

	if (s->state == SESSION_CLOSED)
		return;
	(void)snprintf(what, sizeof(what), "connection lost%s%.300s%s",
	    why != NULL ? " (" : "", why != NULL ? why : "",
	    why != NULL ? ")" : "");
	fail_by_network(s, why != NULL && s->state == SESSION_NEW ? why : what);
}

void
smtp_session_tls_flooded(struct smtp_session *s, const char *why)
{
	if (may_be_lost(s))
		smtp_session_enter(s, SESSION_CLOSED);
	else
		smtp_session_fail_policy(s, &s->config.demand,
		    EVENT_HANDSHAKE_FAILED, false, NULL, why);
}

void
smtp_session_offer(struct smtp_session *s, const struct smtp_transaction *tx)
{
	if (s->state != SESSION_READY || tx == NULL) {
		s->nothing_offered = true;
		return;
	}
	smtp_exchange_begin(s, tx);
	session_advance(s);
}

void
smtp_session_content(struct smtp_session *s, const char *data, size_t len,
    bool end)
{
	if (s->state != SESSION_READY)
		return;
	if (smtp_exchange_content(s, data, len, end))
		session_advance(s);
	else
		smtp_session_content_failed(s, SESSION_NUL);
}

void
smtp_session_content_failed(struct smtp_session *s, const char *why)
{
	static const struct smtp_failure unread = { .step = SMTP_STEP_NONE,
	    .error = "io", .status = "4.3.0" };

	smtp_session_fail(s, &unread, false, NULL,
	    "the message could not be read: %.500s", why);
}

void
smtp_session_wake(struct smtp_session *s)
{
	s->nothing_offered = false;
	for (size_t i = 0; i < ARRAY_LEN(s->exchanges); i++)
		s->exchanges[i].starved = false;
}

void
smtp_session_quit(struct smtp_session *s)
{
	s->quitting = true;
	if (s->state == SESSION_NEW)
		smtp_session_enter(s, SESSION_CLOSED);
	session_advance(s);
}

bool
smtp_session_owed_verdict(const struct smtp_session *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->exchanges); i++)
		if (s->exchanges[i].phase == EXCHANGE_END &&
		    s->written >= s->exchanges[i].end_at)
			return true;
	return false;
}

bool
smtp_session_over(const struct smtp_session *s)
{
	return s->state == SESSION_CLOSED;
}

/* --- actions --- */

/* Another message may be given: nothing is under way, or the one that is has
 * its end written and the next envelope can go with it (RFC 2920 3.1). */
static bool
wants_transaction(const struct smtp_session *s)
{
	const struct smtp_exchange *a = &s->exchanges[0], *b = &s->exchanges[1];

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
	struct smtp_exchange *ex = smtp_exchange_in(s, EXCHANGE_DONE);

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
	smtp_exchange_free(&s->exchanges[s->reported]);
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
	struct smtp_exchange *ex;

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
	ex = smtp_exchange_in(s, EXCHANGE_CONTENT);
	if (s->state == SESSION_READY && ex != NULL && !ex->starved &&
	    smtp_output_backlog(s) < SESSION_LOW_WATER) {
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
	const struct smtp_pending *head = smtp_pending_head(s);
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
		if (content && smtp_output_backlog(s) > 0)
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
