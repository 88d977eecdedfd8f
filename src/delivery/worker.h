/*
 * A worker: one thread with an event loop, the destinations whose domains are
 * its own, and their sessions.
 */
#ifndef TLSQ_DELIVERY_WORKER_H
#define TLSQ_DELIVERY_WORKER_H

#include "delivery/session_limit.h"
#include "delivery/job.h"
#include "delivery/result.h"

struct delivery_worker;

struct delivery_worker_config {
	const char *database;
	struct spool_writer *writer;
	struct delivery_limit *limit;
	/* lives longer than the writer */
	const struct delivery_events *events;
	const char *own_name;		/* the system's host name */
	/* how long a session is kept for more */
	int64_t idle_ms;
};

/* Starts the thread; config is copied, its pointers kept. */
bool delivery_worker_start(struct delivery_worker **w_r,
    const struct delivery_worker_config *config, struct error *err) MUST_CHECK;
/* Gives jobs to the worker.  Any thread. */
void delivery_worker_give(struct delivery_worker *w,
    struct delivery_job_list *jobs);
/* The virtual queue may have a session again; queue is the limit's.  Any
 * thread. */
void delivery_worker_offer_slot(struct delivery_worker *w, const char *queue);
/* Something was recorded: sessions may wait for it.  Any thread. */
void delivery_worker_recorded(struct delivery_worker *w);
/* Runs fn(arg) in the worker's thread.  Any thread. */
void delivery_worker_post(struct delivery_worker *w, void (*fn)(void *arg),
    void *arg);
/*
 * No new messages: waiting jobs are dropped (their claims are released by the
 * writer when it stops), sessions end after what they are at, at the latest
 * after ten seconds; those that wait for the verdict on a message that was sent
 * whole have a minute.  Then events.drained is called.
 */
void delivery_worker_drain(struct delivery_worker *w);
/*
 * Ends the thread, blocks for it, and lets go of the configuration.  Its services
 * may go on answering questions that nobody has any more until the last worker
 * has: so the loop, which they answer to, stays until delivery_worker_free().
 * Both accept NULL.
 */
void delivery_worker_stop(struct delivery_worker *w);
void delivery_worker_free(struct delivery_worker **w);

#endif
