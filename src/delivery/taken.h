/*
 * Recipients that were taken from this runner while their job waited: by the
 * administrator (spool/admin.h), or by another runner after the lease had ended.
 */
#ifndef TLSQ_DELIVERY_TAKEN_H
#define TLSQ_DELIVERY_TAKEN_H

#include <stdbool.h>

#include "delivery/job.h"
#include "delivery/worker.h"

/*
 * Settles such recipients of the job, without a result.  False where none is left
 * to be sent to.  Reads by spool, the worker's handle.  In the worker's thread.
 */
bool taken_check(struct job *job, const struct worker_config *config,
    struct spool *spool);

#endif
