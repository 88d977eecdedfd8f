/*
 * Message content on its way into the spool: one pass, any chunking, constant
 * memory, whatever the size.
 *
 * - A CRLF, a bare LF and a bare CR become one CRLF each, also where a chunk
 *   ends between CR and LF; the last line gets its CRLF.
 * - NULs are removed and counted (RFC 5321 4.1.1.4 would not let them leave).
 * - The header section is scanned.  It ends at the first line that is neither a
 *   field nor the continuation of one.  Where that line is not empty an empty
 *   one is put before it, so that every reader sees the header end at the same
 *   place.  A field name may have 998 octets, the section has no bound.
 * - A missing From, Date and Message-ID are added at the end of the header section:
 *   trace fields stay on top and signed fields are not moved.
 * - Bcc, Resent-Bcc and Return-Path, whose place is not in a message that
 *   leaves, and the fields that a door names are left out with their
 *   continuation lines.
 * - An mbox "From " line is dropped where it is the first line.
 *
 * Everything else leaves as it came.  Pure but for the caller's sink; any
 * thread.
 */
#ifndef TLSQ_MAIL_INTAKE_H
#define TLSQ_MAIL_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Takes len octets (at most MAIL_INTAKE_PIECE); false, with err filled, stops
 * the intake. */
typedef bool mail_intake_sink(void *ctx, const void *data, size_t len,
    struct error *err);
enum { MAIL_INTAKE_PIECE = 32768 };

struct mail_intake_options {
	/* Bodies of the fields to be added where missing: an address; RFC 5322
	 * date-time; "<unique@host>".  NULL: not added.  Kept until
	 * mail_intake_free, and not looked at before the header ends. */
	const char *from, *date, *message_id;
	/* Names of more fields to remove, ends with NULL; or NULL.  Kept. */
	const char *const *remove;
};

/* More Received fields than this are a mail loop (RFC 5321 6.3). */
enum { MAIL_HOPS_MAX = 100 };

struct mail_intake_facts {
	uint64_t input;		/* octets given */
	uint64_t size;		/* octets handed to the sink */
	uint64_t nuls;		/* removed */
	unsigned fields;	/* header fields given */
	unsigned received;	/* of them Received, for loop detection */
	bool has_date, has_message_id, has_from;	/* and not removed */
	bool header_8bit, body_8bit;
	bool tls_required_no;	/* one TLS-Required, saying No (RFC 8689 3) */
	bool require_tls;	/* Require-TLS-ESMTP: yes */
};

struct mail_intake;

struct mail_intake *mail_intake_new(const struct mail_intake_options *options,
    mail_intake_sink *sink, void *ctx);
void mail_intake_free(struct mail_intake **intake);

/* False only where the sink said so. */
MUST_CHECK bool mail_intake_write(struct mail_intake *in, const void *data,
    size_t len, struct error *err);
/* The end: hands the rest to the sink and says what was seen.  Once. */
MUST_CHECK bool mail_intake_finish(struct mail_intake *in,
    struct mail_intake_facts *facts_r, struct error *err);

#endif
