/*
 * LMTP as a server reads it (RFC 2033): command lines taken apart, and content
 * freed from its dots.
 *
 * Only CRLF.CRLF ends content: a bare LF or CR around a dot does not, so that
 * sender and receiver agree on where a message ends.
 *
 * Pure, any thread; the state is the caller's.
 */
#ifndef TLSQ_MAIL_LMTP_H
#define TLSQ_MAIL_LMTP_H

#include <stdbool.h>
#include <stddef.h>

enum mail_lmtp_verb {
	MAIL_LMTP_UNKNOWN,
	MAIL_LMTP_BAD,		/* known, but its arguments are not in order */
	MAIL_LMTP_LHLO, MAIL_LMTP_MAIL, MAIL_LMTP_RCPT, MAIL_LMTP_DATA,
	    MAIL_LMTP_RSET, MAIL_LMTP_NOOP,
	MAIL_LMTP_VRFY, MAIL_LMTP_QUIT,
};

enum { MAIL_LMTP_ARGS_MAX = 16, MAIL_LMTP_LINE_MAX = 4096 };

struct mail_lmtp_command {
	enum mail_lmtp_verb verb;
	/* MAIL and RCPT: the path in its <>, then the parameters; NULL ends */
	const char *args[MAIL_LMTP_ARGS_MAX + 1];
};

/* line, without its CRLF, is cut into pieces that the command points to. */
struct mail_lmtp_command mail_lmtp_command_parse(char *line);

enum mail_lmtp_place {
	MAIL_LMTP_LINE_START, MAIL_LMTP_IN_LINE, MAIL_LMTP_AFTER_CR,
	    MAIL_LMTP_AFTER_DOT,
	MAIL_LMTP_AFTER_DOT_CR,
	MAIL_LMTP_ENDED,		/* the rest are commands again */
};

/* How much of data (len > 0) is used; *piece_r of *piece_len_r octets (0 at
 * times) is content.  *place is MAIL_LMTP_LINE_START at first. */
size_t mail_lmtp_content_next(enum mail_lmtp_place *place, const char *data,
    size_t len, const char **piece_r, size_t *piece_len_r);

#endif
