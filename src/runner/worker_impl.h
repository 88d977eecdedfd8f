/*
 * Inside a worker: destinations and sessions.  Everything here belongs to the
 * worker's thread.
 */
#ifndef TLSQ_RUNNER_WORKER_IMPL_H
#define TLSQ_RUNNER_WORKER_IMPL_H

#include <pthread.h>
#include <sys/queue.h>
#include "base/hash.h"

#include "lookup/host.h"
#include "lookup/mx.h"
#include "net/loop.h"
#include "runner/worker.h"
#include "smtp/client.h"

struct worker {
	struct worker_config config;
	struct loop *loop;
	pthread_t thread;
	struct spool *spool;		/* for reading content */
	struct destination *current;	/* by key: those that take new jobs */
	LIST_HEAD(destination_list, destination) all;
	struct loop_timer *patience;
	bool draining, drained_told;
	void (*drained)(void *ctx);
	void *drained_ctx;
};

/* The lookup of one host of the plan that is under way. */
struct host_ask {
	struct destination *dest;
	size_t host;
	struct lookup_request *request;
};

/*
 * A next hop under one strategy, route, connection and virtual queue.
 *
 * Invariants: a job is in `jobs`, or in a delivery of one of `sessions`, never
 * both; a destination that is not in worker->current takes no new jobs; it is
 * freed when it has neither jobs nor sessions.
 */
struct destination {
	UT_hash_handle hh;
	LIST_ENTRY(destination) entry;
	struct worker *worker;
	char *key, *next_hop;
	struct snapshot *snapshot;
	const struct conf_tls_strategy *strategy;
	const struct conf_route *route;
	const struct conf_connection *connection;
	const char *queue;		/* virtual queue */
	int queue_limit;
	enum policy_level level;
	bool current;
	/* Facts. */
	bool resolved;			/* the plan's hosts are known */
	enum mx_status mx_status;
	int64_t started_ms, started_at, expires_at;
	struct lookup_request *mx_request;
	struct host_ask asks[PLAN_HOSTS_MAX];
	struct plan plan;
	/* Work. */
	struct job_list jobs;
	size_t n_jobs;
	LIST_HEAD(session_list, session) sessions;
	size_t n_sessions, n_unready, boost;
	struct loop_timer *ramp;
	bool starved;			/* waits for the gate */
	bool kick_posted, gone;		/* gone: to be freed */
};

/* One message on its way through a session. */
struct delivery {
	LIST_ENTRY(delivery) entry;
	struct session *session;
	struct job *job;		/* a reference */
	struct smtp_transaction tx;
	struct smtp_recipient *recipients;
	size_t *index;			/* of each in the job */
	int64_t seq;			/* next piece of content */
	int64_t started_ms, started_at;
};

struct session {
	LIST_ENTRY(session) entry;
	struct destination *dest;
	struct plan_place place;
	struct smtp_client *client;
	struct session_record *record;
	struct loop_timer *idle;
	int64_t started_ms;
	int given;			/* transactions */
	bool ready, ending;
	LIST_HEAD(delivery_list, delivery) deliveries;
	struct job_list returned;	/* not tried here; settled at the end */
};

/* worker.c */
void worker_check_drained(struct worker *w);

/* destination.c */
void destination_give(struct worker *w, struct job *job);
void destination_kick(struct destination *d);
/* The next job for a session at place; NULL: none.  Gives the reference. */
struct job *destination_take(struct destination *d, struct plan_place place);
/* A job comes back, to go on at job->place. */
void destination_return(struct destination *d, struct job *job);
/* The address, or the whole host, at place will not do in this attempt. */
void destination_failed(struct destination *d, struct plan_place place,
    struct note *note, bool whole_host);
/* Final for all that wait for the host at place (5xx to EHLO). */
void destination_refused(struct destination *d, struct plan_place place,
    struct note *note);
void destination_session_ready(struct destination *d);
void destination_session_gone(struct destination *d, bool was_ready);
/* All waiting jobs are let go, idle sessions ended. */
void destination_drain(struct destination *d);
/* Frees it where it is empty. */
void destination_reap(struct destination *d);

/* resolve.c */
void destination_resolve(struct destination *d);
void destination_resolve_cancel(struct destination *d);

/* session.c */
bool session_open(struct destination *d, struct plan_place place);
void session_wake(struct session *s);
void session_drain(struct session *s);
void session_abort(struct session *s);

/* A note of this destination, started when it began to be resolved. */
struct note *destination_note(const struct destination *d, const char *mx,
    const char *error, const char *status, const char *sentence);

#endif
