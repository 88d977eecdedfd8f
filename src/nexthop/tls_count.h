/*
 * What a session, or a refusal before one, adds to the TLS report of the domain
 * (RFC 8460 4).  PURE; in the thread of the worker whose destination it is.
 *
 * Counted are sessions that came as far as STARTTLS, and hosts that a policy keeps
 * us from.  A connection that failed before is not (RFC 8460 4.3.4), nor is a
 * relay that the configuration names, nor an address literal.
 */
#ifndef TLSQ_NEXTHOP_TLS_COUNT_H
#define TLSQ_NEXTHOP_TLS_COUNT_H

#include <stddef.h>

#include "base/mem.h"
#include "nexthop/decision.h"
#include "smtp/dialogue.h"
#include "spool/record.h"

/* A session, after the handshake or after its failure. */
struct nexthop_tls_session {
	bool tls;		/* the handshake was completed */
	/* Why the session ended before any mail: an RFC 8460 result type; NULL:
	 * it did not, or not because of TLS (lost then). */
	const char *failed;
	bool lost;
	/* What the certificate is worth; NULL: not known. */
	const struct smtp_verdict *verdict;
	const char *local, *remote;	/* addresses; NULL: not known */
};

enum { NEXTHOP_TLS_COUNTS_MAX = 3 };

/*
 * The counts for a session at a host, or (session NULL) for the refusal that the
 * decision is.  Texts are the arena's, or static; their number is returned.
 */
size_t nexthop_tls_counts(
    struct spool_tls_count counts_r[static NEXTHOP_TLS_COUNTS_MAX],
    struct arena *arena, const struct nexthop_discovery *survey, size_t host,
    const struct nexthop_decision *decision,
    const struct nexthop_tls_session *session);

#endif
