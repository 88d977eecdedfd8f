/*
 * One mail transaction and what became of it: the words that the dialogue
 * (smtp/dialogue.h), its shell (smtp/client.h) and their users share.
 */
#ifndef TLSQ_SMTP_TRANSACTION_H
#define TLSQ_SMTP_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "mail/dsn_params.h"

/* What the dialogue waits for; each has its time limit (RFC 5321 4.5.3.2). */
enum smtp_step {
	SMTP_STEP_NONE,		/* nothing: idle, or decided on our side */
	SMTP_STEP_CONNECT,
	SMTP_STEP_GREETING,
	SMTP_STEP_EHLO,
	SMTP_STEP_HELO,
	SMTP_STEP_TLS,		/* the STARTTLS reply and the handshake */
	SMTP_STEP_AUTH,		/* each reply (RFC 4954) */
	SMTP_STEP_MAIL,
	SMTP_STEP_RCPT,
	SMTP_STEP_DATA,		/* 354, or the reply to a BDAT chunk */
	SMTP_STEP_BLOCK,	/* content is being written */
	SMTP_STEP_END,		/* the reply to the final dot or BDAT LAST */
	SMTP_STEP_RSET,
	SMTP_STEP_QUIT,
	SMTP_STEP_COUNT
};

/* For sentences: "greeting", "EHLO", "STARTTLS", "MAIL FROM", ... */
const char *smtp_step_name(enum smtp_step step);
/* "while waiting for the reply to EHLO" */
const char *smtp_step_waits(enum smtp_step step);

struct smtp_recipient {
	const char *address;	/* local@domain, without <> */
	unsigned notify;	/* a set of mail/dsn_params.h */
	const char *orcpt;	/* as stored ("rfc822;a@b.example"), or NULL */
};

/*
 * Borrowed from `next` until its result was reported (or the client freed);
 * must not change meanwhile.  An address that holds a control character, blank
 * outside quotes or angle bracket never reaches the wire (5.1.3, 5.1.7).
 */
struct smtp_transaction {
	const char *sender;	/* "" is the null sender */
	const struct smtp_recipient *recipients;
	size_t n_recipients;	/* 1 or more */
	uint64_t size;		/* octets of content, as stored */
	bool eight_bit;		/* content has octets over 127 */
	bool smtputf8;
	bool require_tls;	/* RFC 8689: refused rather than sent without */
	bool pass_require_tls;	/* said where it is offered, no more */
	enum mail_ret ret;
	const char *envid;	/* as stored (not xtext), or NULL */

	/*
	 * Appends the next piece of the content to out (at best 16 to 64 KiB;
	 * never more than 256 KiB) and sets *end_r with the last octet or
	 * after it.  Nothing appended and no end: nothing yet, and
	 * smtp_client_wake() is called once there is.  False: it cannot be
	 * read; the session is given up and the recipients fail with error io.
	 * Called once for each try of the message, from its start: a
	 * transaction that is handed out again must rewind.
	 */
	bool (*read)(void *ctx, struct buf *out, bool *end_r,
	    struct error *err);
	void *ctx;
};

enum smtp_outcome {
	SMTP_NOT_TRIED,		/* the host never judged it: offer it again, here
				 * or elsewhere, as struct smtp_failure says */
	SMTP_TEMPORARY,
	SMTP_PERMANENT,
	SMTP_DELIVERED		/* 2xx to the end of the content was read */
};

enum { SMTP_STATUS_LEN = 12 };	/* "5.123.123" and its NUL */

struct smtp_recipient_result {
	enum smtp_outcome outcome;
	enum smtp_step step;	/* what the reply answered; NONE: our decision */
	/* The next host may be tried in this attempt: 4xx or a broken dialogue
	 * before content, or the host lacks what the message needs. */
	bool next_host;
	/* The host lacks an extension, or takes smaller messages only: step is
	 * NONE, outcome SMTP_PERMANENT, and another host may do. */
	bool host_cannot;
	const char *error;	/* a word of recipient.last_error; NULL: none */
	/* The server's own enhanced code where it agrees with the reply's
	 * class, else made from it; its class always fits the outcome.  "" for
	 * SMTP_NOT_TRIED. */
	char status[SMTP_STATUS_LEN];
	/* The reply with its code, lines joined by a blank, printable UTF-8, cut
	 * at about 1000 octets; or our sentence.  Never NULL. */
	const char *reply;
	bool accepted;		/* its RCPT was answered with 2xx */
};

/* Borrowed for the call that reports it. */
struct smtp_result {
	const struct smtp_recipient_result *recipients;	/* as in transaction */
	size_t n_recipients;
	/* The end of the content was written and no reply came: the host may
	 * have it.  Those recipients are SMTP_TEMPORARY, 4.4.2. */
	bool possible_duplicate;
	/* DSN was asked for and not offered: for those delivered with
	 * NOTIFY=SUCCESS a "relayed" DSN is ours to send (RFC 3461 5.2.2). */
	bool dsn_dropped;
};

/*
 * Why a session ended before its work was done.  Transactions were reported
 * before it.
 */
struct smtp_failure {
	enum smtp_step step;
	const char *error;	/* "connection", "dns", "tls", "dane", "mta-sts",
				 * "unexpected-reply", "io" */
	char status[SMTP_STATUS_LEN];
	const char *result_type;	/* RFC 8460 word, or NULL */
	/* The host is ourselves (error "dns"). */
	bool loop;
	/* 5xx to EHLO and to HELO: final for all recipients of this host. */
	bool permanent;
	/* The host may be connected to again at once: transactions were
	 * completed on this session before (it has a limit, or an idle time), or
	 * it was our own side that failed (error io). */
	bool warm;
	char reply[1024];	/* the server's, as above; "" where none came */
	char text[1024];	/* one sentence: step, host, what happened */
};

#endif
