/*
 * A worker: one thread with an event loop, the destinations whose domains are
 * its own, and their sessions.
 */
#ifndef TLSQ_DELIVERY_WORKER_H
#define TLSQ_DELIVERY_WORKER_H

#include "delivery/session_limit.h"
#include "delivery/job.h"
#include "delivery/result.h"

struct worker;

struct worker_config {
	const char *database;
	struct writer *writer;
	struct delivery_limit *limit;
	const struct delivery_events *events;	/* lives longer than the writer */
	const char *own_name;		/* the system's host name */
	int64_t idle_ms;		/* how long a session is kept for more */
};

/* Starts the thread; config is copied, its pointers kept. */
bool worker_start(struct worker **w_r, const struct worker_config *config,
    struct error *err) MUST_CHECK;
/* Gives jobs to the worker.  Any thread. */
void worker_give(struct worker *w, struct job_list *jobs);
/* The virtual queue may have a session again; queue is the limit's.  Any
 * thread. */
void worker_offer_slot(struct worker *w, const char *queue);
/* Something was recorded: sessions may wait for it.  Any thread. */
void worker_recorded(struct worker *w);
/* Runs fn(arg) in the worker's thread.  Any thread. */
void worker_post(struct worker *w, void (*fn)(void *arg), void *arg);
/*
 * No new messages: waiting jobs are dropped (their claims are released by the
 * writer when it stops), sessions end after what they are at, at the latest
 * after ten seconds; those that wait for the verdict on a message that was sent
 * whole have a minute.  Then events.drained is called.
 */
void worker_drain(struct worker *w);
/*
 * Ends the thread, blocks for it, and lets go of the configuration.  Its services
 * may go on answering questions that nobody has any more until the last worker
 * has: so the loop, which they answer to, stays until worker_free.  Both accept
 * NULL.
 */
void worker_stop(struct worker *w);
void worker_free(struct worker **w);

#endif
