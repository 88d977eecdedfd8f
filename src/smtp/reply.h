/*
 * SMTP replies: octets in, complete replies out, and what the one to EHLO says.
 * PURE, incremental, bounded; the dialogue's thread.
 *
 * Strict where a guess would be dangerous: a code outside 200 to 599, a fourth
 * digit, a missing blank or hyphen, and codes that differ within one reply end
 * the dialogue (RFC 5321 4.2).  Tolerated, since the meaning is certain: a line
 * end of LF alone or of several CRs and LF, control characters inside a line
 * (smtp_reply_print() makes them visible), a code without text, lines longer
 * than 512 octets.
 */
#ifndef TLSQ_SMTP_REPLY_H
#define TLSQ_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	SMTP_REPLY_LINE_MAX = 2048,	/* of a line more is dropped */
	SMTP_REPLY_LINES_MAX = 512,	/* more of these is an error */
	SMTP_REPLY_OCTETS_MAX = 65536,
};

enum { SMTP_STATUS_LEN = 12 };	/* "5.123.123" and its NUL */

struct smtp_reply {
	unsigned code;			/* 200 to 599 */
	/* RFC 3463: the first that begins a line; "" where there is none or
	 * its class is not the code's. */
	char status[SMTP_STATUS_LEN];
	const char *text;		/* lines without code, each ended by \n */
	size_t n_lines;
};

/* All zero is a fresh parser. */
struct smtp_reply_parser {
	struct buf line, text;
	size_t octets, n_lines;
	unsigned code;
	bool complete, broken;
	/* Drop lines that have no code before the next reply, which ends this.
	 * Only for a caller that waits for one reply at a time: with several
	 * outstanding a dropped line could have been one of them. */
	bool skip_strays;
};

void smtp_reply_parser_free(struct smtp_reply_parser *p);
/* Forgets everything, a broken state too; gives its memory back. */
void smtp_reply_parser_reset(struct smtp_reply_parser *p);

enum smtp_reply_status { SMTP_REPLY_BROKEN, SMTP_REPLY_MORE, SMTP_REPLY_COMPLETE };

/*
 * Reads from data up to the end of one reply; *used_r octets were taken (all of
 * them unless COMPLETE or BROKEN).  *reply_r is filled by COMPLETE and valid
 * until the next call.  BROKEN stays.
 */
enum smtp_reply_status smtp_reply_parse(struct smtp_reply_parser *p,
    const char *data, size_t len, size_t *used_r, struct smtp_reply *reply_r);

/*
 * "550 5.1.1 No such user; ..." on one line: code, then the lines joined by a
 * blank, the enhanced code only once; printable UTF-8, other octets are '?';
 * cut at room.
 */
void smtp_reply_print(char *dst, size_t room, const struct smtp_reply *reply);

/* --- what a server said that it can do (RFC 5321 4.1.1.1) --- */

enum {
	SMTP_CAN_STARTTLS = 1 << 0,		/* RFC 3207 */
	SMTP_CAN_PIPELINING = 1 << 1,		/* RFC 2920 */
	SMTP_CAN_SIZE = 1 << 2,			/* RFC 1870 */
	SMTP_CAN_8BITMIME = 1 << 3,		/* RFC 6152 */
	SMTP_CAN_SMTPUTF8 = 1 << 4,		/* RFC 6531 */
	SMTP_CAN_DSN = 1 << 5,			/* RFC 3461 */
	SMTP_CAN_CHUNKING = 1 << 6,		/* RFC 3030 */
	SMTP_CAN_ENHANCEDSTATUSCODES = 1 << 7,	/* RFC 2034 */
	SMTP_CAN_REQUIRETLS = 1 << 8,		/* RFC 8689 */
	SMTP_CAN_AUTH_PLAIN = 1 << 9,		/* RFC 4954 */
	SMTP_CAN_AUTH_LOGIN = 1 << 10,
};

struct smtp_capabilities {
	unsigned can;		/* a set of SMTP_CAN_* */
	uint64_t size_max;	/* 0: no limit is known (RFC 1870 4) */
	char name[256];		/* the server's name for itself, printable;
				 * "" where the reply has none */
};

/* From a reply of class 2.  Keywords and mechanisms in any case, "AUTH=LOGIN" as
 * "AUTH LOGIN"; unknown keywords and parameters are passed over. */
void smtp_ehlo_parse(struct smtp_capabilities *caps_r,
    const struct smtp_reply *reply);

#endif
