/*
 * How many sessions each virtual queue may have open at a time
 * (queue.virtual.<id>.threads-per-node), counted over all workers.
 *
 * Limits hold for all runners of the spool: those that hold claims have an equal
 * part each.  Where one joins, the others let go what they have above theirs by
 * and by, as sessions end.
 */
#ifndef TLSQ_DELIVERY_SESSION_LIMIT_H
#define TLSQ_DELIVERY_SESSION_LIMIT_H

#include <stdbool.h>

struct delivery_limit;

struct delivery_limit *delivery_limit_new(void);
void delivery_limit_free(struct delivery_limit **l);
/* So many runners hold claims, this one included.  Any thread. */
void delivery_limit_share(struct delivery_limit *l, int runners);
/* This runner's part of a limit, 1 at least.  Any thread. */
int delivery_limit_part(const struct delivery_limit *l, int limit);
/* Any thread.  False: the queue is full, and the caller is noted as waiting. */
bool delivery_limit_enter(struct delivery_limit *l, const char *queue,
    int limit);
/* Where somebody was noted as waiting for this queue since: its name, which lives
 * as long as the limit; else NULL. */
const char *delivery_limit_leave(struct delivery_limit *l, const char *queue);
/* Is somebody noted as waiting?  Any thread. */
bool delivery_limit_is_wanted(struct delivery_limit *l, const char *queue);

#endif
