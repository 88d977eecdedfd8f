/*
 * Where a domain wants its TLS reports: the TXT record at _smtp._tls.DOMAIN (RFC
 * 8460 3).  PURE.  Asking for it is send.c's, on the thread that sends reports.
 */
#ifndef TLSQ_REPORT_TXT_H
#define TLSQ_REPORT_TXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum { REPORT_TARGETS_MAX = 10 };

struct report_target {
	bool https;
	const char *text;	/* https: the URI; mailto: the address, decoded */
};

struct report_txt {
	struct report_target target[REPORT_TARGETS_MAX];
	size_t n;
};

/*
 * Is text (the strings of one TXT record, joined) a TLSRPT record?  Others at the
 * same name do not count.
 */
bool report_txt_is_record(const char *text, size_t len);

/*
 * The targets of such a record, in its order, texts in the arena.  A URI that is
 * broken, or of another scheme, is left out, and so is what is beyond
 * REPORT_TARGETS_MAX.  False where the record is not well-formed: then the domain
 * wants no reports.
 */
bool report_txt_parse(struct report_txt *txt_r, struct arena *arena,
    const char *text, size_t len);

#endif
