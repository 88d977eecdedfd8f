/*
 * SMTP replies: octets in, complete replies out.  PURE, incremental, bounded.
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

#include "base/buf.h"
#include "smtp/transaction.h"

enum {
	SMTP_REPLY_LINE_MAX = 2048,	/* of a line more is dropped */
	SMTP_REPLY_LINES_MAX = 512,	/* more of these is an error */
	SMTP_REPLY_OCTETS_MAX = 65536,
};

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

#endif
