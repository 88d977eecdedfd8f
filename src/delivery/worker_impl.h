/*
 * Inside a worker: destinations and sessions.  Everything here belongs to the
 * worker's thread.
 */
#ifndef TLSQ_DELIVERY_WORKER_IMPL_H
#define TLSQ_DELIVERY_WORKER_IMPL_H

#include <pthread.h>
#include <sys/queue.h>
#include "base/hash.h"

#include "net/loop.h"
#include "nexthop/decision.h"
#include "nexthop/verify.h"
#include "delivery/tls_cache.h"
#include "nexthop/discovery.h"
#include "delivery/worker.h"
#include "smtp/client.h"

struct worker {
	struct worker_config config;
	struct loop *loop;
	pthread_t thread;
	struct spool *spool;		/* for reading content */
	struct chooser *chooser;	/* of the newest configuration met */
	struct resume_store *resumable;	/* TLS sessions */
	struct destination *current;	/* by key: those that take new jobs */
	LIST_HEAD(destination_list, destination) all;
	LIST_HEAD(withheld_list, session) withheld;
	TAILQ_HEAD(waiting_list, destination) waiting;	/* for a slot; longest first */
	TAILQ_HEAD(idle_list, session) idle;		/* longest first */
	struct loop_timer *patience;
	bool draining, drained_told, waited_long;
};

/*
 * A next hop under one route choice and virtual queue.
 *
 * Invariants: a job is in `jobs`, or in a delivery of one of `sessions`, never
 * both; a destination that is not in worker->current takes no new jobs; it is
 * freed when it has neither jobs nor sessions.
 */
struct destination {
	UT_hash_handle hh;
	LIST_ENTRY(destination) entry;
	struct worker *worker;
	/* destination_kick(): for those whom it calls. */
	void (*kick)(struct destination *d);
	char *key, *next_hop;
	struct settings *settings;
	struct chooser *chooser;
	struct way choice;
	char *rule;			/* choice.rule */
	bool waived;			/* its messages waive TLS */
	char *secret;			/* for the relay, or NULL */
	struct job *sole;		/* where choice is per_host; else NULL */
	const char *queue;		/* virtual queue */
	int queue_limit;
	bool current;
	/* Facts and decisions. */
	int64_t started_ms, started_at;
	bool resolved;			/* the plan's hosts are known */
	struct survey survey;
	struct plan plan;
	/* Work. */
	struct job_list jobs;
	size_t n_jobs;
	LIST_HEAD(session_list, session) sessions;
	size_t n_sessions, n_unready, boost;
	/* Of sessions that ended with a result that was not recorded. */
	struct delivery_record **unrecorded;
	size_t n_unrecorded;
	struct loop_timer *ramp;
	bool waiting;			/* for a slot, in worker->waiting */
	TAILQ_ENTRY(destination) waiting_entry;
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
	uint64_t octets;		/* of those before it */
	bool all_read;			/* there is none */
	int64_t started_ms, started_at;
};

struct session {
	LIST_ENTRY(session) entry;
	struct destination *dest;
	struct plan_place place;
	struct smtp_client *client;
	struct delivery_record *record;
	struct decision decision;	/* that it was opened under */
	char *resume_key;		/* owned */
	struct resume_entry *resuming;	/* offered to the host, or NULL */
	struct resume_proof *proof;	/* from the handshake until ready */
	struct loop_timer *idle;
	bool idling;			/* in worker->idle */
	TAILQ_ENTRY(session) idle_entry;
	int64_t started_ms;
	int given;			/* transactions */
	bool ready, ending;
	bool cut;			/* it ended within a message's content */
	bool expected;			/* counted by writer_expect */
	bool withheld;			/* in worker->withheld */
	LIST_ENTRY(session) withheld_entry;
	LIST_HEAD(delivery_list, delivery) deliveries;
	struct job_list returned;	/* not tried here; go on at the end */
};

/* destination.c */
void destination_give(struct worker *w, struct job *job);
/* Looks where its jobs go now, and at its sessions; frees it where it is empty. */
void destination_kick(struct destination *d);
/* All waiting jobs are let go, idle sessions ended. */
void destination_drain(struct destination *d);
/* Tells the queue where the worker drains and none is left. */
void destinations_check_drained(struct worker *w);

/* destination_hosts.c */
void destination_resolve(struct destination *d);
void destination_resolve_end(struct destination *d);
/* The next job for a session at place; NULL: none.  Gives the reference. */
struct job *destination_take(struct destination *d, struct plan_place place);
/* A job comes, or comes back to go on at job->place. */
void destination_add(struct destination *d, struct job *job);
const struct decision *destination_decision(const struct destination *d,
    struct plan_place place);
/* The address, or the whole host, at place will not do in this attempt. */
void destination_failed(struct destination *d, struct plan_place place,
    struct delivery_attempt *a, bool whole_host);
/* Final for all that wait for the host at place (5xx to EHLO). */
void destination_refused(struct destination *d, struct plan_place place,
    struct delivery_attempt *a);
/* The host at `host` is ourselves: neither it nor one that is no better is tried
 * (RFC 5321 5.1). */
void destination_loops(struct destination *d, size_t host,
    struct delivery_attempt *a);
/*
 * The host failed on a policy that was cached: true where the policy is read
 * again first, and jobs for the host wait.
 */
bool destination_recheck(struct destination *d, struct plan_place place,
    struct delivery_attempt *a);
/*
 * An attempt of this destination, from row; where that has no start, it began
 * when the destination began to be resolved.  dec NULL: no decision was made;
 * host DESTINATION_NO_HOST: there is none.
 */
enum { DESTINATION_NO_HOST = SURVEY_HOSTS_MAX };
struct delivery_attempt *destination_attempt(const struct destination *d,
    size_t host, const struct decision *dec, const struct spool_attempt *row,
    struct delivery_record *session);
/* The same without a decision or a session. */
struct delivery_attempt *destination_no_attempt(const struct destination *d,
    size_t host, const char *error, const char *status, const char *why);

/* transaction.c */
/* The job as a transaction of the session; it takes the reference. */
struct delivery *delivery_new(struct session *s, struct job *job);
/* The job is no longer the delivery's. */
void delivery_free(struct delivery *d);

/* session.c */
bool session_open(struct destination *d, struct plan_place place);
void session_wake(struct session *s);
/* Ends the session of the queue that has been idle longest, if there is one. */
void session_end_idle(struct worker *w, const char *queue);
void session_drain(struct session *s);
void session_abort(struct session *s);

/* session_tls.c */
struct proof session_proof(const struct session *s);
/* Before the client starts: a TLS session of before, where there is one. */
void session_offer_resumption(struct session *s, const struct proof *proof,
    struct smtp_client_config *c);
/* As smtp_client_events.authenticate. */
void session_judge(void *session, const struct stls_peer *peer,
    struct smtp_verdict *verdict_r);
/* The evidence that is stored. */
void session_fill_record(struct session *s);
/* Ready: the TLS session is kept for others. */
void session_keep_proof(struct session *s);
/* The host did not get on with a session of before, which is forgotten: true,
 * and the host is to be tried again in full. */
bool session_resumption_failed(struct session *s,
    const struct smtp_failure *f);
void session_end_proof(struct session *s);

/* session_commit.c */
/* Must the end wait?  Then the client is woken when it need not any more. */
bool session_withholds(struct session *s);
/* Tells the writer whether a result of the session is on its way. */
void session_expect(struct session *s);
/* Something was recorded, perhaps what a withheld end waits for. */
void session_recorded(struct session *s);
/* The session ends: what it leaves unrecorded keeps the next ones waiting. */
void session_end_withheld(struct session *s);
void destination_forget_unrecorded(struct destination *d);

#endif
