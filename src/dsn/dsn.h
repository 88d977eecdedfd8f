/*
 * Which delivery status notification is owed (RFC 3461 4.1, 5.2, 6), and its text
 * (RFC 3464, RFC 6522, RFC 6533).  PURE: facts in, text out; any thread.
 *
 * A DSN is a multipart/report of a part for people, one for programs, and the
 * message, its header or nothing of it.  It is written in three pieces, so that
 * a large message need not be in memory:
 *
 *	dsn_write_head(&out, &d);
 *	dsn_write_returned(&out, &d, &encoder, ...);	as often as needed
 *	dsn_write_tail(&out, &d, &encoder);
 *
 * It is 7-bit, whatever it quotes, so that any server takes it: parts with other
 * octets are base64, and a message with some goes back as message/global, which
 * may be encoded (RFC 6532 3.7; message/rfc822 may not, RFC 2046 5.2.1).  Only a
 * reverse-path in UTF-8 stays as it is, in To.
 *
 * Texts come from strangers (replies, addresses): what would end a line, or is
 * no UTF-8, never gets into the text as it was.
 */
#ifndef TLSQ_DSN_DSN_H
#define TLSQ_DSN_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "spool/owed.h"

/* What became of a recipient (RFC 3464 2.3.3). */
enum dsn_action {
	DSN_ACTION_NONE,	/* nothing to report */
	DSN_ACTION_FAILED,
	DSN_ACTION_DELAYED,
	DSN_ACTION_DELIVERED,
	DSN_ACTION_RELAYED,	/* to a host that reports nothing itself */
	DSN_ACTION_COUNT
};

/* "failed", "delayed", "delivered", "relayed", as in recipient.dsn_owed; NULL
 * for NONE.  Static. */
const char *dsn_action_name(enum dsn_action action);
/* NONE for NULL and any other word. */
enum dsn_action dsn_action_find(const char *name);

/* What became of the recipient in an attempt. */
enum dsn_event {
	DSN_OWED_FAILED,		/* for good, or given up */
	DSN_OWED_DELAYED,		/* deferred, and a notice is due */
	DSN_OWED_HANDED_ON,		/* to a host that gives receipts (DSN) */
	DSN_OWED_HANDED_OVER,	/* to one that does not */
	DSN_OWED_EVENT_COUNT
};

/*
 * NONE: nothing.  notify as in recipient.notify: NULL, "NEVER" or some of
 * "SUCCESS,FAILURE,DELAY"; what is none of these counts as NULL.
 */
enum dsn_action dsn_owed_decide(enum dsn_event event, const char *sender,
    const char *notify);

/* How many notices are due at that age: the times in notify_s that passed. */
int dsn_owed_notices(const int64_t *notify_s, size_t n, int64_t age_s);

/* What of the message is sent back. */
enum dsn_return { DSN_RETURN_NOTHING, DSN_RETURN_HEADERS, DSN_RETURN_FULL };

struct dsn {
	const char *host;	/* this host's name */
	const char *from_name, *from_address;
	const char *boundary;	/* must not occur in the content: 16 random
				 * octets in hex will do */
	const char *message_id;	/* of the DSN, without <> */
	int64_t now;
	/* The message, whose sender is not "", and one recipient or more.  Theirs
	 * are the words that the spool has; a status without meaning, and a level
	 * or an error that is no such word, are as unknown. */
	const struct spool_owed *about;
	enum dsn_return returned;
	bool returned_8bit;	/* what is returned has octets over 127 */
};

/* Does a DSN to this reverse-path need SMTPUTF8 (and 8BITMIME)?  Only then. */
bool dsn_needs_smtputf8(const char *to);

/* Up to the first octet of what is returned. */
void dsn_write_head(struct buf *out, const struct dsn *d);
/* What of a line of base64 is still to come.  All zero at first. */
struct dsn_encoder {
	uint8_t rest[57];
	size_t n;
};
/* A piece of what is returned, as it was stored; NULs are left out. */
void dsn_write_returned(struct buf *out, const struct dsn *d,
    struct dsn_encoder *e, const char *data, size_t len);
/* After the last one. */
void dsn_write_tail(struct buf *out, const struct dsn *d,
    struct dsn_encoder *e);

/*
 * The octets of the header of a message that begins with data, without the
 * empty line; where that is not in data, up to its last whole line.
 */
size_t dsn_header_len(const char *data, size_t len);

#endif
