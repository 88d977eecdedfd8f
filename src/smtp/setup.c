/*
 * The dialogue until the session is ready: greeting, EHLO, STARTTLS, the
 * certificate's verdict, AUTH.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/dialogue_impl.h"

/* One without a dot, as "localhost", is many a host's. */
static bool
is_name(const char *theirs, const char *ours)
{
	size_t n = strlen(theirs);

	if (n > 0 && theirs[n - 1] == '.')
		n--;
	return strchr(ours, '.') != NULL && strlen(ours) == n &&
	    strncasecmp(theirs, ours, n) == 0;
}

/*
 * The host calls itself as we do: then so it would go on for ever, to the limit of
 * Received fields.  Where TLS is demanded that is believed within TLS only: it is
 * final, and anybody on the way could say it.
 */
static bool
leads_to_us(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply)
{
	const struct smtp_failure loop = { .step = step, .error = "dns",
	    .status = "5.4.6", .loop = true };
	struct smtp_capabilities said;

	if (s->config.own_name == NULL || (!s->tls_active &&
	    s->config.demand.level > LEVEL_OPPORTUNISTIC))
		return false;
	smtp_ehlo_parse(&said, reply);
	if (!is_name(said.name, s->config.helo) &&
	    !is_name(said.name, s->config.own_name))
		return false;
	smtp_session_fail(s, &loop, true, NULL,
	    "mail loop: the host has the name of this one, %s",
	    said.name);
	return true;
}

static void
say_hello(struct smtp_session *s, enum smtp_step step)
{
	char line[300];
	int n = snprintf(line, sizeof(line), "%s %.255s", smtp_step_name(step),
	    s->config.helo);

	smtp_output_command(s, step, -1, 0, line, (size_t)n);
}

static void
setup_ready(struct smtp_session *s)
{
	assert(smtp_session_mail_permitted(s));
	s->tell_ready = true;
	smtp_session_enter(s, SESSION_READY);
}

/*
 * --- AUTH PLAIN and LOGIN (RFC 4954, RFC 4616): to a relay, within TLS.
 *
 * What the server asks in its challenges is not looked at: the answers are
 * always the same.
 */

static void
send_line(struct smtp_session *s, const char *command, const char *data,
    size_t len)
{
	struct buf line = BUF_INIT;
	char *encoded = mem_alloc(TEXT_BASE64_LEN(len));

	text_base64(encoded, (const uint8_t *)data, len);
	(void)buf_printf(&line, "%s%s", command, encoded);
	smtp_output_command(s, SMTP_STEP_AUTH, -1, 0, line.data, line.len);
	explicit_bzero(encoded, strlen(encoded));
	explicit_bzero(line.data, line.len);
	free(encoded);
	buf_free(&line);
}

/* RFC 4616 2: no authorization identity. */
static void
send_plain(struct smtp_session *s)
{
	struct buf message = BUF_INIT;

	(void)buf_append(&message, "", 1);
	(void)buf_puts(&message, s->config.username);
	(void)buf_append(&message, "", 1);
	(void)buf_puts(&message, s->config.secret);
	send_line(s, "AUTH PLAIN ", message.data, message.len);
	explicit_bzero(message.data, message.len);
	buf_free(&message);
	s->auth = AUTH_LAST;
}

static void
auth_start(struct smtp_session *s)
{
	static const struct smtp_failure none = { .step = SMTP_STEP_AUTH,
	    .error = "unexpected-reply", .status = "4.7.0" };

	/* Whoever asks for credentials must be who the route names, unless the
	 * route itself says that it need not be. */
	assert(s->tls_accepted &&
	    (s->proved || s->config.demand.allow_invalid));
	if ((s->caps.can & SMTP_CAN_AUTH_PLAIN) != 0) {
		send_plain(s);
	} else if ((s->caps.can & SMTP_CAN_AUTH_LOGIN) != 0) {
		s->auth = AUTH_USERNAME;
		smtp_output_command(s, SMTP_STEP_AUTH, -1, 0, "AUTH LOGIN", 10);
	} else {
		smtp_session_fail(s, &none, true, NULL,
		    "neither AUTH PLAIN nor AUTH LOGIN is offered within TLS");
	}
}

static void
answer_challenge(struct smtp_session *s, const struct smtp_reply *reply)
{
	const char *answer = s->auth == AUTH_USERNAME ? s->config.username :
	    s->config.secret;

	if (s->auth == AUTH_LAST) {
		smtp_session_protocol_error(s, SMTP_STEP_AUTH, reply,
		    "one challenge too many");
		return;
	}
	send_line(s, "", answer, strlen(answer));
	s->auth++;
}

static void
on_auth(struct smtp_session *s, const struct smtp_reply *reply)
{
	if (reply->code == 235 && s->auth == AUTH_LAST)
		setup_ready(s);
	else if (reply->code == 334)
		answer_challenge(s, reply);
	else if (reply->code >= 400)
		/* Wrong credentials are ours to mend, not the sender's: the
		 * mail waits. */
		smtp_session_fail_reply(s, SMTP_STEP_AUTH, reply);
	else
		smtp_session_protocol_error(s, SMTP_STEP_AUTH, reply,
		    "a reply that is neither 235 nor 334");
}

/* --- greeting, EHLO, STARTTLS */

/* No TLS is to be had: continue in plaintext, or fail. */
static void
without_tls(struct smtp_session *s, enum policy_event event,
    const struct smtp_reply *reply, const char *why)
{
	if (policy_session_event(&s->config.demand, event).action !=
	    ACTION_CONTINUE_PLAIN) {
		smtp_session_fail_policy(s, &s->config.demand, event, true,
		    reply, why);
		return;
	}
	s->plain_permitted = true;
	setup_ready(s);
}

static void
hello_answered(struct smtp_session *s)
{
	if (s->tls_active && s->config.username != NULL)
		auth_start(s);
	else if (s->tls_active || s->config.demand.level == LEVEL_NONE)
		setup_ready(s);
	else if ((s->caps.can & SMTP_CAN_STARTTLS) != 0)
		smtp_output_command(s, SMTP_STEP_TLS, -1, 0, "STARTTLS", 8);
	else
		without_tls(s, EVENT_STARTTLS_MISSING, NULL,
		    "STARTTLS is not offered");
}

static void
on_greeting(struct smtp_session *s, const struct smtp_reply *reply)
{
	/* RFC 5321 4.3.1 says 220; some servers greet with 250. */
	if (reply->code / 100 == 2 && leads_to_us(s, SMTP_STEP_GREETING, reply))
		return;
	if (reply->code / 100 == 2)
		say_hello(s, SMTP_STEP_EHLO);
	else if (reply->code >= 400)
		smtp_session_fail_reply(s, SMTP_STEP_GREETING, reply);
	else
		smtp_session_protocol_error(s, SMTP_STEP_GREETING, reply,
		    "a greeting that is neither 2xx nor an error");
}

static void
on_ehlo(struct smtp_session *s, const struct smtp_reply *reply)
{
	if (reply->code / 100 == 2 && leads_to_us(s, SMTP_STEP_EHLO, reply))
		return;
	if (reply->code / 100 == 2) {
		smtp_ehlo_parse(&s->caps, reply);
		/* RFC 3207 4.2: not offered within TLS; ignored if it is.
		 * RFC 8689 4.2.1: REQUIRETLS counts within TLS only. */
		s->caps.can &= ~(unsigned)(s->tls_active ? SMTP_CAN_STARTTLS :
		    SMTP_CAN_REQUIRETLS);
		/* Some servers end this reply with lines that have no code. */
		s->parser.skip_strays =
		    (s->caps.can & SMTP_CAN_PIPELINING) == 0;
		hello_answered(s);
	} else if (reply->code / 100 == 5 && reply->code != 521) {
		/* RFC 5321 3.2: a server from before ESMTP. */
		free(s->ehlo_reply);
		s->ehlo_reply = mem_alloc(SESSION_REPLY_LEN);
		smtp_reply_print(s->ehlo_reply, SESSION_REPLY_LEN, reply);
		say_hello(s, SMTP_STEP_HELO);
	} else {
		smtp_session_fail_refused(s, SMTP_STEP_EHLO, reply);
	}
}

static void
on_helo(struct smtp_session *s, const struct smtp_reply *reply)
{
	struct smtp_failure f = { .step = SMTP_STEP_HELO,
	    .error = "unexpected-reply", .permanent = true };
	char text[SESSION_REPLY_LEN];

	if (reply->code / 100 == 2) {
		smtp_ehlo_parse(&s->caps, reply);
		s->caps.can = 0;
		s->caps.size_max = 0;
		hello_answered(s);
	} else if (reply->code / 100 == 5 && reply->code != 521) {
		smtp_session_status(f.status, reply, '5');
		smtp_reply_print(text, sizeof(text), reply);
		smtp_session_fail(s, &f, true, reply, "EHLO was refused with %.300s, HELO with %.300s",
		    s->ehlo_reply, text);
	} else {
		smtp_session_fail_refused(s, SMTP_STEP_HELO, reply);
	}
}

static void
on_starttls(struct smtp_session *s, const struct smtp_reply *reply)
{
	char text[SESSION_REPLY_LEN], why[SESSION_REPLY_LEN];

	smtp_reply_print(text, sizeof(text), reply);
	(void)snprintf(why, sizeof(why), "host said: %.600s (in reply "
	    "to STARTTLS)", text);
	if (reply->code == 220) {
		/* RFC 3207 4.2: nothing learnt before TLS is used after it. */
		memset(&s->caps, 0, sizeof(s->caps));
		free(s->ehlo_reply);
		s->ehlo_reply = NULL;
		smtp_reply_parser_reset(&s->parser);
		s->start_tls = true;
		smtp_session_enter(s, SESSION_HANDSHAKE);
	} else if (reply->code == 421 || reply->code < 400) {
		smtp_session_fail_policy(s, &s->config.demand,
		    reply->code == 421 ? EVENT_STARTTLS_REFUSED :
		    EVENT_HANDSHAKE_FAILED, false, reply, why);
	} else {
		without_tls(s, EVENT_STARTTLS_REFUSED, reply, why);
	}
}

void
smtp_setup_reply(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply)
{
	if (step == SMTP_STEP_GREETING)
		on_greeting(s, reply);
	else if (step == SMTP_STEP_EHLO)
		on_ehlo(s, reply);
	else if (step == SMTP_STEP_HELO)
		on_helo(s, reply);
	else if (step == SMTP_STEP_AUTH)
		on_auth(s, reply);
	else if (step == SMTP_STEP_TLS)
		on_starttls(s, reply);
	else
		abort();
}

/* --- TLS --- */

static void
await_greeting(struct smtp_session *s)
{
	smtp_session_enter(s, SESSION_SETUP);
	smtp_output_await(s, SMTP_STEP_GREETING, -1, 0, 0);
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
	smtp_session_enter(s, SESSION_HANDSHAKE);
}

void
smtp_session_tls_established(struct smtp_session *s)
{
	if (s->state != SESSION_HANDSHAKE)
		return;
	s->start_tls = false;
	s->tls_active = true;
	smtp_session_enter(s, SESSION_VERDICT);
}

void
smtp_session_tls_failed(struct smtp_session *s, const char *why)
{
	char text[700];

	(void)snprintf(text, sizeof(text), "TLS handshake failed: %.600s", why);
	smtp_session_fail_policy(s, &s->config.demand, EVENT_HANDSHAKE_FAILED,
	    false, NULL, text);
}

void
smtp_session_tls_early_octets(struct smtp_session *s)
{
	smtp_session_fail_policy(s, &s->config.demand, EVENT_EARLY_OCTETS,
	    false, NULL,
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
	/* A name that stood in the CN alone proves less (RFC 8461 4.2). */
	if (level == LEVEL_MTA_STS)
		return v->proof == SMTP_PROOF_MTA_STS;
	return v->proof >= SMTP_PROOF_PKIX;
}

/* Only an event of a certificate may be excused, and at level dane none is:
 * there policy passes over what PKIX says because a TLSA record matched, and
 * here none did. */
static enum policy_event
verdict_event(enum policy_level level, const struct smtp_verdict *v)
{
	if (level == LEVEL_DANE)
		return EVENT_TLSA_MISMATCH;
	return !v->verified && v->event >= EVENT_CERT_EXPIRED &&
	    v->event < EVENT_COUNT ? v->event : EVENT_CERT_INVALID;
}

void
smtp_session_authenticated(struct smtp_session *s,
    const struct smtp_verdict *verdict)
{
	struct policy_demand demand = s->config.demand;
	bool proved = proves_level(demand.level, verdict);
	enum policy_event event;

	if (s->state != SESSION_VERDICT)
		return;
	/* The one of two demands that was not met. */
	if (demand.level == LEVEL_DANE && verdict->sts_failed)
		demand.level = LEVEL_MTA_STS;
	event = verdict_event(demand.level, verdict);
	if (!proved && policy_session_event(&demand, event).action !=
	    ACTION_CONTINUE) {
		smtp_session_fail_policy(s, &demand, event, true, NULL,
		    verdict->text[0] != '\0' ? verdict->text :
		    "the certificate does not prove the host");
		return;
	}
	s->tls_accepted = true;
	s->proved = proved;
	s->authenticated = verdict->named_by_domain && proved;
	if (s->config.implicit_tls) {
		await_greeting(s);
		return;
	}
	smtp_session_enter(s, SESSION_SETUP);
	say_hello(s, SMTP_STEP_EHLO);
}
