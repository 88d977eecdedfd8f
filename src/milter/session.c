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

#include "base/log.h"
#include "base/text.h"
#include "milter/session_impl.h"

struct milter_session *
milter_session_new(const struct milter_services *services,
    const struct milter_mta *mta, bool leading_blanks)
{
	struct milter_session *s = mem_zalloc(sizeof(*s));

	s->services = services;
	s->mta = *mta;
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
	milter_message_free(&s->message);
}

const struct milter_reply *
milter_session_reply(const struct milter_session *s)
{
	return &s->reply;
}

void
milter_session_connect(struct milter_session *s, const char *client_name,
    const char *client_ip)
{
	free(s->client_name);
	free(s->client_ip);
	s->connected = true;
	s->client_name = client_name != NULL ? mem_strdup(client_name) : NULL;
	s->client_ip = client_ip != NULL ? mem_strdup(client_ip) : NULL;
}

void
milter_session_helo(struct milter_session *s, const char *name)
{
	free(s->helo);
	s->helo = mem_strdup(name);
}

/* There is no message at hand, or no client that it could be from: fail
 * closed. */
static enum milter_answer
refuse_out_of_order(struct milter_session *s)
{
	(void)milter_reply_set(&s->reply, "451", "4.3.0",
	    "commands came out of order");
	return MILTER_REFUSE;
}

/* --- MAIL --------------------------------------------------------------- */

static const char *
macro(const struct milter_session *s, const char *name)
{
	const char *value = s->mta.macro(s->mta.ctx, name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *
keep_macro(const struct milter_session *s, const char *name)
{
	const char *value = macro(s, name);

	return value != NULL ? arena_strdup(s->message->arena, value) : NULL;
}

/* NULL, as if it were not given, where it is none. */
static const char *
keep_word(const struct milter_session *s, const char *name)
{
	const char *value = macro(s, name);

	return value != NULL && text_is_identifier(value, strlen(value)) ?
	    arena_strdup(s->message->arena, value) : NULL;
}

static bool
is_loopback(const char *ip)
{
	return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

static void
keep_macros(const struct milter_session *s, struct milter_message *m)
{
	m->auth_user = keep_macro(s, "{auth_authen}");
	m->hop = (struct milter_hop){
		.helo = s->helo,
		.peer = keep_macro(s, "_"),
		.own_name = keep_word(s, "j"),
		.protocol = keep_macro(s, "r"),
		.queue_id = keep_word(s, "i"),
		.auth_type = keep_macro(s, "{auth_type}"),
		.auth_ssf = keep_macro(s, "{auth_ssf}"),
		.tls_version = keep_macro(s, "{tls_version}"),
		.cipher = keep_macro(s, "{cipher}"),
		.cipher_bits = keep_macro(s, "{cipher_bits}"),
		.verify = keep_macro(s, "{verify}"),
	};
	m->name = m->hop.queue_id != NULL ? m->hop.queue_id : "message";
}

enum milter_answer
milter_session_mail(struct milter_session *s, const char *const *args)
{
	struct milter_message *m;

	if (!s->connected)
		return refuse_out_of_order(s);
	milter_session_abort(s);
	m = s->message = milter_message_new();
	m->settings = milter_settings_current(s->services->settings);
	m->conf = m->settings->conf;
	keep_macros(s, m);
	m->trusted = m->auth_user != NULL || s->client_ip == NULL ||
	    is_loopback(s->client_ip);
	/* A sender that is wrong is no matter until something is taken. */
	m->sender_good = mail_sender_parse(&m->sender, args, m->hop.own_name,
	    &m->sender_error);
	m->is_reporter = m->trusted && m->conf->report.tls_from != NULL &&
	    strcmp(m->sender.address.text, m->conf->report.tls_from) == 0;
	return MILTER_CONTINUE;
}

/* --- RCPT --------------------------------------------------------------- */

static struct strategy_values
values_of(const struct milter_session *s, const struct mail_recipient *rcpt)
{
	const struct milter_message *m = s->message;

	return (struct strategy_values){
		.sender = m->sender.address.text,
		.sender_domain = m->sender.address.domain,
		.rcpt = rcpt->address.text,
		.rcpt_domain = rcpt->address.domain,
		.auth_user = m->auth_user,
		.size = m->sender.size,
		.rcpt_mailer = macro(s, "{rcpt_mailer}"),
		.rcpt_host = macro(s, "{rcpt_host}"),
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
check_ours(struct milter_session *s, const struct error *rcpt_error)
{
	const struct milter_message *m = s->message;
	int64_t most = m->conf->milter.max_message_size;

	if (rcpt_error != NULL)
		return milter_reply_set(&s->reply, "553", "5.1.3", "%s",
		    rcpt_error->text);
	if (!m->sender_good)
		return milter_reply_set(&s->reply, "553", "5.1.7",
		    "sender: %s", m->sender_error.text);
	return m->sender.size <= most || milter_reply_set(&s->reply, "552",
	    "5.3.4", "the message is larger than %" PRId64 " octets", most);
}

enum milter_answer
milter_session_rcpt(struct milter_session *s, const char *const *args)
{
	struct milter_message *m = s->message;
	struct mail_recipient rcpt;
	struct strategy_values values;
	struct error err, why;
	const char *strategy;
	bool take, good;

	if (m == NULL)
		return refuse_out_of_order(s);
	m->seen++;
	good = mail_recipient_parse(&rcpt, args, macro(s, "{rcpt_addr}"),
	    m->sender.smtputf8, &why);
	if (!good)
		take_literally(&rcpt, args[0]);
	values = values_of(s, &rcpt);
	if (!milter_settings_take(m->settings, &values, &take, &err)) {
		(void)milter_reply_failure(&s->reply, args[0], &err);
		return MILTER_REFUSE;
	}
	log_debug("%s: %s, mailer=%s, host=%s: %s", m->name, args[0],
	    shown(values.rcpt_mailer), shown(values.rcpt_host),
	    take ? "taken over" : "left to the mail server");
	if (!take) {
		m->others++;
		return MILTER_CONTINUE;
	}
	if (!check_ours(s, good ? NULL : &why) ||
	    !milter_settings_admits(s->services->settings,
	    &m->conf->milter, rcpt.address.domain, clock_now_s(), &s->reply))
		return MILTER_REFUSE;
	if (!milter_settings_strategy(m->settings, &values, &strategy, &err)) {
		(void)milter_reply_failure(&s->reply, args[0], &err);
		return MILTER_REFUSE;
	}
	milter_message_add(m, s->services->database, &rcpt, strategy, args[0]);
	if (m->seen == 1 && !rcpt.address.utf8)
		m->only = arena_strdup(m->arena, rcpt.address.text);
	return MILTER_CONTINUE;
}

/* --- content ------------------------------------------------------------ */

/* Once content was refused it stays so, with the reply of the first time: half a
 * message is never stored. */
static enum milter_answer
answer_content(struct milter_session *s, bool ok, const struct error *err)
{
	if (ok)
		return MILTER_CONTINUE;
	if (err != NULL)
		(void)milter_reply_failure(&s->reply, s->message->name, err);
	s->message->refused = true;
	return MILTER_REFUSE;
}

/* MILTER_CONTINUE where content is to go on, len octets of it; else the
 * answer. */
static enum milter_answer
admit_content(struct milter_session *s, size_t len)
{
	struct milter_message *m = s->message;

	if (m == NULL)
		return refuse_out_of_order(s);
	if (m->refused)
		return MILTER_REFUSE;
	if (m->part_count == 0)
		return MILTER_NOT_OURS;
	m->size += (int64_t)len;
	return answer_content(s, m->size <= m->conf->milter.max_message_size ||
	    milter_reply_set(&s->reply, "552", "5.3.4", "the message is larger "
	    "than %" PRId64 " octets", m->conf->milter.max_message_size), NULL);
}

enum milter_answer
milter_session_data(struct milter_session *s)
{
	enum milter_answer answer = admit_content(s, 0);
	struct milter_message *m = s->message;
	struct error err;

	if (answer != MILTER_CONTINUE)
		return answer;
	m->hop.now = clock_now_s();
	m->hop.recipient = m->seen == 1 ? m->only : NULL;
	return answer_content(s, milter_message_begin(m, &err), &err);
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
keep_strategy(struct milter_message *m, const char *value)
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
    const char *value)
{
	enum milter_answer answer = admit_content(s,
	    strlen(name) + strlen(value) + 3);
	char *with_blank = NULL;
	struct error err;
	bool ok;

	if (answer != MILTER_CONTINUE)
		return answer;
	if (is_strategy_header(s->message, name)) {
		keep_strategy(s->message, value);
		return MILTER_CONTINUE;
	}
	if (s->message->is_reporter)
		report_intake_header(&s->message->report,
		    s->message->sender.address.domain, name, value);
	if (!s->leading_blanks)
		value = with_blank = mem_printf(" %s", value);
	ok = milter_message_header(s->message, name, value, &err);
	free(with_blank);
	return answer_content(s, ok, &err);
}

static bool
is_message_id(const char *text)
{
	size_t len = strlen(text);

	return len > 2 && text[0] == '<' && text[len - 1] == '>' &&
	    text_is_identifier(text + 1, len - 2);
}

enum milter_answer
milter_session_end_header(struct milter_session *s)
{
	enum milter_answer answer = admit_content(s, 0);
	struct milter_message *m = s->message;
	const char *given, *id, *name;
	struct error err;

	if (answer != MILTER_CONTINUE)
		return answer;
	/* Sendmail's own, which stands in its log; else one of its kind. */
	given = macro(s, "{msg_id}");
	id = m->hop.queue_id;
	name = m->hop.own_name;
	if (given != NULL && is_message_id(given))
		(void)text_copy(m->message_id, sizeof(m->message_id), given);
	else
		(void)snprintf(m->message_id, sizeof(m->message_id),
		    "<%" PRId64 ".%s@%s>", clock_unix_ms(),
		    id != NULL ? id : "tlsq", name != NULL ? name : "localhost");
	return answer_content(s, mail_intake_write(m->intake, "\r\n", 2, &err),
	    &err);
}

enum milter_answer
milter_session_body(struct milter_session *s, const void *data, size_t len)
{
	enum milter_answer answer = admit_content(s, len);
	struct error err;

	return answer != MILTER_CONTINUE ? answer : answer_content(s,
	    mail_intake_write(s->message->intake, data, len, &err), &err);
}

/*
 * Another filter wants somebody to look at the message: that is not for us to
 * undo.  Sendmail keeps it; released, it comes by the mailer (contrib/tlsq.m4).
 */
static bool
is_quarantined(const struct milter_session *s)
{
	const char *why = macro(s, "{quarantine}");

	if (why != NULL)
		log_info("%s: quarantined, so left to Sendmail: %s",
		    s->message->name, why);
	return why != NULL;
}

enum milter_answer
milter_session_end(struct milter_session *s)
{
	const struct milter_message *m = s->message;
	bool ok;

	if (m == NULL)
		return refuse_out_of_order(s);
	ok = !m->refused && (m->part_count == 0 || is_quarantined(s) ||
	    milter_message_finish(s));
	milter_session_abort(s);
	return ok ? MILTER_CONTINUE : MILTER_REFUSE;
}
