/*
 * AUTH PLAIN and LOGIN (RFC 4954, RFC 4616): to a relay, within TLS.
 *
 * What the server asks in its challenges is not looked at: the answers are
 * always the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/dialogue_impl.h"

static void
send_line(struct smtp_session *s, const char *command, const char *data,
    size_t len)
{
	struct buf line = BUF_INIT;
	char *encoded = mem_alloc(TEXT_BASE64_LEN(len));

	text_base64(encoded, (const uint8_t *)data, len);
	(void)buf_printf(&line, "%s%s", command, encoded);
	output_command(s, SMTP_STEP_AUTH, -1, 0, line.data, line.len);
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

void
auth_start(struct smtp_session *s)
{
	/* Whoever asks for credentials must be who the route names, unless the
	 * route itself says that it need not be. */
	assert(s->tls_accepted &&
	    (s->proved || s->config.demand.allow_invalid));
	if ((s->caps.can & SMTP_CAN_AUTH_PLAIN) != 0) {
		send_plain(s);
	} else if ((s->caps.can & SMTP_CAN_AUTH_LOGIN) != 0) {
		output_command(s, SMTP_STEP_AUTH, -1, 0, "AUTH LOGIN", 10);
		s->auth = AUTH_LOGIN_USERNAME;
	} else {
		session_fail(s, &(struct session_fault){
		    .step = SMTP_STEP_AUTH, .error = "unexpected-reply",
		    .status = "4.7.0", .polite = true },
		    "neither AUTH PLAIN nor AUTH LOGIN is offered within TLS");
	}
}

static void
answer_challenge(struct smtp_session *s, const struct smtp_reply *reply)
{
	if (s->auth == AUTH_LOGIN_USERNAME) {
		send_line(s, "", s->config.username,
		    strlen(s->config.username));
		s->auth = AUTH_LOGIN_SECRET;
	} else if (s->auth == AUTH_LOGIN_SECRET) {
		send_line(s, "", s->config.secret, strlen(s->config.secret));
		s->auth = AUTH_LAST;
	} else {
		session_protocol_error(s, SMTP_STEP_AUTH, reply,
		    "one challenge too many");
	}
}

void
auth_reply(struct smtp_session *s, const struct smtp_reply *reply)
{
	if (reply->code == 235 && s->auth == AUTH_LAST)
		setup_ready(s);
	else if (reply->code == 334)
		answer_challenge(s, reply);
	else if (reply->code >= 400)
		/* Wrong credentials are ours to mend, not the sender's: the
		 * mail waits. */
		session_fail_reply(s, SMTP_STEP_AUTH, reply);
	else
		session_protocol_error(s, SMTP_STEP_AUTH, reply,
		    "a reply that is neither 235 nor 334");
}
