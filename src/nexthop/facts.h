/*
 * attempt.facts: what a decision was made from, and what was seen of the host, as a
 * JSON object; written for each attempt, read again by `tlsq whatif`.  PURE; in a
 * worker's thread, or the command's.
 */
#ifndef TLSQ_NEXTHOP_FACTS_H
#define TLSQ_NEXTHOP_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "nexthop/decision.h"
#include "policy/forecast.h"

/* What a session showed; zeroed where there was none. */
struct nexthop_seen {
	enum policy_seen_tls tls;
	enum policy_pkix pkix;
	enum policy_seen_dane dane;
};

/* decision NULL: none was made, and the host says nothing. */
void nexthop_facts_write(struct buf *out, const struct nexthop_discovery *survey,
    size_t host, const struct nexthop_decision *decision,
    const struct nexthop_seen *seen);

/* The same facts for the functions that decide. */
void nexthop_facts_seen(struct policy_seen *seen_r,
    const struct nexthop_decision *decision, const struct nexthop_seen *seen);

/* The members of an object that was read; NULL: not there. */
struct nexthop_facts_words {
	const char *mx, *address, *tlsa, *mta_sts, *starttls, *pkix, *dane;
};
/* False: there was no decision at a host. */
bool nexthop_facts_read(struct policy_seen *seen_r,
    const struct nexthop_facts_words *words);

#endif
