/*
 * Between session.c, message.c and finish.c, on the thread of the callback.
 */
#ifndef TLSQ_MILTER_SESSION_IMPL_H
#define TLSQ_MILTER_SESSION_IMPL_H

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "mail/envelope.h"
#include "mail/intake.h"
#include "milter/received.h"
#include "milter/session.h"
#include "report/intake.h"
#include "spool/insert.h"

/*
 * A strategy is pinned on a message of the spool: recipients under different
 * strategies become messages of their own with the same content.
 */
struct milter_part {
	struct spool_insert *insert;
	struct spool_message message;
	int64_t id;		/* once it is stored */
};

/* How the client wrote a recipient, for taking it from Sendmail. */
struct milter_arg {
	UT_hash_handle hh;	/* by address, the first one of each */
	struct milter_arg *next;
	const char *text, *address;
};

enum { MILTER_MESSAGE_ID_LEN = 600 };

/*
 * The message at hand.  Its content passes in pieces and is never in memory as a
 * whole.  Texts are in the arena, or NULL.
 */
struct milter_message {
	struct spool_write_task task;	/* first: to store all parts, or none */
	struct error error;	/* why they are not */
	struct arena *arena;	/* this is in it, too */
	const char *name;	/* the queue id, for the log; not NULL */
	struct settings *settings;
	const struct conf *conf;	/* of the settings */
	struct mail_sender sender;
	bool sender_good;
	struct error sender_error;
	const char *auth_user;
	struct milter_hop hop;	/* its time is when the message came */
	bool trusted;		/* authenticated, or of this host */
	bool is_reporter;	/* report.tls.from, of this host */
	struct report_intake report;	/* where is_reporter */
	unsigned seen;		/* recipients, ours and others */
	unsigned others;	/* left to the mail server */
	const char *only;	/* the first, where it is ours */
	struct milter_arg *known;	/* hash: addresses, each once */
	struct milter_arg *args, **args_tail;	/* all of them */
	struct milter_part *parts;	/* none: nothing of it is ours */
	size_t part_count;
	struct mail_intake *intake;	/* NULL before content */
	char date[CLOCK_RFC5322_LEN], message_id[MILTER_MESSAGE_ID_LEN];
	int64_t size;		/* octets so far */
	const char *wanted_strategy;	/* milter.strategy-header */
	bool refused;		/* its content, with the session's reply */
	bool unheard;		/* the mail server no longer listens */
};

struct milter_session {
	const struct milter_services *services;
	struct milter_mta mta;
	bool connected;		/* the next two are known */
	char *client_name, *client_ip, *helo;	/* or NULL */
	bool leading_blanks;
	struct milter_message *message;	/* NULL between messages */
	struct milter_reply reply;	/* of the last MILTER_REFUSE */
};

/* message.c: gathering it.  Errors are those of spool/insert.h. */
struct milter_message *milter_message_new(void) __attribute__((returns_nonnull));
/* Also what was gathered but not stored.  Accepts NULL; sets NULL. */
void milter_message_free(struct milter_message **message);
/* Adds a recipient under a strategy (NULL: none pinned; else kept).  An address
 * that is there already is not added again. */
void milter_message_add(struct milter_message *m, const char *database,
    const struct mail_recipient *rcpt, const char *strategy, const char *arg);
/* Begins the content, with the Received field: hop is complete by now. */
bool milter_message_begin(struct milter_message *m, struct error *err)
    MUST_CHECK;
/* value with its leading blank; line ends in it are folds. */
bool milter_message_header(struct milter_message *m, const char *name,
    const char *value, struct error *err) MUST_CHECK;

/* finish.c: False, with the session's reply, where it is not accepted. */
bool milter_message_finish(struct milter_session *s);

#endif
