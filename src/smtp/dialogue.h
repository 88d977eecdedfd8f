/*
 * The SMTP dialogue of a client as a state machine: events in, actions out.
 * PURE: no I/O, no clock, no log; the shell around it is smtp/client.h.
 *
 * After each event the shell asks smtp_session_action() until there is none,
 * carries each out, then writes smtp_session_output(), and sets its timer where
 * smtp_session_deadline() changed.  It reads all there is before it writes: a
 * reply that arrived before its command was written is an attack or a broken
 * server, and the session ends.
 *
 * Never, whatever the server sends (tests/unit/smtp/dialogue_test.c):
 * - MAIL outside TLS where the level is mandatory or above, or inside TLS before
 *   the certificate was accepted;
 * - "delivered" without a 2xx to the end of the content, read after all of that
 *   was written;
 * - use of anything learnt before TLS after it.
 */
#ifndef TLSQ_SMTP_DIALOGUE_H
#define TLSQ_SMTP_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "mail/dsn_params.h"
#include "policy/level.h"
#include "smtp/reply.h"

/* --- one mail transaction, and what became of it --- */

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

/* --- the session --- */

struct smtp_session;

struct smtp_session_config {
	struct policy_demand demand;	/* its level is not LEVEL_UNSET */
	bool implicit_tls;		/* TLS before the greeting */
	const char *helo;		/* our name; kept */
	/* The system's, kept: a host that calls itself this, or helo, is
	 * ourselves.  NULL: it may be. */
	const char *own_name;
	/* Proved to the server before any mail, within TLS only (RFC 4954);
	 * kept, and the level is mandatory at least.  Only a server that proved
	 * itself gets them, unless demand.allow_invalid says otherwise, which is
	 * then the route's own word and no strategy's.  NULL: none. */
	const char *username, *secret;
	const char *host;		/* for sentences, "mx.example [192.0.2.1]";
					 * kept */
};

struct smtp_session *smtp_session_new(const struct smtp_session_config *config);
/* Accepts NULL.  Transactions not yet reported stay so. */
void smtp_session_free(struct smtp_session **s);

/* What was proved of the peer (session.tls). */
enum smtp_proof {
	SMTP_PROOF_NONE,	/* plaintext */
	SMTP_PROOF_ENCRYPTED,
	SMTP_PROOF_PKIX,	/* chain and host name */
	SMTP_PROOF_MTA_STS,
	SMTP_PROOF_DANE,
	SMTP_PROOF_COUNT
};

/* "none", "encrypted", "pkix", "mta-sts", "dane" */
const char *smtp_proof_name(enum smtp_proof proof);

/* Whether the peer is who it should be. */
struct smtp_verdict {
	bool verified;
	enum smtp_proof proof;		/* where verified: above ENCRYPTED */
	/* And the recipient's domain is known to name this host: by a secure
	 * MX, or by its MTA-STS policy.  Needed for REQUIRETLS (RFC 8689
	 * 4.2.1), besides verified. */
	bool named_by_domain;
	enum policy_event event;	/* else EVENT_CERT_* or _TLSA_MISMATCH;
					 * any other counts as CERT_INVALID */
	/* At LEVEL_DANE, not verified: a TLSA record matched, and what failed is
	 * the MTA-STS policy, which the strategy requires as well. */
	bool sts_failed;
	enum policy_pkix pkix;		/* also where it was not asked */
	char text[512];			/* why not, one sentence */
};

/* --- events --- */

/* The TCP connection stands. */
void smtp_session_connected(struct smtp_session *s);
void smtp_session_received(struct smtp_session *s, const char *data, size_t len);
/* n octets of the output were written. */
void smtp_session_written(struct smtp_session *s, size_t n);
/* Answers to SMTP_ACTION_START_TLS and SMTP_ACTION_AUTHENTICATE. */
void smtp_session_tls_established(struct smtp_session *s);
void smtp_session_tls_failed(struct smtp_session *s, const char *why);
/* After the handshake: what the server sends within TLS is an attack. */
void smtp_session_tls_flooded(struct smtp_session *s, const char *why);
/* Octets were found on the socket before the ClientHello was written. */
void smtp_session_tls_early_octets(struct smtp_session *s);
void smtp_session_authenticated(struct smtp_session *s,
    const struct smtp_verdict *verdict);
/* The time for smtp_session_deadline() is over. */
void smtp_session_timeout(struct smtp_session *s);
/* The connection ended: by the peer (why NULL) or by an error. */
void smtp_session_lost(struct smtp_session *s, const char *why);
/* Answer to SMTP_ACTION_TRANSACTION: NULL if there is none (then a later
 * smtp_session_wake() makes it ask again). */
void smtp_session_offer(struct smtp_session *s,
    const struct smtp_transaction *tx);
/* Answer to SMTP_ACTION_CONTENT.  No octets and no end: none yet, until
 * smtp_session_wake(). */
void smtp_session_content(struct smtp_session *s, const char *data, size_t len,
    bool end);
void smtp_session_content_failed(struct smtp_session *s, const char *why);
/* There is, or may be, a new transaction or more content. */
void smtp_session_wake(struct smtp_session *s);
/* No more transactions: ends what is under way, then QUIT. */
void smtp_session_quit(struct smtp_session *s);

/* --- actions --- */

enum smtp_action_kind {
	SMTP_ACTION_START_TLS,	/* once the output is written: the handshake */
	SMTP_ACTION_AUTHENTICATE,	/* judge the peer's certificate */
	SMTP_ACTION_READY,	/* the last EHLO was answered; once */
	SMTP_ACTION_TRANSACTION,	/* offer a transaction */
	SMTP_ACTION_CONTENT,	/* give a piece of content of transaction */
	SMTP_ACTION_RESULT,	/* transaction is done, and not used again */
	SMTP_ACTION_CLOSE	/* close the connection; the last action */
};

struct smtp_action {
	enum smtp_action_kind kind;
	const struct smtp_transaction *transaction;	/* CONTENT, RESULT */
	const struct smtp_result *result;		/* RESULT: until the
							 * next call */
	const struct smtp_failure *failure;		/* CLOSE; NULL: none */
};

/* False where there is nothing to do.  CLOSE comes after all results, and not
 * before the output was written or the connection lost. */
bool smtp_session_action(struct smtp_session *s, struct smtp_action *action_r);

/* What is to be written now; valid until the next call but for this one. */
const char *smtp_session_output(const struct smtp_session *s, size_t *len_r);

/* What is waited for, STEP_NONE for nothing; *mark_r changes whenever the time
 * for it starts anew. */
enum smtp_step smtp_session_deadline(const struct smtp_session *s,
    unsigned *mark_r);

/* --- what is known --- */

/* Those in force: all zero before an EHLO reply and right after STARTTLS. */
const struct smtp_capabilities *smtp_session_capabilities(
    const struct smtp_session *s);
/* Ready, nothing under way, and nothing was offered when it asked. */
bool smtp_session_idle(const struct smtp_session *s);
/* The end of a message was written and its reply has not come: the host may have
 * it, and will not say so twice. */
bool smtp_session_owed_verdict(const struct smtp_session *s);
/* Ended: only actions are left. */
bool smtp_session_over(const struct smtp_session *s);

#endif
