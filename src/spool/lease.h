/*
 * A runner's lease on what it claimed, and the housekeeping that a runner owes the
 * spool: its heartbeat, taking back the claims of dead runners, purging the
 * caches, checkpoints.  For the writer's thread.
 */
#ifndef TLSQ_SPOOL_LEASE_H
#define TLSQ_SPOOL_LEASE_H

#include "spool/runners.h"

struct spool_lease {
	int64_t lease_s;
	struct spool_runner *runner;	/* NULL: not begun */
	int64_t next_ms;		/* when housekeeping is due */
	bool wrote;			/* since it was due last */
	int64_t next_reap_ms, next_renew_ms;
};

/* Registers the runner, releases the claims of dead ones, and becomes the
 * checkpointer, unless another runner is it.  On a full disk it takes the
 * reserve. */
bool spool_lease_begin(struct spool_lease *lease, struct spool *spool,
    struct error *err) MUST_CHECK;
/* Does what is due; a checkpoint also where the caller wrote just now.  What
 * failed is due again. */
bool spool_lease_keep(struct spool_lease *lease, struct spool *spool,
    bool wrote, struct error *err) MUST_CHECK;

#endif
