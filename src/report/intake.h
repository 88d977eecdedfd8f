/*
 * Is a message that comes in through the mail server a TLS report of ours, on its
 * way out for the second time, and did OpenDKIM sign it?  PURE; in the milter's
 * threads.
 */
#ifndef TLSQ_REPORT_INTAKE_H
#define TLSQ_REPORT_INTAKE_H

#include <stdbool.h>

enum { REPORT_ID_MAX = 320 };

/* What its header says so far; begins zeroed. */
struct report_intake {
	bool has_domain, has_submitter;	/* the fields of RFC 8460 5.3 */
	bool is_signed;			/* by the domain of its sender */
	char id[REPORT_ID_MAX + 1];	/* Message-ID without <>; "": none */
};

/* A field, its value perhaps folded; domain: of the sender, lower case. */
void report_intake_header(struct report_intake *in, const char *domain,
    const char *name, const char *value);
/* All of the header was seen. */
bool report_intake_is_report(const struct report_intake *in);

#endif
