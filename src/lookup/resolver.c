/*
 * The resolver thread: requests in, one query per name and type to libunbound,
 * answers out.
 *
 * libunbound works in this thread too, on its loop; once that runs, all its
 * functions are called from there.  A query that runs out of time is answered
 * with an error, but libunbound goes on with it (it would after ub_cancel() too):
 * it counts among those that are asked until libunbound is done.
 *
 * A thousand domains are asked for at once.  Where all their questions are sent
 * before the first answer is read, libunbound checks twice as many signatures and
 * takes twice the memory (doc/performance.md): so a few are asked, then what has
 * come is looked at.
 *
 * Nor are more asked at a time than libunbound has sockets for.  Beyond that
 * their packets would wait in it while their time runs out, so that thousands of
 * domains whose servers are silent would make the lookups of another one fail.
 * Here they wait in a queue, and a question's time starts when it is asked.
 *
 * Silent servers must not hold that queue for long.  A question to one keeps its
 * place for 5 s (unbound.c), and a second try would keep it for another 4 s: only a
 * few of those questions get one.  While half of the places are taken, the rest are
 * given out slowly, so that they also come back one by one, and in turn to the
 * oldest and the newest question: a domain does not wait for all the silent ones
 * that came before it.
 */
#include "lookup/resolver.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>
#include <unbound.h>

#include "base/clock.h"
#include "base/hash.h"
#include "lookup/answer_impl.h"
#include "lookup/packet.h"
#include "lookup/unbound_impl.h"

enum {
	ASKED_AT_ONCE = 8,
	/* Half of outgoing-range (unbound.c): a question may need several
	 * packets at the same time, for the addresses of name servers. */
	ASKED_MAX = 2048,
	/* From here on, a few every PACE_MS: not much faster than silent
	 * servers give their places back. */
	ASKED_MANY = ASKED_MAX / 2,
	PACED_AT_ONCE = 2,
	PACE_MS = 5,
	/* SERVFAIL after this time means that no server has answered. */
	SILENT_MS = 2000,
	SILENT_SECOND_MAX = ASKED_MAX / 32,
	/* libunbound remembers SERVFAIL for 5 s, and counts whole seconds. */
	SECOND_TRY_MS = 6100
};

struct query {
	UT_hash_handle hh;
	TAILQ_ENTRY(query) entry;	/* in resolver->unasked */
	LIST_ENTRY(query) late_entry;	/* in resolver->late */
	struct resolver *resolver;
	struct lookup_request_list waiting;
	struct loop_timer *timer;
	char *key;		/* type, blank, name */
	const char *name;	/* within key */
	int rrtype, id;
	bool asked;		/* counts in resolver->n_asked */
	bool late;		/* answered without libunbound */
	bool second_try;
	bool silent;		/* counts in resolver->n_silent */
	int64_t asked_ms;
	int64_t deadline_ms;	/* 0: not asked yet */
	bool asking;		/* ub_resolve_event() has not returned */
	struct facts *early;	/* the answer, given meanwhile */
};
TAILQ_HEAD(query_list, query);

struct resolver {
	struct loop *loop;
	struct unbound unbound;
	struct query *queries;
	struct query_list unasked;
	LIST_HEAD(, query) late;
	size_t n_asked;
	size_t n_silent;	/* second tries of what was silent */
	bool newest_next;
	struct loop_timer *pace;
	bool turn_posted;
	int64_t timeout_ms;
	bool stopped;		/* no more is asked */
	pthread_t thread;
	bool joined;
};

static const char ending[] = "shutting down";

static void ask_some(void *arg);

/* Whose turn it is, or NULL. */
static struct query *
next_query(const struct resolver *r)
{
	if (r->n_asked >= ASKED_MAX)
		return NULL;
	return r->n_asked >= ASKED_MANY && r->newest_next ?
	    TAILQ_LAST(&r->unasked, query_list) : TAILQ_FIRST(&r->unasked);
}

static void
ask_soon(struct resolver *r)
{
	if (r->turn_posted || r->stopped || next_query(r) == NULL)
		return;
	r->turn_posted = true;
	if (r->n_asked >= ASKED_MANY)
		loop_timer_set(r->pace, PACE_MS);
	else
		loop_post(r->loop, ask_some, r);
}

/* The query is no longer libunbound's. */
static void
leave(struct query *q)
{
	loop_timer_free(&q->timer);
	if (!q->asked)
		return;
	q->asked = false;
	q->resolver->n_asked--;
	ask_soon(q->resolver);
}

static void
release_query(struct query *q)
{
	q->resolver->n_silent -= q->silent;
	free(q->key);
	free(q);
}

/* Takes the facts.  The query is there still. */
static void
tell(struct query *q, struct facts *a)
{
	HASH_DEL(q->resolver->queries, q);
	lookup_request_answer(&q->waiting, a);
	lookup_facts_unref(a);
}

/* Takes the facts. */
static void
resolver_finish(struct query *q, struct facts *a)
{
	leave(q);
	tell(q, a);
	release_query(q);
}

static void
fail(struct query *q, int64_t ttl_s, const char *cause)
{
	resolver_finish(q, answer_failed(q->name, q->rrtype, ttl_s, cause));
}

static void
on_timeout(void *arg)
{
	struct query *q = arg;
	char cause[64];

	(void)snprintf(cause, sizeof(cause), "no answer within %lld s",
	    (long long)((q->resolver->timeout_ms + 999) / 1000));
	loop_timer_free(&q->timer);
	tell(q, answer_failed(q->name, q->rrtype, DNS_TTL_ERROR_S, cause));
	q->late = true;
	LIST_INSERT_HEAD(&q->resolver->late, q, late_entry);
}

static void
try_again(void *arg)
{
	struct query *q = arg;

	loop_timer_free(&q->timer);
	TAILQ_INSERT_HEAD(&q->resolver->unasked, q, entry);
	ask_soon(q->resolver);
}

/* A server that fails once gets a second chance, within the time: a host must not
 * be refused for that, nor a policy be overlooked. */
static bool
wants_second_try(struct query *q, const struct facts *a)
{
	const struct dns_answer *answer = a->of;
	struct resolver *r = q->resolver;
	int64_t now = clock_mono_ms();

	if (answer->rcode != RCODE_SERVFAIL || q->second_try ||
	    now + SECOND_TRY_MS >= q->deadline_ms)
		return false;
	if (now - q->asked_ms < SILENT_MS)
		return true;
	if (r->n_silent >= SILENT_SECOND_MAX)
		return false;
	q->silent = true;
	r->n_silent++;
	return true;
}

/* Takes the facts. */
static void
answered(struct query *q, struct facts *a)
{
	if (!wants_second_try(q, a)) {
		resolver_finish(q, a);
		return;
	}
	lookup_facts_unref(a);
	leave(q);
	q->second_try = true;
	q->timer = loop_timer_new(q->resolver->loop, try_again, q);
	loop_timer_set(q->timer, SECOND_TRY_MS);
}

/* The packet is libunbound's, and everybody's who asked for it. */
static void
resolver_on_answer(void *arg, int rcode, void *packet, int len, int security,
    char *why_bogus, int was_ratelimited)
{
	const struct answer_raw raw = {
		.rcode = rcode,
		.packet = packet,
		.len = len < 0 ? 0 : (size_t)len,
		.security = security,
		.why_bogus = why_bogus,
	};
	struct query *q = arg;

	(void)was_ratelimited;
	if (q->late) {
		LIST_REMOVE(q, late_entry);
		leave(q);
		release_query(q);
	} else if (q->asking) {
		q->early = answer_from_raw(q->name, q->rrtype, &raw);
	} else {
		answered(q, answer_from_raw(q->name, q->rrtype, &raw));
	}
}

/*
 * Nothing more will be asked: answers what is open.  No ttl, so that nobody
 * remembers it.  Cancelled first: what is not, libunbound calls back when its
 * context is deleted.
 */
static void
stop(struct resolver *r)
{
	struct query *q;

	r->stopped = true;
	TAILQ_INIT(&r->unasked);
	while ((q = LIST_FIRST(&r->late)) != NULL) {
		(void)ub_cancel(r->unbound.ctx, q->id);
		LIST_REMOVE(q, late_entry);
		release_query(q);
	}
	while (r->queries != NULL) {
		if (r->queries->asked)
			(void)ub_cancel(r->unbound.ctx, r->queries->id);
		fail(r->queries, 0, ending);
	}
}

/* Asks libunbound.  What it knows already it says before it returns: q must be
 * there still, so it is finished here. */
static void
ask(struct resolver *r, struct query *q)
{
	char canon[PACKET_NAME_LEN];
	struct facts *early;
	int code = UB_SYNTAX;

	q->asked = true;
	q->asked_ms = clock_mono_ms();
	r->n_asked++;
	if (q->deadline_ms == 0)
		q->deadline_ms = q->asked_ms + r->timeout_ms;
	/* It would keep the query of a name that it cannot read. */
	if (packet_name(canon, q->name)) {
		q->asking = true;
		code = ub_resolve_event(r->unbound.ctx, q->name, q->rrtype, 1,
		    q, resolver_on_answer, &q->id);
		q->asking = false;
	}
	early = q->early;
	q->early = NULL;
	if (early != NULL) {
		answered(q, early);
	} else if (code != 0) {
		fail(q, DNS_TTL_ERROR_S, ub_strerror(code));
	} else {
		q->timer = loop_timer_new(r->loop, on_timeout, q);
		loop_timer_set(q->timer, q->deadline_ms - clock_mono_ms());
	}
}

/* What else is asked about a domain comes before the next domain, so that mail
 * to the first leaves while others are looked up. */
static bool
begins_lookup(int rrtype)
{
	return rrtype == DNS_TYPE_MX || rrtype == DNS_TYPE_TXT;
}

static void
ask_some(void *arg)
{
	struct resolver *r = arg;
	struct query *q;

	r->turn_posted = false;
	for (int n = 0; (q = next_query(r)) != NULL && (n < PACED_AT_ONCE ||
	    (n < ASKED_AT_ONCE && r->n_asked < ASKED_MANY)); n++) {
		TAILQ_REMOVE(&r->unasked, q, entry);
		r->newest_next = !r->newest_next;
		ask(r, q);
	}
	ask_soon(r);
}

static void
resolver_start(struct resolver *r, char *key, struct lookup_request *rq)
{
	struct query *q = mem_zalloc(sizeof(*q));

	q->resolver = r;
	q->key = key;
	q->name = strchr(key, ' ') + 1;
	q->rrtype = rq->option;
	STAILQ_INIT(&q->waiting);
	STAILQ_INSERT_TAIL(&q->waiting, rq, next);
	HASH_ADD_KEYPTR(hh, r->queries, q->key, (unsigned int)strlen(q->key),
	    q);
	if (r->stopped) {
		fail(q, 0, ending);
		return;
	}
	if (begins_lookup(q->rrtype))
		TAILQ_INSERT_TAIL(&r->unasked, q, entry);
	else
		TAILQ_INSERT_HEAD(&r->unasked, q, entry);
	ask_soon(r);
}

static void
on_request(void *arg)
{
	struct lookup_request *rq = arg;
	struct resolver *r = rq->owner;
	char *key = mem_printf("%d %s", rq->option, rq->name);
	struct query *q;

	HASH_FIND(hh, r->queries, key, (unsigned int)strlen(key), q);
	if (q == NULL) {
		resolver_start(r, key, rq);
		return;
	}
	STAILQ_INSERT_TAIL(&q->waiting, rq, next);
	free(key);
}

static void
resolver_deliver(const struct lookup_request *rq, struct facts *facts)
{
	void (*fn)(void *ctx, const struct dns_answer *answer) =
	    (void (*)(void *, const struct dns_answer *))rq->fn;

	fn(rq->ctx, facts->of);
}

struct lookup_request *
resolver_query(struct resolver *resolver, const char *name, int rrtype,
    struct loop *reply,
    void (*fn)(void *ctx, const struct dns_answer *answer), void *ctx)
{
	struct lookup_request *rq = lookup_request_new(name, reply,
	    (void (*)(void))fn, ctx);

	rq->deliver = resolver_deliver;
	rq->owner = resolver;
	rq->option = rrtype;
	loop_post(resolver->loop, on_request, rq);
	return rq;
}

static void *
run(void *arg)
{
	struct resolver *r = arg;

	loop_run(r->loop);
	return NULL;
}

static void
release(struct resolver *r)
{
	loop_timer_free(&r->pace);
	unbound_close(&r->unbound);
	loop_free(&r->loop);
	free(r);
}

static bool
open_all(struct resolver *r, const struct resolver_config *config,
    struct error *err)
{
	int code;

	if (!loop_new(&r->loop, err) ||
	    !unbound_open(&r->unbound, r->loop, config, err))
		return false;
	r->pace = loop_timer_new(r->loop, ask_some, r);
	code = pthread_create(&r->thread, NULL, run, r);
	return code == 0 || error_set(err, EX_OSERR, "cannot start the "
	    "resolver thread: %s",
	    strerror(code));
}

bool
resolver_open(struct resolver **resolver_r,
    const struct resolver_config *config, struct error *err)
{
	struct resolver *r = mem_zalloc(sizeof(*r));
	sigset_t all, before;
	bool ok;

	*resolver_r = NULL;
	r->timeout_ms = config->timeout_ms;
	TAILQ_INIT(&r->unasked);
	LIST_INIT(&r->late);
	/* Signals are for the main thread: the one that starts here has them
	 * blocked. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = open_all(r, config, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!ok)
		release(r);
	else
		*resolver_r = r;
	return ok;
}

void
resolver_stop(struct resolver *r)
{
	if (r->joined)
		return;
	loop_stop(r->loop);
	pthread_join(r->thread, NULL);
	r->joined = true;
}

void
resolver_close(struct resolver **resolver)
{
	struct resolver *r = *resolver;

	if (r == NULL)
		return;
	resolver_stop(r);
	stop(r);
	release(r);
	*resolver = NULL;
}

struct loop *
resolver_loop(struct resolver *resolver)
{
	return resolver->loop;
}

int64_t
resolver_configured_at(const struct resolver *resolver)
{
	return resolver->unbound.changed_at;
}
