/*
 * A TLS report as mail (RFC 8460 5.3): a line for people, and the report, packed.
 * PURE: not sent, not signed (OpenDKIM does that on its way through the local
 * Sendmail).  On the thread that sends reports.
 */
#ifndef TLSQ_REPORT_MAIL_H
#define TLSQ_REPORT_MAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* All texts are safe to stand in a header: addresses and domains that were
 * parsed, and what the configuration's own checks have passed. */
struct report_mail {
	const char *day, *domain;	/* YYYY-MM-DD; A-labels */
	const char *report_id;		/* unique@submitter */
	const char *submitter;		/* domain of report.tls.contact-info */
	const char *from, *to;		/* addresses */
	int64_t now;
	int64_t day_start;		/* Unix seconds */
	const void *gzip;		/* the report */
	size_t gzip_len;
};

/* The RFC 5322 message, with CRLF. */
void report_mail_write(struct buf *out, const struct report_mail *mail);

#endif
