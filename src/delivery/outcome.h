/*
 * From what happened to what is recorded: lines of a report.
 */
#ifndef TLSQ_DELIVERY_OUTCOME_H
#define TLSQ_DELIVERY_OUTCOME_H

#include "nexthop/chooser.h"
#include "delivery/result.h"

/*
 * Recipient i of the job is settled by what a host said to it: `last` is that
 * note, and outcome DELIVERED, FAILED or DEFERRED.
 */
void settle_by_host(struct report *r, struct job *job, size_t i,
    struct note *last, enum spool_outcome outcome);
/*
 * No host is left: all notes of the recipient (one or more) decide together
 * (policy/outcome.h).  After error tls the chooser, which may be NULL, says
 * whether another strategy is to be tried at once (doc/policy.md 2).
 */
void settle_exhausted(struct report *r, struct job *job, size_t i,
    struct chooser *chooser);

#endif
