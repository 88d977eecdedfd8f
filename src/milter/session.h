/*
 * One SMTP connection of Sendmail's, as a filter sees it: which recipients are
 * taken over, what becomes of their message, what the client hears.
 *
 * Knows nothing of libmilter: callbacks.c calls it, and so do tests.  The calls
 * for one session come one after the other, on any thread.
 */
#ifndef TLSQ_MILTER_SESSION_H
#define TLSQ_MILTER_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "milter/reply.h"
#include "milter/settings.h"
#include "milter/wait.h"
#include "spool/writer.h"

/* The mail server that asks. */
struct milter_mta {
	/* A macro's value ("{rcpt_addr}", "i"), valid for the call; or NULL. */
	const char *(*macro)(void *ctx, const char *name);
	/* Have patience; false where nobody listens any more. */
	bool (*progress)(void *ctx);
	/* Do not deliver to this one, it is ours; false: it was not heard. */
	bool (*drop)(void *ctx, const char *recipient);
	void *ctx;
};

enum milter_answer {
	MILTER_REFUSE,		/* with the reply's code */
	MILTER_CONTINUE,
	MILTER_NOT_OURS,	/* nothing more of this message, please */
};

/* What all sessions share, and none frees. */
struct milter_services {
	const char *database;
	struct milter_settings *settings;
	struct spool_writer *writer;
	struct milter_waits *waits;
};

struct milter_session;

/* services is kept; the mail server's ctx too, as long as the session.
 * leading_blanks: header values have them. */
struct milter_session *milter_session_new(
    const struct milter_services *services, const struct milter_mta *mta,
    bool leading_blanks) __attribute__((returns_nonnull));
void milter_session_free(struct milter_session **session);
/* What to say, after MILTER_REFUSE. */
const struct milter_reply *milter_session_reply(
    const struct milter_session *s);

/* ip is NULL where the client did not come by the network. */
void milter_session_connect(struct milter_session *s, const char *client_name,
    const char *client_ip);
void milter_session_helo(struct milter_session *s, const char *name);
/* args end with NULL. */
enum milter_answer milter_session_mail(struct milter_session *s,
    const char *const *args);
enum milter_answer milter_session_rcpt(struct milter_session *s,
    const char *const *args);
enum milter_answer milter_session_data(struct milter_session *s);
enum milter_answer milter_session_header(struct milter_session *s,
    const char *name, const char *value);
enum milter_answer milter_session_end_header(struct milter_session *s);
enum milter_answer milter_session_body(struct milter_session *s,
    const void *data, size_t len);
/*
 * The end of the message.  MILTER_CONTINUE: it is durable in the spool and its
 * recipients were dropped.  Waits for the disk and for other writers, at most
 * half a minute unless a commit is under way; then, with milter.wait, for the
 * delivery: MILTER_REFUSE may be what its server said.
 */
enum milter_answer milter_session_end(struct milter_session *s);
/* Forgets the message; the connection goes on. */
void milter_session_abort(struct milter_session *s);

#endif
