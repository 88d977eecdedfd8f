/*
 * The shell without I/O of the dialogue's tests.
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define RCPT(a) { .address = (a) }
#define MESSAGE "Subject: a\r\n\r\nhi\r\n"
#define CONTENT(text) .content = (text), .content_len = sizeof(text) - 1

static const struct smtp_recipient one[] = { RCPT("r1@b.example") };
static const struct smtp_recipient three[] = {
	RCPT("r1@b.example"), RCPT("r2@b.example"), RCPT("r3@b.example"),
};
static const struct smtp_recipient asking[] = {
	{ .address = "r1@b.example",
	    .notify = MAIL_NOTIFY_SUCCESS | MAIL_NOTIFY_FAILURE,
	  .orcpt = "rfc822;R+1@b.example" },
	{ .address = "r2@b.example", .notify = MAIL_NOTIFY_NEVER },
};
static const struct smtp_recipient utf8[] = {
	RCPT("gr\xc3\xbc\xc3\x9f" "e@b.example"),
};
static const struct smtp_recipient unsafe[] = {
	RCPT("r1@b.example> NOTIFY=NEVER"), RCPT("r2@b.example\r\nRSET"),
	RCPT("\"a > b\\\"\"@b.example"),
};

static const struct peer_transaction transactions[] = {
	{ .letter = 'a', CONTENT(MESSAGE), .tx = { .sender = "s@a.example",
	  .recipients = one, .n_recipients = 1 } },
	{ .letter = 'b', CONTENT(MESSAGE), .tx = { .sender = "s@a.example",
	  .recipients = three, .n_recipients = 3 } },
	{ .letter = 'c', CONTENT("\r\nna\xc3\xafve\r\n"), .tx = {
	  .sender = "s@a.example", .recipients = one, .n_recipients = 1,
	  .eight_bit = true } },
	{ .letter = 'd', CONTENT(MESSAGE), .tx = { .sender = "s@a.example",
	  .recipients = asking, .n_recipients = 2, .ret = MAIL_RET_HDRS,
	  .envid = "id=1" } },
	{ .letter = 'e', CONTENT(MESSAGE), .tx = { .sender = "s@a.example",
	  .recipients = utf8, .n_recipients = 1, .smtputf8 = true } },
	{ .letter = 'f', CONTENT(MESSAGE), .tx = { .sender = "s@a.example",
	  .recipients = one, .n_recipients = 1, .require_tls = true } },
	/* says that it is large; large enough not to follow its envelope */
	{ .letter = 'g', CONTENT(MESSAGE), .tx = { .sender = "s@a.example",
	  .recipients = one, .n_recipients = 1, .size = 1000000 } },
	{ .letter = 'n', CONTENT(MESSAGE), .tx = { .sender = "",
	  .recipients = one, .n_recipients = 1 } },
	{ .letter = 'o', CONTENT("."), .tx = { .sender = "s@a.example",
	  .recipients = one, .n_recipients = 1 } },
	{ .letter = 'p', CONTENT(".a\n.b\r.c\r\n..\r\n.\r\nd"), .tx = {
	  .sender = "s@a.example", .recipients = one, .n_recipients = 1 } },
	{ .letter = 'u', CONTENT(MESSAGE), .tx = { .sender = "s@a.example",
	  .recipients = unsafe, .n_recipients = 3 } },
	{ .letter = 'v', CONTENT(MESSAGE), .tx = { .sender = "s>\r\n@a.example",
	  .recipients = one, .n_recipients = 1 } },
	{ .letter = 'x', .content = NULL, .tx = { .sender = "s@a.example",
	  .recipients = one, .n_recipients = 1 } },
	{ .letter = 'y', CONTENT(""), .tx = { .sender = "s@a.example",
	  .recipients = one, .n_recipients = 1 } },
	{ .letter = 'z', CONTENT("a\r\n\0b\r\n"), .tx = {
	  .sender = "s@a.example", .recipients = one, .n_recipients = 1 } },
};

const struct peer_transaction *
peer_transaction(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(transactions); i++)
		if (transactions[i].letter == letter)
			return &transactions[i];
	return NULL;
}

/* transactions[] is const: what was handed out has a copy with its content. */
struct handed_out {
	struct smtp_transaction tx;
	const struct peer_transaction *source;
	size_t at;
};

static void
write_line(struct peer *p, const char *what, const char *line)
{
	(void)buf_printf(&p->log, "%s%s\n", what, line);
	(void)buf_printf(strcmp(what, "C: ") == 0 ? &p->commands : &p->results,
	    "%s%s\n", what, line);
}

/* Independent of the dialogue's own care. */
static void
check_octet(struct peer *p, char c)
{
	bool after_cr = p->partial.len > 0 &&
	    p->partial.data[p->partial.len - 1] == '\r';

	if ((c == '\n') != after_cr || c == '\0')
		p->broke_rule = true;
}

static void
log_output(struct peer *p, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		check_octet(p, data[i]);
		(void)buf_append(&p->partial, data + i, 1);
		if (p->partial.len < 2 || data[i] != '\n' ||
		    p->partial.data[p->partial.len - 2] != '\r')
			continue;
		p->partial.data[p->partial.len - 2] = '\0';
		if (!p->may_mail && strncmp(p->partial.data, "MAIL", 4) == 0)
			p->broke_rule = true;
		write_line(p, "C: ", p->partial.data);
		buf_clear(&p->partial);
	}
}

static const char *const outcomes[] = {
	[SMTP_NOT_TRIED] = "not tried",
	[SMTP_TEMPORARY] = "temporary",
	[SMTP_PERMANENT] = "permanent",
	[SMTP_DELIVERED] = "delivered",
};

static void
log_result(struct peer *p, const struct smtp_action *a)
{
	const struct handed_out *h = a->transaction->ctx;
	struct buf line = BUF_INIT;

	p->n_results++;
	p->n_delivered += a->result->n_recipients > 0 &&
	    a->result->recipients[0].outcome == SMTP_DELIVERED;
	for (size_t i = 0; i < a->result->n_recipients; i++) {
		const struct smtp_recipient_result *r =
		    &a->result->recipients[i];

		buf_clear(&line);
		(void)buf_printf(&line, "%c%zu %s %s (%s%s%s%s%s%s) %s",
		    h->source->letter, i + 1, outcomes[r->outcome],
		    r->status, smtp_step_name(r->step),
		    r->error != NULL ? ", " : "",
		    r->error != NULL ? r->error : "",
		    r->next_host ? ", next host" : "",
		    r->host_cannot ? ", host cannot" : "",
		    a->result->possible_duplicate ? ", duplicate" :
		    a->result->dsn_dropped ? ", dsn dropped" : "", r->reply);
		write_line(p, "R: ", buf_str(&line));
	}
	buf_free(&line);
	free(a->transaction->ctx);
}

static void
log_close(struct peer *p, const struct smtp_failure *f)
{
	struct buf line = BUF_INIT;

	p->closed = true;
	if (f != NULL)
		(void)buf_printf(&line, " %s %s (%s%s%s%s%s) %s", f->error,
		    f->status, smtp_step_name(f->step),
		    f->result_type != NULL ? ", " : "",
		    f->result_type != NULL ? f->result_type : "",
		    f->permanent ? ", permanent" : "",
		    f->warm ? ", warm" : "", f->text);
	write_line(p, "CLOSE", buf_str(&line));
	buf_free(&line);
}

static void
offer(struct peer *p)
{
	const struct peer_transaction *t = NULL;
	struct handed_out *h;

	if (*p->letters != '\0' && *p->letters != '-')
		t = peer_transaction(*p->letters);
	if (*p->letters != '\0')
		p->letters++;
	if (t == NULL) {
		smtp_session_offer(p->s, NULL);
		return;
	}
	p->n_offered++;
	h = mem_zalloc(sizeof(*h));
	h->tx = t->tx;
	h->tx.size = t->tx.size > 0 ? t->tx.size : t->content_len;
	h->tx.ctx = h;
	h->source = t;
	smtp_session_offer(p->s, &h->tx);
}

static void
give_content(struct peer *p, const struct smtp_transaction *tx)
{
	struct handed_out *h = tx->ctx;
	size_t left = h->source->content_len - h->at;
	size_t n = p->cut > 0 && p->cut < left ? p->cut : left;
	const char *data = h->source->content;

	if (data == NULL) {
		smtp_session_content_failed(p->s, "gone");
		return;
	}
	h->at += n;
	smtp_session_content(p->s, data + h->at - n, n, n == left);
}

static void
act(struct peer *p, const struct smtp_action *a)
{
	switch (a->kind) {
	case SMTP_ACTION_START_TLS:
		p->tls_asked = true;
		(void)buf_puts(&p->log, "TLS\n");
		return;
	case SMTP_ACTION_AUTHENTICATE:
		p->verdict_asked = true;
		return;
	case SMTP_ACTION_READY:
		write_line(p, "READY", "");
		return;
	case SMTP_ACTION_TRANSACTION:
		offer(p);
		return;
	case SMTP_ACTION_CONTENT:
		give_content(p, a->transaction);
		return;
	case SMTP_ACTION_RESULT:
		log_result(p, a);
		return;
	case SMTP_ACTION_CLOSE:
		log_close(p, a->failure);
		return;
	}
	abort();
}

void
peer_write(struct peer *p, size_t n)
{
	const char *data;
	size_t len;

	data = smtp_session_output(p->s, &len);
	n = n < len ? n : len;
	log_output(p, data, n);
	smtp_session_written(p->s, n);
}

/* False where there was nothing to write. */
static bool
write_out(struct peer *p)
{
	size_t len;

	(void)smtp_session_output(p->s, &len);
	if (p->hold || len == 0)
		return false;
	peer_write(p, len);
	return true;
}

void
peer_run(struct peer *p)
{
	struct smtp_action a;

	do {
		while (!p->closed && !p->verdict_asked &&
		    smtp_session_action(p->s, &a))
			act(p, &a);
	} while (write_out(p));
}

void
peer_receive(struct peer *p, const char *data, size_t len, size_t first,
    size_t step)
{
	size_t n;

	for (; len > 0; data += n, len -= n, first = 0) {
		n = first > 0 ? first : step;
		n = n > 0 && n < len ? n : len;
		smtp_session_received(p->s, data, n);
		if (!p->burst)
			peer_run(p);
	}
	peer_run(p);
}

void
peer_open(struct peer *p, const struct smtp_session_config *config,
    const char *letters)
{
	static const struct peer fresh;

	*p = fresh;
	p->letters = letters;
	p->may_mail = config->demand.level <= LEVEL_OPPORTUNISTIC;
	p->s = smtp_session_new(config);
}

void
peer_tls(struct peer *p, const struct smtp_session_config *config,
    const struct smtp_verdict *verdict)
{
	bool excused = config->demand.allow_invalid &&
	    config->demand.level <= LEVEL_MANDATORY;

	smtp_session_tls_established(p->s);
	peer_run(p);
	p->verdict_asked = false;
	p->may_mail = verdict->verified || excused;
	if (config->demand.level == LEVEL_DANE)
		p->may_mail = verdict->verified &&
		    verdict->proof == SMTP_PROOF_DANE;
	if (config->demand.level == LEVEL_MTA_STS)
		p->may_mail = verdict->verified &&
		    verdict->proof == SMTP_PROOF_MTA_STS;
	smtp_session_authenticated(p->s, verdict);
}

void
peer_close(struct peer *p)
{
	/* The rest of what was handed out comes back as results. */
	smtp_session_lost(p->s, NULL);
	p->verdict_asked = false;
	peer_run(p);
	smtp_session_free(&p->s);
	buf_free(&p->log);
	buf_free(&p->commands);
	buf_free(&p->results);
	buf_free(&p->partial);
}
