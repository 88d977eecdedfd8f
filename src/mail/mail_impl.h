/*
 * What files of this folder share.  Pure; any thread.
 */
#ifndef TLSQ_MAIL_MAIL_IMPL_H
#define TLSQ_MAIL_MAIL_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* What a value is, itself, escaped, and what is wrong with it; returns false. */
bool mail_refuse(struct error *err, const char *what, const char *text,
    size_t len, const char *problem);

/*
 * Line ends in a stream of octets: CRLF, bare LF and bare CR are one line end
 * each, wherever the stream is cut.
 */
enum mail_eol {
	/* the LF of a CRLF whose CR was the line end */
	MAIL_EOL_NOTHING,
	MAIL_EOL_TEXT,		/* octets without CR, LF, NUL */
	MAIL_EOL_LINE_END,
	MAIL_EOL_NUL,
};

/*
 * What s (len > 0) begins with; *used_r is how many octets that is.  *after_cr
 * is the state between calls, false at first.  A NUL does not change it, so
 * that CR NUL LF is one line end where NULs are dropped.
 */
static inline enum mail_eol
mail_eol_next(bool *after_cr, const char *s, size_t len, size_t *used_r)
{
	bool swallow = *after_cr && s[0] == '\n';
	size_t n = 0;

	*used_r = 1;
	if (s[0] == '\0')
		return MAIL_EOL_NUL;
	*after_cr = s[0] == '\r';
	if (s[0] == '\r' || s[0] == '\n')
		return swallow ? MAIL_EOL_NOTHING : MAIL_EOL_LINE_END;
	while (n < len && s[n] != '\r' && s[n] != '\n' && s[n] != '\0')
		n++;
	*used_r = n;
	return MAIL_EOL_TEXT;
}

#endif
