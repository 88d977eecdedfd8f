/*
 * Line ends in a stream of octets: CRLF, bare LF and bare CR are one line end
 * each, wherever the stream is cut.  What intake and dotstuff share.
 */
#ifndef TLSQ_MAIL_EOL_IMPL_H
#define TLSQ_MAIL_EOL_IMPL_H

#include <stdbool.h>
#include <stddef.h>

enum eol_piece {
	EOL_NOTHING,		/* the LF of a CRLF whose CR was the line end */
	EOL_TEXT,		/* octets without CR, LF, NUL */
	EOL_LINE_END,
	EOL_NUL,
};

/*
 * What s (len > 0) begins with; *used_r is how many octets that is.  *after_cr
 * is the state between calls, false at first.  A NUL does not change it, so
 * that CR NUL LF is one line end where NULs are dropped.
 */
enum eol_piece eol_next(bool *after_cr, const char *s, size_t len,
    size_t *used_r);

#endif
