/*
 * Inside the scheduler.  Everything here belongs to the main thread.
 */
#ifndef TLSQ_QUEUE_SCHEDULER_IMPL_H
#define TLSQ_QUEUE_SCHEDULER_IMPL_H

#include "base/host.h"
#include "net/loop.h"
#include "nexthop/services.h"
#include "queue/backlog.h"
#include "delivery/session_limit.h"
#include "queue/options.h"
#include "queue/reporter.h"
#include "queue/upkeep.h"
#include "queue/watchdog.h"
#include "delivery/worker.h"
#include "settings/settings.h"
#include "spool/writer.h"

enum { WORKERS_MAX = 4 };

struct queue_scheduler {
	const struct queue_options *options;
	struct loop *loop;
	struct spool_writer *writer;
	struct delivery_limit *limit;	/* of sessions */
	struct delivery_worker *workers[WORKERS_MAX];
	size_t n_workers, n_drained;
	struct delivery_events events;
	struct spool *spool;		/* for reading */
	struct settings_follower in_force;
	struct nexthop_services_source services; /* what they are made with */
	int64_t data_version;
	int64_t clock_offset;		/* clock_jump_s() */
	int64_t unchanged;		/* polls since it was another one */
	struct queue_backlog backlog;		/* claimed, without result */
	size_t opened, closed;		/* at the last claim, and since */
	/* in this batch; the writer's thread's */
	struct closed *recorded;
	/* For claim.c. */
	void (*at_rest)(struct queue_scheduler *s, int64_t next_due_at);
	void (*claim_failed)(struct queue_scheduler *s);
	int64_t shared_at;		/* when other runners were counted */
	bool claiming;			/* a claim is with the writer */
	bool again;			/* claim at once when it is back */
	bool made_due;			/* --now was served */
	struct loop_timer *wake;	/* the next due recipient */
	struct loop_timer *poll;	/* data_version */
	struct loop_watch *signals;
	/* --once: NULL until all mail is done */
	struct queue_upkeep *upkeep;
	struct queue_reporter *reporter;	/* as upkeep */
	struct queue_watchdog *watchdog;	/* NULL: nobody listens */
	int signal_fd;
	bool stopping;
	int exit_code;
	int fatal_code;			/* the writer's thread's, then ours */
	char own_name[HOST_NAME_LEN];
	int64_t started_at;
};

/* claim.c */
/* Asks the writer to claim, unless that is under way or there is no room. */
void queue_scheduler_claim(struct queue_scheduler *s);
/* As struct delivery_events. */
void queue_scheduler_recorded(void *ctx, const char *domain, const int64_t *ids,
    size_t n);
void queue_scheduler_dropped(void *ctx, const char *domain, const int64_t *ids,
    size_t n);
/* Hands over what was recorded, at the end of a batch.  In the writer's thread. */
void queue_scheduler_batch_over(void *ctx);

#endif
