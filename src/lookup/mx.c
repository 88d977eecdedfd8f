/*
 * The MX kind of lookup.
 */
#include "lookup/mx.h"

#include <stdlib.h>

#include "base/log.h"
#include "lookup/lookup_impl.h"
#include "lookup/mx_facts.h"

struct mx_shared {
	struct facts facts;
	struct mx_facts mx;
};

static struct mx_shared *
new_shared(void)
{
	return facts_new(sizeof(struct mx_shared));
}

static struct facts *
complete(struct mx_shared *s)
{
	s->facts.expires_at = s->mx.expires_at;
	return &s->facts;
}

static bool
load_row(struct lookups *l, const char *domain, int64_t now,
    struct mx_shared *s)
{
	struct spool_mx_cache row;
	struct error err;
	bool found;

	if (!spool_mx_cache_get(l->spool, domain, now, s->facts.arena, &row,
	    &found, &err)) {
		log_warning("mx_cache: %s: %s", domain, err.text);
		return false;
	}
	return found && lookup_row_valid(l, row.fetched_at, row.expires_at,
	    now) && mx_facts_from_row(&s->mx, s->facts.arena, &row);
}

static struct facts *
load(struct lookups *l, const char *domain, int64_t now)
{
	struct mx_shared *s = new_shared();

	if (domain[0] == '[') {
		mx_facts_from_literal(&s->mx, domain, now);
		return complete(s);
	}
	if (l->spool != NULL && load_row(l, domain, now, s))
		return complete(s);
	facts_unref(&s->facts);
	return NULL;
}

static void
on_answer(void *ctx, const struct dns_answer *answer)
{
	struct flight *flight = ctx;
	struct mx_shared *s = new_shared();

	mx_facts_from_answer(&s->mx, s->facts.arena, answer,
	    flight->lookups->clock_s());
	flight_finish(flight, complete(s));
}

static void
ask(struct flight *flight)
{
	struct lookups *l = flight->lookups;

	(void)resolver_query(l->resolver, flight->name, DNS_TYPE_MX, l->loop,
	    on_answer, flight);
}

static struct lookup_row *
make_row(const char *domain, const struct facts *facts)
{
	const struct mx_shared *s = (const struct mx_shared *)facts;
	struct lookup_row *row = lookup_row_new();
	struct spool_mx_cache *mx = arena_alloc(row->arena, sizeof(*mx));

	mx_facts_to_row(mx, row->arena, domain, &s->mx);
	row->mx = mx;
	return row;
}

static void
deliver(const struct lookup_request *rq, const struct facts *facts)
{
	const struct mx_shared *s = (const struct mx_shared *)facts;
	void (*fn)(void *ctx, struct mx_result *result) =
	    (void (*)(void *, struct mx_result *))rq->fn;

	fn(rq->ctx, mx_result_new(rq->name, &s->mx));
}

static const struct lookup_kind mx_kind = {
	.tag = "mx",
	.cache = LOOKUP_CACHE_MX,
	.load = load,
	.ask = ask,
	.row = make_row,
};

struct lookup_request *
mx_lookup_start(struct lookups *lookups, const char *domain,
    struct loop *reply, void (*fn)(void *ctx, struct mx_result *result),
    void *ctx)
{
	struct lookup_request *rq = request_new(domain, reply,
	    (void (*)(void))fn, ctx);

	rq->deliver = deliver;
	return lookup_send(lookups, &mx_kind, rq);
}
