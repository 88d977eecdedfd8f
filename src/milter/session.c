/*
 * From MAIL to the final dot.
 *
 * The message at hand lives in an arena of its own, made by MAIL and freed by
 * the end, an abort, or the next MAIL.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "milter/received.h"
#include "milter/session_impl.h"

struct milter_session *
milter_session_new(const struct milter_services *services,
    const char *client_name, const char *client_ip, bool leading_blanks)
{
	struct milter_session *s = mem_zalloc(sizeof(*s));

	s->services = services;
	s->client_name = client_name != NULL ? mem_strdup(client_name) : NULL;
	s->client_ip = client_ip != NULL ? mem_strdup(client_ip) : NULL;
	s->leading_blanks = leading_blanks;
	return s;
}

void
milter_session_free(struct milter_session **session)
{
	struct milter_session *s = *session;

	*session = NULL;
	if (s == NULL)
		return;
	milter_session_abort(s);
	free(s->client_name);
	free(s->client_ip);
	free(s->helo);
	free(s);
}

void
milter_session_abort(struct milter_session *s)
{
	struct milter_message *m = s->message;
	struct arena *arena;

	s->message = NULL;
	if (m == NULL)
		return;
	milter_mail_free(&m->mail);
	settings_unref(&m->settings);
	arena = m->arena;	/* m itself is in it */
	arena_free(&arena);
}

void
milter_session_helo(struct milter_session *s, const char *name)
{
	free(s->helo);
	s->helo = mem_strdup(name);
}

const char *
milter_message_name(const struct milter_message *m)
{
	return m->queue_id != NULL ? m->queue_id : "message";
}

/* --- MAIL --------------------------------------------------------------- */

static const char *
macro(const struct milter_mta *mta, const char *name)
{
	const char *value = mta->macro(mta->ctx, name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *
keep_macro(struct milter_message *m, const struct milter_mta *mta,
    const char *name)
{
	const char *value = macro(mta, name);

	return value != NULL ? arena_strdup(m->arena, value) : NULL;
}

/* What goes into identifiers: a word of RFC 5322's msg-id, bounded. */
static bool
is_word(const char *text, size_t len)
{
	enum { WORD_MAX_LEN = 255 };

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' ||
		    strchr("\"(),;<>\\", text[i]) != NULL)
			return false;
	return len > 0 && len <= WORD_MAX_LEN;
}

/* NULL, as if it were not given, where it is none. */
static const char *
keep_word(struct milter_message *m, const struct milter_mta *mta,
    const char *name)
{
	const char *value = macro(mta, name);

	return value != NULL && is_word(value, strlen(value)) ?
	    arena_strdup(m->arena, value) : NULL;
}

static bool
is_loopback(const char *ip)
{
	return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

static void
note_macros(struct milter_message *m, const struct milter_mta *mta)
{
	m->queue_id = keep_word(m, mta, "i");
	m->own_name = keep_word(m, mta, "j");
	m->auth_user = keep_macro(m, mta, "{auth_authen}");
	m->hop = (struct milter_hop){
		.peer = keep_macro(m, mta, "_"),
		.own_name = m->own_name,
		.protocol = keep_macro(m, mta, "r"),
		.queue_id = m->queue_id,
		.auth_type = keep_macro(m, mta, "{auth_type}"),
		.auth_ssf = keep_macro(m, mta, "{auth_ssf}"),
		.tls_version = keep_macro(m, mta, "{tls_version}"),
		.cipher = keep_macro(m, mta, "{cipher}"),
		.cipher_bits = keep_macro(m, mta, "{cipher_bits}"),
		.verify = keep_macro(m, mta, "{verify}"),
	};
}

enum milter_answer
milter_session_mail(struct milter_session *s, const struct milter_mta *mta,
    const char *const *args, struct milter_reply *reply_r)
{
	struct arena *arena = arena_new();
	struct milter_message *m = arena_alloc(arena, sizeof(*m));

	(void)reply_r;
	milter_session_abort(s);
	*m = (struct milter_message){ .arena = arena };
	s->message = m;
	m->settings = milter_settings_current(s->services->settings);
	m->conf = m->settings->conf;
	note_macros(m, mta);
	m->hop.helo = s->helo;
	m->trusted = m->auth_user != NULL || s->client_ip == NULL ||
	    is_loopback(s->client_ip);
	/* A sender that is wrong is no matter until something is taken. */
	m->sender_good = mail_sender_parse(&m->sender, args, m->own_name,
	    &m->sender_error);
	m->mail = milter_mail_new(s->services->database);
	return MILTER_CONTINUE;
}

/* --- RCPT --------------------------------------------------------------- */

static struct expr_values
values_of(const struct milter_session *s, const struct milter_mta *mta,
    const struct mail_recipient *rcpt)
{
	const struct milter_message *m = s->message;

	return (struct expr_values){
		.sender = m->sender.address.text,
		.sender_domain = m->sender.address.domain,
		.rcpt = rcpt->address.text,
		.rcpt_domain = rcpt->address.domain,
		.auth_user = m->auth_user,
		.size = m->sender.size,
		.rcpt_mailer = macro(mta, "{rcpt_mailer}"),
		.rcpt_host = macro(mta, "{rcpt_host}"),
		.client_ip = s->client_ip,
		.client_name = s->client_name,
	};
}

static const char *
shown(const char *text)
{
	return text != NULL ? text : "-";
}

/* What Sendmail can send to and we cannot is judged by its words. */
static void
take_literally(struct mail_recipient *rcpt, const char *arg)
{
	const char *at = strrchr(arg, '@');

	(void)text_copy(rcpt->address.text, sizeof(rcpt->address.text), arg);
	if (at == NULL)
		return;
	(void)text_copy(rcpt->address.domain, sizeof(rcpt->address.domain),
	    at + 1);
	rcpt->address.domain[strcspn(rcpt->address.domain, ">")] = '\0';
	text_lower(rcpt->address.domain);
}

/* Our recipient: can it be stored? */
static bool
check_ours(const struct milter_message *m, const struct error *rcpt_error,
    struct milter_reply *reply)
{
	if (rcpt_error != NULL)
		return milter_reply_set(reply, "553", "5.1.3", "%s",
		    rcpt_error->text);
	if (!m->sender_good)
		return milter_reply_set(reply, "553", "5.1.7", "sender: %s",
		    m->sender_error.text);
	if (m->sender.size > m->conf->milter.max_message_size)
		return milter_reply_set(reply, "552", "5.3.4", "the message is "
		    "larger than %" PRId64 " octets",
		    m->conf->milter.max_message_size);
	return true;
}

enum milter_answer
milter_session_rcpt(struct milter_session *s, const struct milter_mta *mta,
    const char *const *args, struct milter_reply *reply_r)
{
	struct milter_message *m = s->message;
	struct mail_recipient rcpt;
	struct expr_values values;
	struct error err, why;
	const char *strategy;
	bool take, good;

	if (m == NULL)
		return milter_session_lost(reply_r);
	m->seen++;
	good = mail_recipient_parse(&rcpt, args, macro(mta, "{rcpt_addr}"),
	    m->sender.smtputf8, &why);
	if (!good)
		take_literally(&rcpt, args[0]);
	values = values_of(s, mta, &rcpt);
	if (!milter_settings_take(m->settings, &values, &take, &err)) {
		(void)milter_reply_failure(reply_r, args[0], &err);
		return MILTER_REFUSE;
	}
	log_debug("%s: %s, mailer=%s, host=%s: %s", milter_message_name(m),
	    args[0], shown(values.rcpt_mailer), shown(values.rcpt_host),
	    take ? "taken over" : "left to the mail server");
	if (!take) {
		m->others++;
		return MILTER_CONTINUE;
	}
	if (!check_ours(m, good ? NULL : &why, reply_r) ||
	    !milter_status_admits(s->services->status, &m->conf->milter,
	    rcpt.address.domain, clock_now_s(), reply_r))
		return MILTER_REFUSE;
	if (!milter_settings_strategy(m->settings, &values, &strategy, &err)) {
		(void)milter_reply_failure(reply_r, args[0], &err);
		return MILTER_REFUSE;
	}
	milter_mail_add(m->mail, &rcpt, strategy, args[0]);
	if (m->seen == 1 && !rcpt.address.utf8)
		m->only = arena_strdup(m->arena, rcpt.address.text);
	return MILTER_CONTINUE;
}

/* --- content ------------------------------------------------------------ */

enum milter_answer
milter_session_lost(struct milter_reply *reply)
{
	(void)milter_reply_set(reply, "451", "4.3.0",
	    "commands came out of order");
	return MILTER_REFUSE;
}

/* Once content was refused it stays so: half a message is never stored. */
static enum milter_answer
refuse(struct milter_message *m, const struct milter_reply *reply)
{
	m->failure = *reply;
	return MILTER_REFUSE;
}

static enum milter_answer
answer(bool ok, struct milter_message *m, const struct error *err,
    struct milter_reply *reply)
{
	if (ok)
		return MILTER_CONTINUE;
	(void)milter_reply_failure(reply, milter_message_name(m), err);
	return refuse(m, reply);
}

/* Whether content is to go on; *answer_r is what to say where not. */
static bool
goes_on(const struct milter_session *s, enum milter_answer *answer_r,
    struct milter_reply *reply)
{
	const struct milter_message *m = s->message;

	*answer_r = MILTER_REFUSE;
	if (m == NULL)
		*answer_r = milter_session_lost(reply);
	else if (m->failure.code[0] != '\0')
		*reply = m->failure;
	else if (milter_mail_recipients(m->mail) == 0)
		*answer_r = MILTER_NOT_OURS;
	else
		return true;
	return false;
}

/* As Sendmail has it (H?F?From: $g). */
static const char *
default_from(struct milter_message *m)
{
	const char *name = m->own_name != NULL ? m->own_name : "localhost";
	const char *sender = m->sender.address.text;
	bool null = sender[0] == '\0';
	size_t room = strlen(sender) + strlen(name) + sizeof("MAILER-DAEMON@");
	char *from = arena_alloc(m->arena, room);

	(void)snprintf(from, room, "%s%s", null ? "MAILER-DAEMON@" : sender,
	    null ? name : "");
	return from;
}

enum milter_answer
milter_session_data(struct milter_session *s, struct milter_reply *reply_r)
{
	struct milter_message *m = s->message;
	struct buf received = BUF_INIT;
	enum milter_answer otherwise;
	struct error err;
	bool ok;

	if (!goes_on(s, &otherwise, reply_r))
		return otherwise;
	m->received_at = clock_now_s();
	m->hop.now = m->received_at;
	m->hop.recipient = m->seen == 1 ? m->only : NULL;
	milter_received_print(&received, &m->hop);
	ok = milter_mail_begin(m->mail, &(struct milter_mail_start){
	    .received = buf_str(&received), .from = default_from(m),
	    .now = m->received_at, .keep_require_tls = !m->trusted }, &err);
	buf_free(&received);
	return answer(ok, m, &err, reply_r);
}

/* Counts what was given; false once it is too much. */
static bool
count(struct milter_message *m, size_t len, struct milter_reply *reply)
{
	m->size += (int64_t)len;
	return m->size <= m->conf->milter.max_message_size ||
	    milter_reply_set(reply, "552", "5.3.4", "the message is larger "
	    "than %" PRId64 " octets", m->conf->milter.max_message_size);
}

/* milter.strategy-header of a submitter who may say so. */
static bool
is_strategy_header(const struct milter_message *m, const char *name)
{
	const char *wanted = m->conf->milter.strategy_header;

	return m->trusted && wanted[0] != '\0' &&
	    text_equal_nocase(name, wanted);
}

static void
note_strategy(struct milter_message *m, const char *value)
{
	size_t len;
	char *copy;

	value += strspn(value, " \t\r\n");
	copy = arena_strdup(m->arena, value);
	for (len = strlen(copy); len > 0 &&
	    strchr(" \t\r\n", copy[len - 1]) != NULL; len--)
		copy[len - 1] = '\0';
	m->wanted_strategy = copy;
}

enum milter_answer
milter_session_header(struct milter_session *s, const char *name,
    const char *value, struct milter_reply *reply_r)
{
	struct milter_message *m = s->message;
	enum milter_answer otherwise;
	struct error err;
	char *with_blank = NULL;
	bool ok;

	if (!goes_on(s, &otherwise, reply_r))
		return otherwise;
	if (!count(m, strlen(name) + strlen(value) + 3, reply_r))
		return refuse(m, reply_r);
	if (is_strategy_header(m, name)) {
		note_strategy(m, value);
		return MILTER_CONTINUE;
	}
	if (!s->leading_blanks)
		value = with_blank = mem_printf(" %s", value);
	ok = milter_mail_header(m->mail, name, value, &err);
	free(with_blank);
	return answer(ok, m, &err, reply_r);
}

static bool
is_message_id(const char *text)
{
	size_t len = strlen(text);

	return len > 2 && text[0] == '<' && text[len - 1] == '>' &&
	    is_word(text + 1, len - 2);
}

/* Sendmail's own, which stands in its log; else one of its kind. */
static const char *
message_id(struct milter_message *m, const struct milter_mta *mta)
{
	const char *given = macro(mta, "{msg_id}");
	char *id;

	if (given != NULL && is_message_id(given))
		return given;
	id = arena_alloc(m->arena, MILTER_MESSAGE_ID_LEN);
	(void)snprintf(id, MILTER_MESSAGE_ID_LEN, "<%" PRId64 ".%s@%s>",
	    clock_unix_ms(), m->queue_id != NULL ? m->queue_id : "tlsq",
	    m->own_name != NULL ? m->own_name : "localhost");
	return id;
}

enum milter_answer
milter_session_end_header(struct milter_session *s,
    const struct milter_mta *mta, struct milter_reply *reply_r)
{
	enum milter_answer otherwise;
	struct error err;

	if (!goes_on(s, &otherwise, reply_r))
		return otherwise;
	return answer(milter_mail_end_header(s->message->mail,
	    message_id(s->message, mta), &err), s->message, &err, reply_r);
}

enum milter_answer
milter_session_body(struct milter_session *s, const void *data, size_t len,
    struct milter_reply *reply_r)
{
	enum milter_answer otherwise;
	struct error err;

	if (!goes_on(s, &otherwise, reply_r))
		return otherwise;
	if (!count(s->message, len, reply_r))
		return refuse(s->message, reply_r);
	return answer(milter_mail_body(s->message->mail, data, len, &err),
	    s->message, &err, reply_r);
}
