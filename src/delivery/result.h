/*
 * Results: what became of some recipients of a job, on its way to the database.
 * A worker makes them, the writer stores and logs them, the queue counts them.
 */
#ifndef TLSQ_DELIVERY_RESULT_H
#define TLSQ_DELIVERY_RESULT_H

#include "delivery/job.h"
#include "nexthop/chooser.h"
#include "spool/writer.h"

/* What the queue is told. */
struct delivery_events {
	/* n recipients (ids) of domain are recorded.  In the writer's thread. */
	void (*recorded)(void *ctx, const char *domain, const int64_t *ids,
	    size_t n);
	/* They were let go, untried.  In a worker's thread. */
	void (*dropped)(void *ctx, const char *domain, const int64_t *ids,
	    size_t n);
	/* The virtual queue may have a session again: all workers should look.
	 * In a worker's thread. */
	void (*slot_freed)(void *ctx, const char *queue);
	/* After delivery_worker_drain().  In the worker's thread. */
	void (*drained)(void *ctx);
	void *ctx;
};

/* The results of recipients of one job; events are kept until they are recorded. */
struct delivery_results;
struct delivery_results *delivery_results_new(struct delivery_job *job,
    const struct delivery_events *events) __attribute__((returns_nonnull));
/*
 * A host decided on recipient i: `last` is that attempt, and outcome DELIVERED,
 * FAILED or DEFERRED.
 */
void delivery_results_add(struct delivery_results *r, size_t i,
    struct delivery_attempt *last, enum spool_outcome outcome);
/*
 * No host is left: all attempts of the recipient (one or more) decide together
 * (policy/retry.h).  After error tls the chooser, which may be NULL, says
 * whether another strategy is to be tried at once.
 */
void delivery_results_add_exhausted(struct delivery_results *r, size_t i,
    struct nexthop_chooser *chooser);
/* They are of a message in this session: counted there until they are done. */
void delivery_results_of_session(struct delivery_results *r,
    struct delivery_record *session);
/* Gives them away. */
void delivery_results_send(struct delivery_results *r,
    struct spool_writer *writer);

#endif
