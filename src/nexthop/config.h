/*
 * The configuration of one moment, shared by all threads: made by the scheduler
 * when the stored one has changed, never changed itself, and freed with the last
 * reference, so that a delivery ends under the settings it began with.
 */
#ifndef TLSQ_NEXTHOP_CONFIG_H
#define TLSQ_NEXTHOP_CONFIG_H

#include <stdatomic.h>
#include <stdint.h>

#include "conf/config.h"
#include "nexthop/services.h"
#include "spool/spool.h"

struct snapshot {
	atomic_int refs;
	int64_t generation;
	struct conf_rows *rows;		/* conf was made of them */
	struct conf *conf;
	struct services *services;
};

/*
 * Reads the stored configuration and makes its services, or keeps those of
 * `before` (may be NULL).  EX_CONFIG where it does not make sense.
 */
bool snapshot_load(struct snapshot **s_r, struct spool *spool,
    const struct snapshot *before, struct writer *writer, struct error *err)
    MUST_CHECK;
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot **s);

#endif
