/*
 * The connection's side of the dialogue: greeting, EHLO, STARTTLS, QUIT, and
 * the ways it fails.
 */
#include "smtp/session.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/session_impl.h"

static const char *const proof_names[] = {
	[SMTP_PROOF_NONE] = "none",
	[SMTP_PROOF_ENCRYPTED] = "encrypted",
	[SMTP_PROOF_PKIX] = "pkix",
	[SMTP_PROOF_MTA_STS] = "mta-sts",
	[SMTP_PROOF_DANE] = "dane",
};
static_assert(ARRAY_LEN(proof_names) == SMTP_PROOF_COUNT, "");

/* What we were at, for sentences. */
static const char *const step_waits[] = {
	[SMTP_STEP_NONE] = "while idle",
	[SMTP_STEP_CONNECT] = "while connecting",
	[SMTP_STEP_GREETING] = "while waiting for the greeting",
	[SMTP_STEP_EHLO] = "while waiting for the reply to EHLO",
	[SMTP_STEP_HELO] = "while waiting for the reply to HELO",
	[SMTP_STEP_TLS] = "while negotiating TLS",
	[SMTP_STEP_MAIL] = "while waiting for the reply to MAIL FROM",
	[SMTP_STEP_RCPT] = "while waiting for the reply to RCPT TO",
	[SMTP_STEP_DATA] = "while waiting for the reply to DATA or BDAT",
	[SMTP_STEP_BLOCK] = "while sending the message",
	[SMTP_STEP_END] = "while waiting for the reply to the end of the message",
	[SMTP_STEP_RSET] = "while waiting for the reply to RSET",
	[SMTP_STEP_QUIT] = "while waiting for the reply to QUIT",
};
static_assert(ARRAY_LEN(step_waits) == SMTP_STEP_COUNT, "");

const char *
smtp_proof_name(enum smtp_proof proof)
{
	return proof < SMTP_PROOF_COUNT ? proof_names[proof] : "none";
}

struct smtp_session *
smtp_session_new(const struct smtp_session_config *config)
{
	struct smtp_session *s = mem_zalloc(sizeof(*s));

	assert(config->level > LEVEL_UNSET && config->level < LEVEL_COUNT);
	s->config = *config;
	s->state = SESSION_NEW;
	s->plain_permitted = config->level == LEVEL_NONE;
	s->reported = -1;
	return s;
}

void
smtp_session_free(struct smtp_session **s)
{
	if (*s == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN((*s)->exchanges); i++)
		exchange_free(&(*s)->exchanges[i]);
	smtp_reply_parser_free(&(*s)->parser);
	buf_free(&(*s)->out);
	buf_free(&(*s)->pending_buf);
	free(*s);
	*s = NULL;
}

void
session_enter(struct smtp_session *s, enum session_state state)
{
	s->state = state;
	/* The STARTTLS command and the handshake share one limit. */
	if (state != SESSION_HANDSHAKE || s->config.implicit_tls)
		s->mark++;
}

/* --- failing --- */

void
session_status(char dst[static SMTP_STATUS_LEN], const struct smtp_reply *reply,
    char class)
{
	(void)text_copy(dst, SMTP_STATUS_LEN,
	    reply->status[0] != '\0' ? reply->status : "0.0.0");
	dst[0] = class;
}

static void
say_quit(struct smtp_session *s)
{
	output_command(s, SMTP_STEP_QUIT, -1, 0, "QUIT", 4);
}

void
session_fail(struct smtp_session *s, const struct session_fault *fault,
    const char *fmt, ...)
{
	struct smtp_failure *f = &s->failure;
	int n;
	va_list ap;

	if (s->failed || s->state == SESSION_CLOSED ||
	    s->state == SESSION_CLOSING)
		return;
	s->failed = true;
	f->step = fault->step;
	f->error = fault->error;
	f->result_type = fault->result_type;
	f->permanent = fault->permanent;
	f->warm = s->completed > 0;
	(void)text_copy(f->status, sizeof(f->status), fault->status);
	if (fault->reply != NULL)
		smtp_reply_print(f->reply, sizeof(f->reply), fault->reply);
	n = snprintf(f->text, sizeof(f->text), "%.300s: ", s->config.host);
	va_start(ap, fmt);
	(void)vsnprintf(f->text + n, sizeof(f->text) - (size_t)n, fmt, ap);
	va_end(ap);
	exchange_abandon(s);
	pending_clear(s);
	s->start_tls = false;
	/* Nothing waits for the reply: the next host is not held up by it. */
	if (fault->polite && output_backlog(s) == 0) {
		say_quit(s);
		session_enter(s, SESSION_CLOSING);
	} else {
		session_enter(s, SESSION_CLOSED);
	}
}

static void
fail_by_policy(struct smtp_session *s, enum policy_event event, bool polite,
    const struct smtp_reply *reply, const char *why)
{
	struct policy_consequence c = policy_session_event(s->config.level,
	    event, s->config.allow_invalid_certs);

	session_fail(s, &(struct session_fault){ .step = SMTP_STEP_TLS,
	    .error = c.error, .status = c.status,
	    .result_type = c.result_type, .polite = polite, .reply = reply },
	    "%s", why);
}

/* A 4xx or 5xx that ends the session for now: the next host may do better.
 * RFC 3463 wants the class to fit a deferral. */
static void
fail_by_reply(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply)
{
	char status[SMTP_STATUS_LEN], text[SESSION_REPLY_LEN];

	session_status(status, reply, '4');
	smtp_reply_print(text, sizeof(text), reply);
	session_fail(s, &(struct session_fault){ .step = step,
	    .error = "unexpected-reply", .status = status,
	    .polite = reply->code != 421, .reply = reply },
	    "%s answered with %.600s",
	    step == SMTP_STEP_GREETING ? "the connection was" :
	    step == SMTP_STEP_NONE ? "the session was" : smtp_step_name(step),
	    text);
}

void
session_protocol_error(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply, const char *what)
{
	session_fail(s, &(struct session_fault){ .step = step,
	    .error = "unexpected-reply", .status = "4.5.0", .reply = reply },
	    "%s %s", what, step_waits[step]);
}

bool
session_mail_permitted(const struct smtp_session *s)
{
	if (s->tls_active)
		return s->tls_accepted;
	return s->plain_permitted && s->config.level <= LEVEL_OPPORTUNISTIC;
}

/* --- greeting, EHLO, STARTTLS --- */

static void
say_hello(struct smtp_session *s, enum smtp_step step)
{
	char line[300];
	int n = snprintf(line, sizeof(line), "%s %.255s", smtp_step_name(step),
	    s->config.helo);

	output_command(s, step, -1, 0, line, (size_t)n);
}

static void
become_ready(struct smtp_session *s)
{
	assert(session_mail_permitted(s));
	s->tell_ready = true;
	session_enter(s, SESSION_READY);
}

/* No TLS is to be had: on in plaintext, or not at all. */
static void
without_tls(struct smtp_session *s, enum policy_event event,
    const struct smtp_reply *reply, const char *why)
{
	if (policy_session_event(s->config.level, event,
	    s->config.allow_invalid_certs).action != ACTION_CONTINUE_PLAIN) {
		fail_by_policy(s, event, true, reply, why);
		return;
	}
	s->plain_permitted = true;
	become_ready(s);
}

static void
hello_answered(struct smtp_session *s)
{
	if (s->tls_active || s->config.level == LEVEL_NONE)
		become_ready(s);
	else if ((s->caps.can & SMTP_CAN_STARTTLS) != 0)
		output_command(s, SMTP_STEP_TLS, -1, 0, "STARTTLS", 8);
	else
		without_tls(s, EVENT_STARTTLS_MISSING, NULL,
		    "STARTTLS is not offered");
}

static void
on_greeting(struct smtp_session *s, const struct smtp_reply *reply)
{
	if (reply->code == 220)
		say_hello(s, SMTP_STEP_EHLO);
	else if (reply->code >= 400)
		fail_by_reply(s, SMTP_STEP_GREETING, reply);
	else
		session_protocol_error(s, SMTP_STEP_GREETING, reply,
		    "a greeting that is not 220");
}

static void
on_ehlo(struct smtp_session *s, const struct smtp_reply *reply)
{
	if (reply->code / 100 == 2) {
		smtp_ehlo_parse(&s->caps, reply);
		/* RFC 3207 4.2: not offered within TLS; ignored if it is.
		 * RFC 8689 4.2.1: REQUIRETLS counts within TLS only. */
		s->caps.can &= ~(unsigned)(s->tls_active ? SMTP_CAN_STARTTLS :
		    SMTP_CAN_REQUIRETLS);
		hello_answered(s);
	} else if (reply->code / 100 == 5) {
		/* RFC 5321 3.2: a server from before ESMTP. */
		smtp_reply_print(s->ehlo_reply, sizeof(s->ehlo_reply), reply);
		say_hello(s, SMTP_STEP_HELO);
	} else if (reply->code / 100 == 4) {
		fail_by_reply(s, SMTP_STEP_EHLO, reply);
	} else {
		session_protocol_error(s, SMTP_STEP_EHLO, reply,
		    "a 3xx reply");
	}
}

static void
on_helo(struct smtp_session *s, const struct smtp_reply *reply)
{
	char status[SMTP_STATUS_LEN], text[SESSION_REPLY_LEN];

	if (reply->code / 100 == 2) {
		smtp_ehlo_parse(&s->caps, reply);
		s->caps.can = 0;
		s->caps.size_max = 0;
		hello_answered(s);
	} else if (reply->code / 100 == 5) {
		session_status(status, reply, '5');
		smtp_reply_print(text, sizeof(text), reply);
		session_fail(s, &(struct session_fault){
		    .step = SMTP_STEP_HELO, .error = "unexpected-reply",
		    .status = status, .permanent = true, .polite = true,
		    .reply = reply },
		    "EHLO was refused with %.300s, HELO with %.300s",
		    s->ehlo_reply, text);
	} else if (reply->code / 100 == 4) {
		fail_by_reply(s, SMTP_STEP_HELO, reply);
	} else {
		session_protocol_error(s, SMTP_STEP_HELO, reply,
		    "a 3xx reply");
	}
}

static void
on_starttls(struct smtp_session *s, const struct smtp_reply *reply)
{
	char text[SESSION_REPLY_LEN], why[SESSION_REPLY_LEN];

	smtp_reply_print(text, sizeof(text), reply);
	(void)snprintf(why, sizeof(why), "STARTTLS answered with %.600s", text);
	if (reply->code == 220) {
		/* RFC 3207 4.2: nothing learnt before TLS is used after it. */
		memset(&s->caps, 0, sizeof(s->caps));
		s->ehlo_reply[0] = '\0';
		smtp_reply_parser_reset(&s->parser);
		s->start_tls = true;
		session_enter(s, SESSION_HANDSHAKE);
	} else if (reply->code == 421 || reply->code < 400) {
		fail_by_policy(s, reply->code == 421 ? EVENT_STARTTLS_REFUSED :
		    EVENT_HANDSHAKE_FAILED, false, reply, why);
	} else {
		without_tls(s, EVENT_STARTTLS_REFUSED, reply, why);
	}
}

static void
on_rset(struct smtp_session *s, const struct smtp_reply *reply)
{
	if (reply->code / 100 == 2)
		return;
	if (reply->code >= 400)
		fail_by_reply(s, SMTP_STEP_RSET, reply);
	else
		session_protocol_error(s, SMTP_STEP_RSET, reply, "a 3xx reply");
}

/* --- replies --- */

static void
on_reply(struct smtp_session *s, const struct pending *p,
    const struct smtp_reply *reply)
{
	switch (p->step) {
	case SMTP_STEP_GREETING:
		on_greeting(s, reply);
		return;
	case SMTP_STEP_EHLO:
		on_ehlo(s, reply);
		return;
	case SMTP_STEP_HELO:
		on_helo(s, reply);
		return;
	case SMTP_STEP_TLS:
		on_starttls(s, reply);
		return;
	case SMTP_STEP_RSET:
		on_rset(s, reply);
		return;
	case SMTP_STEP_QUIT:
		session_enter(s, SESSION_CLOSED);
		return;
	case SMTP_STEP_MAIL:
	case SMTP_STEP_RCPT:
	case SMTP_STEP_DATA:
	case SMTP_STEP_END:
		exchange_reply(s, p, reply);
		return;
	case SMTP_STEP_NONE:
	case SMTP_STEP_CONNECT:
	case SMTP_STEP_BLOCK:
	case SMTP_STEP_COUNT:
		break;
	}
	abort();
}

/* The session has nothing to do and said so. */
static bool
is_idle(const struct smtp_session *s)
{
	return s->state == SESSION_READY && s->nothing_offered &&
	    !exchange_any(s);
}

/* A reply before its command was written, or to none. */
static void
on_early_reply(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply)
{
	if (reply->code == 421)
		fail_by_reply(s, step, reply);
	else if (!s->tls_active && s->config.level != LEVEL_NONE &&
	    s->state == SESSION_SETUP)
		fail_by_policy(s, EVENT_EARLY_OCTETS, false, reply,
		    "a reply came before its command was sent");
	else
		session_protocol_error(s, step, reply,
		    "a reply to no command of ours");
}

static void
take_unasked(struct smtp_session *s, const struct smtp_reply *reply)
{
	struct exchange *ex = exchange_in(s, EXCHANGE_CONTENT);

	if (is_idle(s)) {
		session_enter(s, SESSION_CLOSED);
	} else if (ex != NULL && reply->code >= 400) {
		exchange_interrupted(s, reply);
		fail_by_reply(s, SMTP_STEP_BLOCK, reply);
	} else {
		on_early_reply(s, ex != NULL ? SMTP_STEP_BLOCK :
		    SMTP_STEP_NONE, reply);
	}
}

static void
take_reply(struct smtp_session *s, const struct smtp_reply *reply)
{
	const struct pending *head = pending_head(s);
	struct pending p;
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
	pending_pop(s);
	/* One limit for the STARTTLS command and the handshake. */
	if (p.step != SMTP_STEP_TLS)
		s->mark++;
	on_reply(s, &p, reply);
	if (!s->failed && (reply->code == 421 || !whole) &&
	    s->state != SESSION_CLOSED)
		fail_by_reply(s, p.step, reply);
}

static void
advance(struct smtp_session *s)
{
	if (s->state != SESSION_READY)
		return;
	exchange_advance(s);
	if (s->state != SESSION_READY || !s->quitting || exchange_any(s) ||
	    s->tell_ready)
		return;
	session_enter(s, SESSION_LEAVING);
	say_quit(s);
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
	const struct pending *head;
	struct smtp_reply reply;
	size_t used = 0;

	for (; len > 0 && reads_replies(s); data += used, len -= used) {
		switch (smtp_reply_parse(&s->parser, data, len, &used, &reply)) {
		case SMTP_REPLY_MORE:
			break;
		case SMTP_REPLY_COMPLETE:
			take_reply(s, &reply);
			advance(s);
			break;
		case SMTP_REPLY_BROKEN:
			head = pending_head(s);
			session_protocol_error(s, head != NULL ? head->step :
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

static void
await_greeting(struct smtp_session *s)
{
	session_enter(s, SESSION_SETUP);
	output_await(s, SMTP_STEP_GREETING, -1, 0, 0);
}

void
smtp_session_connected(struct smtp_session *s)
{
	if (s->state != SESSION_NEW)
		return;
	if (!s->config.implicit_tls) {
		await_greeting(s);
		return;
	}
	s->start_tls = true;
	session_enter(s, SESSION_HANDSHAKE);
}

void
smtp_session_tls_established(struct smtp_session *s)
{
	if (s->state != SESSION_HANDSHAKE)
		return;
	s->start_tls = false;
	s->tls_active = true;
	session_enter(s, SESSION_VERDICT);
}

void
smtp_session_tls_failed(struct smtp_session *s, const char *why)
{
	char text[700];

	(void)snprintf(text, sizeof(text), "TLS handshake failed: %.600s", why);
	fail_by_policy(s, EVENT_HANDSHAKE_FAILED, false, NULL, text);
}

void
smtp_session_tls_early_octets(struct smtp_session *s)
{
	fail_by_policy(s, EVENT_EARLY_OCTETS, false, NULL,
	    "octets came before the TLS handshake (response injection)");
}

/* A level is met by what it asks for, whoever judged: fails closed. */
static bool
proves_level(enum policy_level level, const struct smtp_verdict *v)
{
	if (!v->verified)
		return false;
	if (level == LEVEL_DANE)
		return v->proof == SMTP_PROOF_DANE;
	return v->proof >= SMTP_PROOF_PKIX;
}

/* Only an event of a certificate may excuse it. */
static enum policy_event
verdict_event(enum policy_level level, const struct smtp_verdict *v)
{
	if (v->verified)
		return level == LEVEL_DANE ? EVENT_TLSA_MISMATCH :
		    EVENT_CERT_INVALID;
	return v->event >= EVENT_CERT_EXPIRED && v->event < EVENT_COUNT ?
	    v->event : EVENT_CERT_INVALID;
}

void
smtp_session_authenticated(struct smtp_session *s,
    const struct smtp_verdict *verdict)
{
	enum policy_level level = s->config.level;
	enum policy_event event = verdict_event(level, verdict);

	if (s->state != SESSION_VERDICT)
		return;
	if (!proves_level(level, verdict) && policy_session_event(level, event,
	    s->config.allow_invalid_certs).action != ACTION_CONTINUE) {
		fail_by_policy(s, event, true, NULL, verdict->text[0] != '\0' ?
		    verdict->text : "the certificate does not prove the host");
		return;
	}
	s->tls_accepted = true;
	if (s->config.implicit_tls) {
		await_greeting(s);
		return;
	}
	session_enter(s, SESSION_SETUP);
	say_hello(s, SMTP_STEP_EHLO);
}

static enum smtp_step
current_step(const struct smtp_session *s)
{
	unsigned mark;

	return smtp_session_deadline(s, &mark);
}

/* The connection is gone, or too slow. */
static void
fail_by_network(struct smtp_session *s, const char *what)
{
	enum smtp_step step = current_step(s);
	char why[500];

	(void)snprintf(why, sizeof(why), "%.400s %s", what, step_waits[step]);
	if (s->state == SESSION_LEAVING || s->state == SESSION_CLOSING ||
	    is_idle(s))
		session_enter(s, SESSION_CLOSED);
	else if (step == SMTP_STEP_TLS)
		fail_by_policy(s, EVENT_HANDSHAKE_FAILED, false, NULL, why);
	else
		session_fail(s, &(struct session_fault){ .step = step,
		    .error = "connection",
		    .status = step == SMTP_STEP_CONNECT ? "4.4.1" : "4.4.2" },
		    "%s", why);
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
smtp_session_offer(struct smtp_session *s, const struct smtp_transaction *tx)
{
	if (s->state != SESSION_READY || tx == NULL) {
		s->nothing_offered = true;
		return;
	}
	exchange_begin(s, tx);
	advance(s);
}

void
smtp_session_content(struct smtp_session *s, const char *data, size_t len,
    bool end)
{
	if (s->state != SESSION_READY)
		return;
	exchange_content(s, data, len, end);
	advance(s);
}

void
smtp_session_content_failed(struct smtp_session *s, const char *why)
{
	session_fail(s, &(struct session_fault){ .step = SMTP_STEP_NONE,
	    .error = "io", .status = "4.3.0" },
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
		session_enter(s, SESSION_CLOSED);
	advance(s);
}

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
	advance(s);
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
	advance(s);
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
	a->failure = s->failed ? &s->failure : NULL;
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
