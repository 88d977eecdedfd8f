/*
 * tlsq lmtp: LMTP (RFC 2033) on standard input and output, for Sendmail's mailer
 * tlsq.  One message after the other into the spool, one reply per recipient.
 *
 * What comes here did not pass the milter: bounces of Sendmail's, addresses that
 * an alias or .forward made remote.  Sendmail has completed such mail, so no
 * field is added but where one is missing; and who wrote it is not known, so
 * fields that ask for a policy mean nothing (tlsq-milter(8), THE MESSAGE).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/host.h"
#include "base/text.h"
#include "base/user.h"
#include "cli/command_impl.h"
#include "mail/envelope.h"
#include "mail/intake.h"
#include "mail/lmtp.h"
#include "spool/checkpoint.h"
#include "spool/insert.h"

enum { INPUT_SIZE = 65536, REPLY_LEN = 1200 };

struct lmtp {
	struct spool *spool;
	const char *mta_id;	/* or NULL */
	char host[HOST_NAME_LEN];
	struct mail_sender sender;
	bool has_sender;
	struct spool_insert *insert;	/* NULL before MAIL */
	bool ended, lost;	/* QUIT; nobody there any more */
	size_t at, end;		/* of what is in input */
	char input[INPUT_SIZE];
};

/* --- octets ------------------------------------------------------------- */

static void reply(struct lmtp *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One line; what an error quotes is made harmless. */
static void
reply(struct lmtp *l, const char *fmt, ...)
{
	char text[REPLY_LEN];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (printf("%s\r\n", text) < 0 || fflush(stdout) != 0)
		l->lost = true;
}

/* False at the end of input. */
static bool
lmtp_fill(struct lmtp *l)
{
	ssize_t n;

	if (l->at < l->end)
		return true;
	do
		n = read(STDIN_FILENO, l->input, sizeof(l->input));
	while (n < 0 && errno == EINTR);
	l->at = 0;
	l->end = n > 0 ? (size_t)n : 0;
	l->lost |= n <= 0;
	return n > 0;
}

/* A line without its end; *good_r is false where it has too many octets. */
static bool
read_line(struct lmtp *l, char line[static MAIL_LMTP_LINE_MAX], bool *good_r)
{
	size_t len = 0;
	char c = '\0';

	*good_r = true;
	while (c != '\n') {
		if (!lmtp_fill(l))
			return false;
		c = l->input[l->at++];
		if (len == MAIL_LMTP_LINE_MAX - 1 || c == '\0')
			*good_r = false;
		else
			line[len++] = c;
	}
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	line[len] = '\0';
	return true;
}

/* --- commands ----------------------------------------------------------- */

static void
forget(struct lmtp *l)
{
	spool_insert_free(&l->insert);
	l->has_sender = false;
}

static void
do_lhlo(struct lmtp *l)
{
	static const char *const extensions[] = { "PIPELINING",
		"ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "DSN" };

	forget(l);
	reply(l, "250-%s", l->host);
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++)
		reply(l, "250-%s", extensions[i]);
	reply(l, "250 SIZE");
}

static void
do_mail(struct lmtp *l, const struct mail_lmtp_command *c)
{
	struct error err;

	if (l->has_sender) {
		reply(l, "503 5.5.1 nested MAIL command");
		return;
	}
	if (!mail_sender_parse(&l->sender, c->args, l->host, &err)) {
		reply(l, "553 5.1.7 %s", err.text);
		return;
	}
	l->has_sender = true;
	l->insert = spool_insert_new(spool_path(l->spool));
	reply(l, "250 2.1.0 ok");
}

static void
do_rcpt(struct lmtp *l, const struct mail_lmtp_command *c)
{
	struct mail_recipient rcpt;
	char notify[MAIL_NOTIFY_LEN];
	struct error err;

	if (!l->has_sender) {
		reply(l, "503 5.5.1 need MAIL before RCPT");
		return;
	}
	if (!mail_recipient_parse(&rcpt, c->args, NULL, l->sender.smtputf8,
	    &err)) {
		reply(l, "553 5.1.3 %s", err.text);
		return;
	}
	mail_notify_print(notify, rcpt.notify);
	spool_insert_recipient(l->insert, &(struct spool_recipient){
	    .address = rcpt.address.text, .domain = rcpt.address.domain,
	    .notify = notify[0] != '\0' ? notify : NULL,
	    .orcpt = rcpt.orcpt[0] != '\0' ? rcpt.orcpt : NULL });
	reply(l, "250 2.1.5 ok");
}

/* --- content ------------------------------------------------------------ */

static bool
lmtp_keep(void *ctx, const void *data, size_t len, struct error *err)
{
	return spool_insert_content(ctx, data, len, err);
}

/* To the final dot, whatever happens; false where the message cannot be kept or
 * the client is gone. */
static bool
read_content(struct lmtp *l, struct mail_intake *in, struct error *err)
{
	enum mail_lmtp_place place = MAIL_LMTP_LINE_START;
	bool good = true;

	while (place != MAIL_LMTP_ENDED) {
		const char *piece;
		size_t len;

		if (!lmtp_fill(l))
			return error_set(err, EX_IOERR, "the message was cut");
		l->at += mail_lmtp_content_next(&place, l->input + l->at,
		    l->end - l->at, &piece, &len);
		if (good && len > 0)
			good = mail_intake_write(in, piece, len, err);
	}
	return good;
}

static bool
take_content(struct lmtp *l, int64_t now, struct mail_intake_facts *facts_r,
    struct error *err)
{
	char date[CLOCK_RFC5322_LEN], id[HOST_NAME_LEN + 64];
	struct mail_intake_options options = { .date = date,
		.message_id = id };
	struct mail_intake *in;
	bool ok;

	clock_rfc5322(date, now);
	(void)snprintf(id, sizeof(id), "<%" PRId64 ".%ld@%s>",
	    clock_unix_ms(), (long)getpid(), l->host);
	in = mail_intake_new(&options, lmtp_keep, l->insert);
	ok = read_content(l, in, err) && mail_intake_finish(in, facts_r, err);
	mail_intake_free(&in);
	return ok;
}

/* What the filter has stored of Sendmail's transaction is not stored again: an
 * address named directly and through an alias.  *id_r is 0 where nothing is left. */
static bool
lmtp_store(struct lmtp *l, int64_t now, const struct mail_intake_facts *facts,
    int64_t *id_r, struct error *err)
{
	const struct mail_sender *s = &l->sender;
	const struct spool_message message = {
	    .mta_id = l->mta_id, .sender = s->address.text,
	    .source = "submit", .received_at = now, .wait_until = -1,
	    .body_type = s->body_8bitmime || facts->header_8bit ||
	        facts->body_8bit ? "8BITMIME" : "7BIT",
	    .smtputf8 = s->smtputf8,
	    .ret = s->ret != MAIL_RET_UNSET ? mail_ret_name(s->ret) : NULL,
	    .envid = s->envid[0] != '\0' ? s->envid : NULL };

	*id_r = 0;
	if (!spool_begin(l->spool, err))
		return false;
	if ((l->mta_id == NULL || spool_insert_drop_known(l->insert,
	    l->spool, &message, err)) &&
	    (spool_insert_recipient_count(l->insert) == 0 ||
	    spool_insert_store(l->insert, l->spool, &message, id_r, err)))
		return spool_commit(l->spool, err);
	spool_rollback(l->spool);
	return false;
}

/* What to say of the message as a whole. */
static void
store_content(struct lmtp *l, char text[static REPLY_LEN])
{
	int64_t now = clock_now_s(), id;
	struct mail_intake_facts facts;
	struct error err;
	bool taken = take_content(l, now, &facts, &err);

	if (taken && facts.received > MAIL_HOPS_MAX)
		(void)snprintf(text, REPLY_LEN, "554 5.4.6 mail loop: "
		    "the message has %u Received fields", facts.received);
	else if (!taken || !lmtp_store(l, now, &facts, &id, &err))
		(void)snprintf(text, REPLY_LEN, "%s %s",
		    err.code == EX_IOERR ? "452 4.3.1" : "451 4.3.0", err.text);
	else if (id == 0)
		(void)snprintf(text, REPLY_LEN,
		    "250 2.0.0 already in the spool");
	else
		(void)snprintf(text, REPLY_LEN,
		    "250 2.0.0 in the spool as %" PRId64, id);
}

static void
do_data(struct lmtp *l)
{
	size_t count = l->insert != NULL ?
	    spool_insert_recipient_count(l->insert) : 0;
	char text[REPLY_LEN];

	if (count == 0) {
		reply(l, "503 5.5.1 no recipients");
		return;
	}
	reply(l, "354 end data with <CR><LF>.<CR><LF>");
	store_content(l, text);
	/* RFC 2033 4.2: a reply for each recipient, in their order. */
	while (count-- > 0 && !l->lost)
		reply(l, "%s", text);
	forget(l);
}

/* --- the dialogue ------------------------------------------------------- */

static void
obey(struct lmtp *l, const struct mail_lmtp_command *c)
{
	switch (c->verb) {
	case MAIL_LMTP_UNKNOWN:
		reply(l, "500 5.5.1 no such command");
		break;
	case MAIL_LMTP_BAD:
		reply(l, "501 5.5.4 expected a path in <>, then parameters");
		break;
	case MAIL_LMTP_LHLO:
		do_lhlo(l);
		break;
	case MAIL_LMTP_MAIL:
		do_mail(l, c);
		break;
	case MAIL_LMTP_RCPT:
		do_rcpt(l, c);
		break;
	case MAIL_LMTP_DATA:
		do_data(l);
		break;
	case MAIL_LMTP_RSET:
		forget(l);
		reply(l, "250 2.0.0 ok");
		break;
	case MAIL_LMTP_NOOP:
		reply(l, "250 2.0.0 ok");
		break;
	case MAIL_LMTP_VRFY:
		reply(l, "252 2.1.5 cannot verify, but will accept mail");
		break;
	case MAIL_LMTP_QUIT:
		l->ended = true;
		reply(l, "221 2.0.0 bye");
		break;
	}
}

static void
converse(struct lmtp *l)
{
	char line[MAIL_LMTP_LINE_MAX];
	bool good;

	reply(l, "220 %s LMTP tlsq", l->host);
	while (!l->ended && !l->lost && read_line(l, line, &good)) {
		struct mail_lmtp_command c;

		if (!good) {
			reply(l, "500 5.5.2 the line is too long, or contains NUL");
			continue;
		}
		c = mail_lmtp_command_parse(line);
		obey(l, &c);
	}
	forget(l);
}

static bool
lmtp_serve(struct lmtp *l, const struct cli *cli, struct error *err)
{
	host_name(l->host);
	if (!user_become(err) ||
	    !spool_open(&l->spool, cli->database, SPOOL_CREATE, err)) {
		/* in the dialogue, so that Sendmail's queue shows why */
		reply(l, "421 4.3.0 %s", err->text);
		return false;
	}
	converse(l);
	spool_checkpoint_if_no_runner(l->spool);
	spool_close(&l->spool);
	return true;
}

bool
cli_lmtp(struct cli *cli, int argc, char **argv, struct error *err)
{
	static struct lmtp l;	/* its buffer is no matter for a stack */
	const struct option_row rows[] = {
		{ "mta-id", .text = &l.mta_id },
		CLI_COMMON_OPTIONS(cli)
	};

	if (!cli_parse(cli, argc, argv, rows, 0, 0, err))
		return false;
	/* As the filter does: mail is not refused for an odd id. */
	if (l.mta_id != NULL &&
	    !text_is_identifier(l.mta_id, strlen(l.mta_id)))
		l.mta_id = NULL;
	return lmtp_serve(&l, cli, err);
}
