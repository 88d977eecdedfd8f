/*
 * Says to the service manager that the runner lives, and what it is at: each
 * period it asks every worker's loop and its own, and only when all have answered
 * does the manager hear so.  A thread that hangs is thus found, and the runner
 * started anew (its claims are taken back at once).
 *
 * The writer is not asked: it may rightly wait for a locked database, and a new
 * process would wait as well.
 */
#ifndef TLSQ_QUEUE_WATCHDOG_H
#define TLSQ_QUEUE_WATCHDOG_H

#include "net/loop.h"
#include "delivery/worker.h"

struct queue_watchdog;

/*
 * NULL where no manager listens.  In the loop's thread; workers are borrowed;
 * *open, the recipients in hand, is read in that thread.
 */
struct queue_watchdog *queue_watchdog_start(struct loop *loop,
    struct delivery_worker *const *workers, size_t n_workers,
    const size_t *open);
/* Once the workers are stopped, so that none answers any more, and before the
 * loop is freed.  Accepts NULL. */
void queue_watchdog_free(struct queue_watchdog **watchdog);

#endif
