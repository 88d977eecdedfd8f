/*
 * Sending TLS reports (RFC 8460 3 and 5): whose turn it is, where to, and what
 * became of it.  The rows of tls_report_sent are the state; a crash repeats at
 * most the report that was under way, with the same id.
 *
 * Blocks for as long as DNS and the receivers take: on a thread of its own in the
 * runner, or as `tlsq report --send`.
 */
#ifndef TLSQ_REPORT_SEND_H
#define TLSQ_REPORT_SEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "settings/settings.h"
#include "lookup/lookup.h"

struct report_send {
	const char *database, *own_name;
	const struct settings *settings;
	struct lookups *lookups;	/* of settings */
	/* What was never tried is due, whatever its time. */
	bool at_once;
	const char *day, *domain;	/* only these; NULL: all */
	/* Asked between two reports: the program ends.  May be NULL. */
	bool (*stopped)(void *ctx);
	void *ctx;
	/* Results. */
	size_t sent, queued, failed, deferred, skipped;
};

/*
 * Sends what is due.  False: no more could be done (the spool, or EX_CONFIG, where
 * report.tls.* lacks something); what failed with one receiver is in
 * tls_report_sent and the log.
 */
bool report_send_due(struct report_send *send, struct error *err) MUST_CHECK;

#endif
