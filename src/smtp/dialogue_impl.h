/*
 * Inside the dialogue, from the ground up: output.c has what is written and
 * awaited, envelope.c the commands, exchange.c the transactions, verdict.c what
 * replies to them mean and how a session fails, setup.c the way from the greeting
 * to ready; dialogue.c takes the events and gives the actions.  All in the thread
 * of the session's shell.
 *
 * States of the session, changed by smtp_session_enter() alone:
 *
 *   NEW --connected--> SETUP <--authenticated-- VERDICT <--established-- HANDSHAKE
 *    |                   |  \------------- 220 to STARTTLS ----------------^  ^
 *    \------------------ implicit TLS: connected ----------------------------/
 *   SETUP --last EHLO--> READY --smtp_session_quit()--> LEAVING
 *   any --smtp_session_fail()--> CLOSING (output still goes out) or CLOSED
 */
#ifndef TLSQ_SMTP_DIALOGUE_IMPL_H
#define TLSQ_SMTP_DIALOGUE_IMPL_H

#include "base/mem.h"
#include "mail/address.h"
#include "mail/dotstuff.h"
#include "smtp/dialogue.h"

enum {
	SESSION_GROUP_MAX = 4096,	/* octets unanswered, as Postfix has it */
	SESSION_LOW_WATER = 32768,	/* unwritten: then more content */
	SESSION_CHUNK = 65536,		/* of BDAT, as far as pieces allow */
	SESSION_EAGER_MAX = 65536,	/* content sent behind its envelope */
	SESSION_PROGRESS = 16384,	/* octets written that renew BLOCK */
	SESSION_REPLY_LEN = 1024,
};

enum smtp_session_state {
	SESSION_CLOSED,
	SESSION_NEW,
	SESSION_HANDSHAKE,
	SESSION_VERDICT,
	SESSION_SETUP,		/* greeting, EHLO, HELO, STARTTLS */
	SESSION_READY,
	SESSION_LEAVING,	/* QUIT was sent, its reply is awaited */
	SESSION_CLOSING		/* the output is still written, then CLOSED */
};

/* A reply that is owed to us. */
struct smtp_pending {
	enum smtp_step step;
	int slot;		/* of its exchange, -1: none */
	size_t recipient;
	size_t octets;		/* of the command, for the group's bound */
	uint64_t end_at;	/* where its last octet is in all output */
};

enum smtp_exchange_phase {
	EXCHANGE_FREE,
	EXCHANGE_ENVELOPE,
	EXCHANGE_CONTENT,
	EXCHANGE_END,		/* the end of the content is in the output */
	EXCHANGE_DONE		/* to be reported, then freed */
};

struct smtp_exchange {
	enum smtp_exchange_phase phase;
	const struct smtp_transaction *tx;
	struct arena *arena;		/* of recipients and their replies */
	/* As in tx; without a reply until settled. */
	struct smtp_recipient_result *recipients;
	const char *last_reply;		/* kept once where many got the same */
	struct buf chunk;		/* of BDAT, collected */
	struct mail_wire wire;
	size_t n_emitted;		/* MAIL, then RCPTs, then DATA */
	size_t n_settled;
	size_t n_pending;
	uint64_t end_at;		/* the final dot or BDAT LAST in the output */
	bool utf8, bdat;
	bool mail_ok;			/* the server has a transaction ... */
	bool cleared;			/* ... and has ended it */
	bool content_sent;		/* some of it is in the output */
	bool starved;			/* no content was there when asked */
	bool judged;			/* by a reply, not by us */
	struct smtp_result result;
};

struct smtp_session {
	struct smtp_session_config config;
	enum smtp_session_state state;
	struct smtp_capabilities caps;
	struct smtp_reply_parser parser;
	bool tls_active, tls_accepted;	/* accepted: the certificate will do */
	bool proved;			/* the peer proved what the level asks */
	bool authenticated;		/* as RFC 8689 4.2.1 has it */
	bool plain_permitted;		/* by policy, for this session */
	bool start_tls, tell_ready;	/* actions due */
	bool nothing_offered, quitting, need_rset, close_told;
	enum { AUTH_USERNAME, AUTH_SECRET, AUTH_LAST } auth;	/* sent next */
	int current;			/* the older of two exchanges */
	int reported;			/* slot to free, -1: none */
	struct smtp_exchange exchanges[2];
	unsigned completed;

	struct buf out;
	size_t out_sent;		/* of out, already written */
	uint64_t written;		/* octets, of all output */
	uint64_t progress_at;		/* written when BLOCK was renewed */
	struct buf pending_buf;		/* struct smtp_pending [] */
	size_t pending_first;
	unsigned mark;

	/* Few sessions have them: NULL until then. */
	char *ehlo_reply;		/* of a server that knows HELO only */
	struct smtp_failure *failure;
};

/* What is refused that holds octets of NUL. */
#define SESSION_NUL "the message holds NUL octets, which SMTP cannot carry"

/* --- output.c --- */

void smtp_session_enter(struct smtp_session *s, enum smtp_session_state state);
/* TLS with an accepted certificate, or plaintext where policy permits it. */
bool smtp_session_mail_permitted(const struct smtp_session *s);

size_t smtp_output_backlog(const struct smtp_session *s);
/* Where s->out ends in all output. */
uint64_t smtp_output_end(const struct smtp_session *s);
/* Writes the command, with CRLF, and awaits its reply. */
void smtp_output_command(struct smtp_session *s, enum smtp_step step, int slot,
    size_t recipient, const char *line, size_t len);
/* A reply is awaited for octets that are already in the output. */
void smtp_output_await(struct smtp_session *s, enum smtp_step step, int slot,
    size_t recipient, size_t octets);
/* A command of len octets may be written now. */
bool smtp_output_may(const struct smtp_session *s, size_t len);
const struct smtp_pending *smtp_pending_head(const struct smtp_session *s);
void smtp_pending_pop(struct smtp_session *s);
void smtp_pending_clear(struct smtp_session *s);

/* --- envelope.c --- */

/* The host cannot take the message, or nobody should: the verdict on each of its
 * recipients, whose reply is text_r. */
bool smtp_envelope_refused(const struct smtp_session *s,
    const struct smtp_exchange *ex, struct smtp_recipient_result *v_r,
    char text_r[static SESSION_REPLY_LEN]);
/* The address can be sent. */
bool smtp_envelope_can_name(const char *recipient);
/* The commands, without CRLF. */
void smtp_envelope_mail(struct buf *line, const struct smtp_session *s,
    const struct smtp_exchange *ex);
void smtp_envelope_rcpt(struct buf *line, const struct smtp_session *s,
    const struct smtp_exchange *ex, const struct smtp_recipient *r);

/* --- exchange.c --- */

/* Takes tx into the free slot; refuses at once what the host cannot take. */
void smtp_exchange_begin(struct smtp_session *s,
    const struct smtp_transaction *tx);
/* Writes what may be written, ends what is at its end. */
void smtp_exchange_advance(struct smtp_session *s);
/* False: NUL octets, and so all is settled. */
bool smtp_exchange_content(struct smtp_session *s, const char *data, size_t len,
    bool end);
/* The session is over: settles all that is open by s->failure. */
void smtp_exchange_abandon(struct smtp_session *s);
void smtp_exchange_free(struct smtp_exchange *ex);
/* The exchange that is in the phase, or NULL. */
struct smtp_exchange *smtp_exchange_in(struct smtp_session *s,
    enum smtp_exchange_phase phase);
bool smtp_exchange_any(const struct smtp_session *s);
/* One of them was settled by the server for all its recipients. */
bool smtp_exchange_judged(const struct smtp_session *s);
/* Settles each recipient that is not yet. */
void smtp_exchange_settle_all(struct smtp_exchange *ex,
    const struct smtp_recipient_result *verdict);
void smtp_exchange_settle(struct smtp_exchange *ex, size_t i,
    const struct smtp_recipient_result *verdict);

/* --- verdict.c --- */

/* The session fails: failure says how, but for warm, text and reply; polite:
 * QUIT goes out first.  reply may be NULL. */
void smtp_session_fail(struct smtp_session *s,
    const struct smtp_failure *failure, bool polite,
    const struct smtp_reply *reply, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
/* What policy_session_event() says about the event under the demand. */
void smtp_session_fail_policy(struct smtp_session *s,
    const struct policy_demand *demand, enum policy_event event, bool polite,
    const struct smtp_reply *reply, const char *why);
/* A 4xx or 5xx that ends the session for now: the next host may do better. */
void smtp_session_fail_reply(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply);
/* The same, or, where it is 3xx, a breach of protocol. */
void smtp_session_fail_refused(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply);
/* The server said what it must not say here: 4.5.0. */
void smtp_session_protocol_error(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply, const char *what);
/* The reply's enhanced code or one made from its code, with the class given. */
void smtp_session_status(char dst[static SMTP_STATUS_LEN],
    const struct smtp_reply *reply, char class);

void smtp_exchange_reply(struct smtp_session *s, const struct smtp_pending *p,
    const struct smtp_reply *reply);
/* 4xx or 5xx while the content is written: the verdict, ahead of time. */
void smtp_exchange_interrupted(struct smtp_exchange *ex,
    const struct smtp_reply *reply);

/* --- setup.c --- */

void smtp_setup_reply(struct smtp_session *s, enum smtp_step step,
    const struct smtp_reply *reply);

#endif
