/*
 * Which DSN a recipient's sender is owed (RFC 3461 4.1, 5.2, 6).  PURE.
 */
#ifndef TLSQ_DSN_OWED_H
#define TLSQ_DSN_OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsn/dsn.h"

/* What became of the recipient in an attempt. */
enum owed_event {
	OWED_FAILED,		/* for good, or given up */
	OWED_DELAYED,		/* deferred, and a notice is due */
	OWED_HANDED_ON,		/* to a host that gives receipts (DSN) */
	OWED_HANDED_OVER,	/* to one that does not */
	OWED_EVENT_COUNT
};

/*
 * NONE: nothing.  notify as in recipient.notify: NULL, "NEVER" or some of
 * "SUCCESS,FAILURE,DELAY"; what is none of these counts as NULL.
 */
enum dsn_action owed_decide(enum owed_event event, const char *sender,
    const char *notify);

/* How many notices are due at that age: the times in notify_s that passed. */
int owed_notices(const int64_t *notify_s, size_t n, int64_t age_s);

#endif
