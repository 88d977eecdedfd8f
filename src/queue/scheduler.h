/*
 * The scheduler: decides when to claim and how much, and who gets it.  Runs in
 * the main thread's loop.
 */
#ifndef TLSQ_QUEUE_SCHEDULER_H
#define TLSQ_QUEUE_SCHEDULER_H

#include "base/error.h"
#include "queue/options.h"

/*
 * Runs the queue as the options say; returns when it is done (--once) or told to
 * stop (SIGTERM, SIGINT).  Blocks.  The result is an exit code; what could not
 * be done is logged.
 */
int queue_scheduler_run(const struct queue_options *options);

#endif
