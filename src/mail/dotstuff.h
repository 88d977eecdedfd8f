/*
 * Stored content on its way out: the octets after DATA (RFC 5321 4.5.2,
 * dot-stuffed and ended by a line with one dot) or in BDAT chunks (RFC 3030).
 *
 * Takes content in any chunking.  Whatever came in, no bare CR or LF goes out:
 * a CRLF, a bare LF and a bare CR are one line end each, and only
 * mail_wire_finish makes CRLF.CRLF.  Lines are not broken.
 *
 * Pure, any thread; the state is a few octets, owned by the caller.
 */
#ifndef TLSQ_MAIL_DOTSTUFF_H
#define TLSQ_MAIL_DOTSTUFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum mail_wire_form { MAIL_WIRE_DATA, MAIL_WIRE_BDAT };

struct mail_wire {
	enum mail_wire_form form;
	bool after_cr, in_line;
};

void mail_wire_init(struct mail_wire *w, enum mail_wire_form form);

/*
 * Appends what data becomes to out, which has no limit set; at most twice len
 * octets.  False where data has a NUL, which never leaves: out is then cut in
 * the middle of the message, the connection must be dropped and the message
 * fails with 5.6.0.
 */
MUST_CHECK bool mail_wire_write(struct mail_wire *w, struct buf *out,
    const void *data, size_t len);

/* Ends an unfinished last line; after DATA the final dot. */
void mail_wire_finish(struct mail_wire *w, struct buf *out);

#endif
