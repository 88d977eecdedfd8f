/*
 * How many sessions each virtual queue may have open at a time
 * (queue.virtual.<id>.threads-per-node), counted over all workers.
 */
#ifndef TLSQ_RUNNER_GATE_H
#define TLSQ_RUNNER_GATE_H

#include <stdbool.h>

struct gate;

struct gate *gate_new(void);
void gate_free(struct gate **gate);
/* Any thread.  False: the queue is full, and the caller is noted as waiting. */
bool gate_enter(struct gate *gate, const char *queue, int limit);
/* True where somebody was noted as waiting for this queue since. */
bool gate_leave(struct gate *gate, const char *queue);

#endif
