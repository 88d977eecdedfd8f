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

struct gate;

struct gate *gate_new(void);
void gate_free(struct gate **gate);
/* So many runners hold claims, this one included.  Any thread. */
void gate_share(struct gate *gate, int runners);
/* This runner's part of a limit, 1 at least.  Any thread. */
int gate_part(const struct gate *gate, int limit);
/* Any thread.  False: the queue is full, and the caller is noted as waiting. */
bool gate_enter(struct gate *gate, const char *queue, int limit);
/* Where somebody was noted as waiting for this queue since: its name, which lives
 * as long as the gate; else NULL. */
const char *gate_leave(struct gate *gate, const char *queue);
/* Is somebody noted as waiting?  Any thread. */
bool gate_is_wanted(struct gate *gate, const char *queue);

#endif
