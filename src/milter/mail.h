/*
 * A message that is being taken over: its recipients, and its content on the
 * way to the spool.
 *
 * The content passes in pieces and is never in memory as a whole.  Recipients
 * under different strategies become messages of their own with the same
 * content, as a strategy is pinned on a message.
 *
 * Belongs to one connection, whose callbacks come one after the other though
 * on any thread.  Errors are those of spool/insert.h.
 */
#ifndef TLSQ_MILTER_MAIL_H
#define TLSQ_MILTER_MAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/intake.h"
#include "mail/envelope.h"
#include "spool/insert.h"
#include "spool/writer.h"

/* One of the messages of a mail: the same content under another strategy. */
struct milter_mail_item {
	struct spool_insert *insert;
	struct spool_message message;
	int64_t id;		/* result */
};

/* Storing it: all messages, or none. */
struct milter_mail_job {
	struct write_task task;		/* first */
	struct milter_mail_item *items;
	size_t count;
	struct error err;		/* where the task failed */
};

struct milter_mail;

/* Files of the content are made beside the database (kept). */
struct milter_mail *milter_mail_new(const char *database)
    __attribute__((returns_nonnull));
/* Also what was gathered but not stored.  Accepts NULL; sets NULL. */
void milter_mail_free(struct milter_mail **mail);

/*
 * Adds a recipient under a strategy (NULL: none pinned; else kept).  arg is how
 * the client wrote it (copied), for taking it from Sendmail.  An address that
 * is there already is not added again.
 */
void milter_mail_add(struct milter_mail *mail,
    const struct mail_recipient *rcpt, const char *strategy,
    const char *arg);
/* Of what was added, how many are not the same. */
size_t milter_mail_recipients(const struct milter_mail *mail);
/* Every arg, also of those that were the same, in their order: NULL after the
 * last.  *place is NULL at first. */
const char *milter_mail_next_arg(const struct milter_mail *mail,
    const void **place);

struct milter_mail_start {
	const char *received;	/* this hop's field, with its line end */
	const char *from;	/* for the From field where there is none */
	int64_t now;
	bool keep_require_tls;	/* Require-TLS-ESMTP is not ours to remove */
};
/* After the last recipient, before content. */
bool milter_mail_begin(struct milter_mail *mail,
    const struct milter_mail_start *start, struct error *err) MUST_CHECK;
/* value with its leading blank; line ends in it are folds. */
bool milter_mail_header(struct milter_mail *mail, const char *name,
    const char *value, struct error *err) MUST_CHECK;
/* message_id ("<...>", shorter than that, copied) is for a message that has none. */
enum { MILTER_MESSAGE_ID_LEN = 600 };
bool milter_mail_end_header(struct milter_mail *mail, const char *message_id,
    struct error *err) MUST_CHECK;
bool milter_mail_body(struct milter_mail *mail, const void *data, size_t len,
    struct error *err) MUST_CHECK;
bool milter_mail_finish(struct milter_mail *mail,
    struct mail_intake_facts *facts_r, struct error *err) MUST_CHECK;

/*
 * What to store, once finished: the envelope is the same for all but for the
 * strategy; one that is given in it goes for all.  The job belongs to the mail,
 * and borrows the envelope's texts until it is done.
 */
struct milter_mail_job *milter_mail_job(struct milter_mail *mail,
    const struct spool_message *envelope);

#endif
