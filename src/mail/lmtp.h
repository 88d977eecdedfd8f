/*
 * LMTP as a server reads it (RFC 2033): command lines taken apart, and content
 * freed from its dots.
 *
 * Only CRLF.CRLF ends content: a bare LF or CR around a dot does not, so that
 * sender and receiver agree on where a message ends.
 *
 * Pure; the state is the caller's.
 */
#ifndef TLSQ_MAIL_LMTP_H
#define TLSQ_MAIL_LMTP_H

#include <stdbool.h>
#include <stddef.h>

enum lmtp_verb {
	LMTP_UNKNOWN,
	LMTP_BAD,		/* known, but its arguments are not in order */
	LMTP_LHLO, LMTP_MAIL, LMTP_RCPT, LMTP_DATA, LMTP_RSET, LMTP_NOOP,
	LMTP_VRFY, LMTP_QUIT,
};

enum { LMTP_ARGS_MAX = 16, LMTP_LINE_MAX = 4096 };

struct lmtp_command {
	enum lmtp_verb verb;
	/* MAIL and RCPT: the path in its <>, then the parameters; NULL ends */
	const char *args[LMTP_ARGS_MAX + 1];
};

/* line, without its CRLF, is cut into pieces that the command points to. */
struct lmtp_command lmtp_command_parse(char *line);

enum lmtp_place {
	LMTP_LINE_START, LMTP_IN_LINE, LMTP_AFTER_CR, LMTP_AFTER_DOT,
	LMTP_AFTER_DOT_CR,
	LMTP_ENDED,		/* the rest are commands again */
};

/* How much of data (len > 0) is used; *piece_r of *piece_len_r octets (0 at
 * times) is content.  *place is LMTP_LINE_START at first. */
size_t lmtp_content_next(enum lmtp_place *place, const char *data, size_t len,
    const char **piece_r, size_t *piece_len_r);

#endif
