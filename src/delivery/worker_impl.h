/*
 * Inside a worker: destinations and sessions.  Not for other folders, which use
 * worker.h.  Everything here belongs to the thread of its worker.
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

struct delivery_worker {
	struct delivery_worker_config config;
	struct loop *loop;
	pthread_t thread;
	struct spool *spool;		/* for reading content */
	/* of the newest configuration met */
	struct nexthop_chooser *chooser;
	struct delivery_tls_cache *resumable;	/* TLS sessions */
	/* by key: those that take new jobs */
	struct delivery_destination *current;
	LIST_HEAD(destination_list, delivery_destination) all;
	LIST_HEAD(withheld_list, delivery_session) withheld;
	/* for a slot; longest first */
	TAILQ_HEAD(waiting_list, delivery_destination) waiting;
	/* longest first */
	TAILQ_HEAD(idle_list, delivery_session) idle;
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
struct delivery_destination {
	UT_hash_handle hh;
	LIST_ENTRY(delivery_destination) entry;
	struct delivery_worker *worker;
	/* delivery_destination_kick(): for those whom it calls. */
	void (*kick)(struct delivery_destination *d);
	char *key, *next_hop;
	struct settings *settings;
	struct nexthop_chooser *chooser;
	struct nexthop_choice choice;
	char *rule;			/* choice.rule */
	enum nexthop_waiver waiver;	/* of its messages */
	char *secret;			/* for the relay, or NULL */
	/* where choice is per_host; else NULL */
	struct delivery_job *sole;
	const char *queue;		/* virtual queue */
	int queue_limit;
	bool current;
	/* Facts and decisions. */
	int64_t started_ms, started_at;
	bool resolved;			/* the plan's hosts are known */
	struct nexthop_discovery survey;
	struct delivery_plan plan;
	/* Work. */
	struct delivery_job_list jobs;
	size_t n_jobs;
	LIST_HEAD(session_list, delivery_session) sessions;
	size_t n_sessions, n_unready, boost;
	/* Of sessions that ended with a result that was not recorded. */
	struct delivery_record **unrecorded;
	size_t n_unrecorded;
	struct loop_timer *ramp;
	bool waiting;			/* for a slot, in worker->waiting */
	TAILQ_ENTRY(delivery_destination) waiting_entry;
	bool kick_posted, gone;		/* gone: to be freed */
};

/* One message on its way through a session. */
struct delivery_message {
	LIST_ENTRY(delivery_message) entry;
	struct delivery_session *session;
	struct delivery_job *job;		/* a reference */
	struct smtp_transaction tx;
	struct smtp_recipient *recipients;
	size_t *index;			/* of each in the job */
	int64_t seq;			/* next piece of content */
	uint64_t octets;		/* of those before it */
	bool all_read;			/* there is none */
	int64_t started_ms, started_at;
};

struct delivery_session {
	LIST_ENTRY(delivery_session) entry;
	struct delivery_destination *dest;
	struct delivery_place place;
	struct smtp_client *client;
	struct delivery_record *record;
	struct nexthop_decision decision;	/* that it was opened under */
	char *tls_key;		/* owned */
	/* offered to the host, or NULL */
	struct delivery_tls_entry *resuming;
	/* from the handshake until ready */
	struct delivery_tls_proof *proof;
	struct loop_timer *idle;
	bool idling;			/* in worker->idle */
	TAILQ_ENTRY(delivery_session) idle_entry;
	int64_t started_ms;
	int given;			/* transactions */
	bool ready, ending;
	/* it ended within a message's content */
	bool cut;
	bool expected;			/* counted by spool_writer_expect */
	bool withheld;			/* in worker->withheld */
	LIST_ENTRY(delivery_session) withheld_entry;
	LIST_HEAD(delivery_list, delivery_message) deliveries;
	/* not tried here; go on at the end */
	struct delivery_job_list returned;
};

/* destination.c */
void delivery_destination_give(struct delivery_worker *w,
    struct delivery_job *job);
/* Looks where its jobs go now, and at its sessions; frees it where it is empty. */
void delivery_destination_kick(struct delivery_destination *d);
/* All waiting jobs are let go, idle sessions ended. */
void delivery_destination_drain(struct delivery_destination *d);
/* Tells the queue where the worker drains and none is left. */
void delivery_destinations_check_drained(struct delivery_worker *w);

/* destination_hosts.c */
void delivery_destination_resolve(struct delivery_destination *d);
void delivery_destination_resolve_end(struct delivery_destination *d);
/* The next job for a session at place; NULL: none.  Gives the reference. */
struct delivery_job *delivery_destination_take(struct delivery_destination *d,
    struct delivery_place place);
/* A job comes, or comes back to go on at job->place. */
void delivery_destination_add(struct delivery_destination *d,
    struct delivery_job *job);
const struct nexthop_decision *delivery_destination_decision(
    const struct delivery_destination *d, struct delivery_place place);
/* The address, or the whole host, at place will not do in this attempt. */
void delivery_destination_failed(struct delivery_destination *d,
    struct delivery_place place, struct delivery_attempt *a, bool whole_host);
/* Final for all that wait for the host at place (5xx to EHLO). */
void delivery_destination_refused(struct delivery_destination *d,
    struct delivery_place place, struct delivery_attempt *a);
/* The host at `host` is ourselves: neither it nor one that is no better is tried
 * (RFC 5321 5.1). */
void delivery_destination_loops(struct delivery_destination *d, size_t host,
    struct delivery_attempt *a);
/*
 * The host failed on a policy that was cached: true where the policy is read
 * again first, and jobs for the host wait.
 */
bool delivery_destination_recheck(struct delivery_destination *d,
    struct delivery_place place, struct delivery_attempt *a);
/*
 * An attempt of this destination, from row; where that has no start, it began
 * when the destination began to be resolved.  dec NULL: no decision was made;
 * host DESTINATION_NO_HOST: there is none.
 */
enum { DESTINATION_NO_HOST = NEXTHOP_HOSTS_MAX };
struct delivery_attempt *delivery_destination_attempt(
    const struct delivery_destination *d, size_t host,
    const struct nexthop_decision *dec, const struct spool_attempt *row,
    struct delivery_record *session);
/* The same without a decision or a session. */
struct delivery_attempt *delivery_destination_no_attempt(
    const struct delivery_destination *d, size_t host, const char *error,
    const char *status, const char *why);

/* transaction.c */
/* The job as a transaction of the session; it takes the reference. */
struct delivery_message *delivery_message_new(struct delivery_session *s,
    struct delivery_job *job);
/* The job is no longer the delivery's. */
void delivery_message_free(struct delivery_message *d);

/* session.c */
bool delivery_session_open(struct delivery_destination *d,
    struct delivery_place place);
void delivery_session_wake(struct delivery_session *s);
/* Ends the session of the queue that has been idle longest, if there is one. */
void delivery_session_end_idle(struct delivery_worker *w, const char *queue);
void delivery_session_drain(struct delivery_session *s);
void delivery_session_abort(struct delivery_session *s);

/* session_tls.c */
struct nexthop_proof delivery_session_proof(const struct delivery_session *s);
/* Before the client starts: a TLS session of before, where there is one. */
void delivery_session_offer_resumption(struct delivery_session *s,
    const struct nexthop_proof *proof, struct smtp_client_config *c);
/* As smtp_client_events.authenticate. */
void delivery_session_judge(void *session, const struct stls_peer *peer,
    struct smtp_verdict *verdict_r);
/* The evidence that is stored, once it is ready or has failed before: failed, an
 * RFC 8460 result type, or (lost) for a reason that has nothing to do with TLS. */
void delivery_session_fill_record(struct delivery_session *s,
    const char *failed, bool lost);
/* Ready: the TLS session is kept for others. */
void delivery_session_keep_proof(struct delivery_session *s);
/* The host did not get on with a session of before, which is forgotten: true,
 * and the host is to be tried again in full. */
bool delivery_session_resumption_failed(struct delivery_session *s,
    const struct smtp_failure *f);
void delivery_session_end_proof(struct delivery_session *s);

/* session_commit.c */
/* Must the end wait?  Then the client is woken when it need not any more. */
bool delivery_session_withholds(struct delivery_session *s);
/* Tells the writer whether a result of the session is on its way. */
void delivery_session_expect(struct delivery_session *s);
/* Something was recorded, perhaps what a withheld end waits for. */
void delivery_session_recorded(struct delivery_session *s);
/* The session ends: what it leaves unrecorded keeps the next ones waiting. */
void delivery_session_end_withheld(struct delivery_session *s);
void delivery_destination_forget_unrecorded(struct delivery_destination *d);

#endif
