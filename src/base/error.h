/*
 * Why something could not be done: a sysexits.h code and one sentence.
 *
 * Functions that can fail return bool (true = done) and fill a struct error
 * given by the caller.  Facts are not errors: "no such record" is a result.
 * The text names what failed and on what ("spool.db: database is locked"); it
 * carries no program name and no line end.  It may quote what somebody else wrote:
 * who prints it sees to control characters (text_clean, or the log).
 */
#ifndef TLSQ_BASE_ERROR_H
#define TLSQ_BASE_ERROR_H

#include <stdbool.h>
#include <sysexits.h>

struct error {
	int code;		/* EX_*: TEMPFAIL may be tried again later */
	char text[1024];
};

/* Fills err (which may be NULL) and returns false, for `return error_set(...)`. */
bool error_set(struct error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text already there; returns false. */
bool error_prefix(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
