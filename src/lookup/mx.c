/*
 * The MX kind of lookup.
 */
#include "lookup/mx.h"

#include <stddef.h>

#include "lookup/lookup_impl.h"
#include "lookup/mx_facts.h"

static bool
mx_from_name(struct facts *facts, const char *domain, int64_t now)
{
	if (domain[0] != '[')
		return false;
	mx_facts_from_literal(facts->of, domain, now);
	return true;
}

static bool
mx_from_row(struct facts *facts, struct spool *spool, const char *domain,
    int64_t now, struct error *err)
{
	struct spool_mx_cache row;
	bool found;

	return spool_mx_cache_get(spool, domain, now, facts->arena, &row,
	    &found, err) && found &&
	    mx_facts_from_row(facts->of, facts->arena, &row);
}

static void
mx_on_answer(void *ctx, const struct dns_answer *answer)
{
	struct lookup_pending *pending = ctx;

	mx_facts_from_answer(pending->facts->of, pending->facts->arena, answer,
	    pending->lookups->clock_s());
	lookup_pending_finish(pending);
}

static void
ask(struct lookup_pending *pending)
{
	struct lookups *l = pending->lookups;

	(void)resolver_query(l->resolver, pending->name, DNS_TYPE_MX, l->loop,
	    mx_on_answer, pending);
}

static bool
mx_to_row(struct lookup_row *row, const char *domain, const struct facts *facts)
{
	mx_facts_to_row(&row->of.mx, row->arena, domain, facts->of);
	return true;
}

static void
mx_deliver(const struct lookup_request *rq, struct facts *facts)
{
	void (*fn)(void *ctx, struct mx_result *result) =
	    (void (*)(void *, struct mx_result *))rq->fn;

	struct mx_result *r = mx_result_new(rq->name, facts->of);

	r->facts = lookup_facts_ref(facts);
	fn(rq->ctx, r);
}

static const struct lookup_kind mx_kind = {
	.tag = "mx",
	.cache = LOOKUP_CACHE_MX,
	.size = sizeof(struct mx_facts),
	.fetched_at = offsetof(struct mx_facts, fetched_at),
	.expires_at = offsetof(struct mx_facts, expires_at),
	.validated = true,
	.from_name = mx_from_name,
	.from_row = mx_from_row,
	.ask = ask,
	.to_row = mx_to_row,
	.deliver = mx_deliver,
};

struct lookup_request *
mx_lookup_start(struct lookups *lookups, const char *domain,
    struct loop *reply, void (*fn)(void *ctx, struct mx_result *result),
    void *ctx)
{
	return lookup_send(lookups, &mx_kind, lookup_request_new(domain, reply,
	    (void (*)(void))fn, ctx));
}
