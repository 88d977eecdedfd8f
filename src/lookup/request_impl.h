/*
 * Inside lookup: how a question travels to the resolver thread and its answer
 * back.
 *
 * A request belongs to the resolver thread from request_send() on, and is posted
 * back with the facts found.  Two fields stay with the thread that asked: fn and
 * ctx, so that it can cancel without a lock.  Facts are shared by all who asked
 * for the same; they are never changed once published, and counted.
 */
#ifndef TLSQ_LOOKUP_REQUEST_IMPL_H
#define TLSQ_LOOKUP_REQUEST_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "lookup/request.h"
#include "net/loop.h"

/* What a lookup found out, counted.  All of it lives in the arena. */
struct facts {
	atomic_uint refs;
	struct arena *arena;
	void *of;		/* struct dns_answer, mx_facts, host_facts, ... */
};
/* With size octets, zeroed, in `of`; one reference. */
struct facts *lookup_facts_new(size_t size) __attribute__((returns_nonnull));
struct facts *lookup_facts_ref(struct facts *facts);
void lookup_facts_unref(struct facts *facts);
/* The end of a result: its arena, which it lives in, and a reference or NULL. */
void lookup_facts_release(struct facts *facts, struct arena *arena);

/* What is done with facts that are at hand.  0 looks again. */
enum lookup_use { LOOKUP_ASK, LOOKUP_ANSWER, LOOKUP_ANSWER_AND_ASK };

struct lookup_kind;

struct lookup_request {
	STAILQ_ENTRY(lookup_request) next;
	struct loop *reply;
	void (*fn)(void);	/* cast back by deliver; NULL: cancelled */
	void *ctx;
	/* Runs in the thread that asked. */
	void (*deliver)(const struct lookup_request *rq, struct facts *facts);
	struct facts *facts;
	void *owner;		/* the resolver or the lookups */
	const struct lookup_kind *kind;
	int option;		/* rrtype, address families, or "recheck" */
	int64_t timeout_ms;	/* of the whole lookup; 0: DNS's own */
	bool cache_hit;		/* answered without a lookup */
	char *name;		/* lower case, no final dot */
};
STAILQ_HEAD(lookup_request_list, lookup_request);

/* Copies name; the other fields are the caller's to fill. */
struct lookup_request *lookup_request_new(const char *name, struct loop *reply,
    void (*fn)(void), void *ctx) __attribute__((returns_nonnull));
/* Answers all in the list, and empties it.  The facts stay the caller's. */
void lookup_request_answer(struct lookup_request_list *list,
    struct facts *facts);

#endif
