/*
 * Between session.c, finish.c and answer.c.
 */
#ifndef TLSQ_MILTER_SESSION_IMPL_H
#define TLSQ_MILTER_SESSION_IMPL_H

#include "mail/envelope.h"
#include "milter/mail.h"
#include "milter/received.h"
#include "milter/session.h"

/* The message at hand; texts are in the arena. */
struct milter_message {
	struct arena *arena;
	struct settings *settings;
	const struct conf *conf;	/* of the settings */
	struct mail_sender sender;
	bool sender_good;
	struct error sender_error;
	const char *queue_id, *own_name, *auth_user;	/* or NULL */
	struct milter_hop hop;
	bool trusted;		/* authenticated, or of this host */
	unsigned seen;		/* recipients, ours and others */
	unsigned others;	/* left to the mail server */
	const char *only;	/* the first, where it is ours */
	struct milter_mail *mail;
	int64_t received_at;
	int64_t size;		/* octets so far */
	const char *wanted_strategy;	/* milter.strategy-header, or NULL */
	struct milter_reply failure;	/* of content; code "" for none */
};

struct milter_session {
	const struct milter_services *services;
	char *client_name, *client_ip, *helo;	/* or NULL */
	bool leading_blanks;
	struct milter_message *message;	/* NULL between messages */
};

/* The queue id, for the log.  Never NULL. */
const char *milter_message_name(const struct milter_message *m);
/* There is no message at hand: fail closed.  MILTER_REFUSE. */
enum milter_answer milter_session_lost(struct milter_reply *reply);

/*
 * Has the writer do it and waits, telling the mail server to be patient.  False
 * where it was taken back; *heard_r is false once nobody listens.
 */
bool milter_write(struct writer *writer, struct write_task *task,
    const struct milter_mta *mta, bool *heard_r);

/* Until when the end of this message waits for its result; -1: it does not. */
int64_t milter_wait_until(const struct milter_message *m);
/* Waits for what was stored.  False, with the reply, where it was withdrawn. */
bool milter_answer_result(struct milter_session *s,
    const struct milter_mail_job *stored, int64_t until,
    const struct milter_mta *mta, bool *heard, struct milter_reply *reply);

#endif
