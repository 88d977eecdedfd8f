/*
 * What an SMTP client is told where something is refused.
 *
 * Our own failures never bounce mail: they are 451 4.3.x, and the client comes
 * again.  A client learns what kind of failure it is; the words with paths and
 * SQLite's reasons go to the log.  Any thread.
 */
#ifndef TLSQ_MILTER_REPLY_H
#define TLSQ_MILTER_REPLY_H

#include <stdbool.h>

#include "base/error.h"

struct milter_reply {
	char code[4];		/* "451"; "" where there is none */
	char status[10];	/* "4.3.0" */
	char text[1024];	/* printable ASCII, on one line */
};

/* Fills the reply and returns false, for `return milter_reply_set(...)`. */
bool milter_reply_set(struct milter_reply *r, const char *code,
    const char *status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failure of ours, which is logged with `what` before it. */
bool milter_reply_failure(struct milter_reply *r, const char *what,
    const struct error *err);

/*
 * That a recipient failed for good, with status and reply as they are on record
 * ("550 5.1.1 no such user", or our own words); either may be NULL.
 */
void milter_reply_failed(struct milter_reply *r, const char *status,
    const char *reply);

#endif
