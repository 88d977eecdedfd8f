/*
 * Requests and the facts that answer them.
 */
#include "lookup/request_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct facts *
lookup_facts_new(size_t size)
{
	struct arena *arena = arena_new();
	struct facts *f = arena_alloc(arena, sizeof(*f));

	atomic_init(&f->refs, 1);
	f->arena = arena;
	f->of = arena_alloc(arena, size);
	memset(f->of, 0, size);
	return f;
}

struct facts *
lookup_facts_ref(struct facts *facts)
{
	atomic_fetch_add(&facts->refs, 1);
	return facts;
}

void
lookup_facts_unref(struct facts *facts)
{
	struct arena *arena;

	if (facts == NULL || atomic_fetch_sub(&facts->refs, 1) != 1)
		return;
	arena = facts->arena;
	arena_free(&arena);
}

void
lookup_facts_release(struct facts *facts, struct arena *arena)
{
	lookup_facts_unref(facts);
	arena_free(&arena);
}

struct lookup_request *
lookup_request_new(const char *name, struct loop *reply, void (*fn)(void),
    void *ctx)
{
	struct lookup_request *rq = mem_zalloc(sizeof(*rq));
	size_t len;

	rq->reply = reply;
	rq->fn = fn;
	rq->ctx = ctx;
	rq->name = mem_strdup(name);
	text_lower(rq->name);
	len = strlen(rq->name);
	if (len > 1 && rq->name[len - 1] == '.')
		rq->name[len - 1] = '\0';
	return rq;
}

static void
request_deliver(void *arg)
{
	struct lookup_request *rq = arg;

	if (rq->fn != NULL)
		rq->deliver(rq, rq->facts);
	lookup_facts_unref(rq->facts);
	free(rq->name);
	free(rq);
}

void
lookup_request_answer(struct lookup_request_list *list, struct facts *facts)
{
	struct lookup_request *rq;

	while ((rq = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, next);
		rq->facts = lookup_facts_ref(facts);
		loop_post(rq->reply, request_deliver, rq);
	}
}

void
lookup_cancel(struct lookup_request **request)
{
	if (*request != NULL)
		(*request)->fn = NULL;
	*request = NULL;
}
