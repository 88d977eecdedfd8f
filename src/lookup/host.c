/*
 * The host kind of lookup: A and AAAA at the same time, then perhaps CNAME.
 */
#include "lookup/host.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "lookup/host_facts.h"
#include "lookup/lookup_impl.h"

/* The state of a pending; a leg is one family's question. */
struct host_ask;
struct leg {
	struct host_ask *ask;
	enum host_family family;
};

struct host_ask {
	struct lookup_pending *pending;
	struct leg leg[HOST_FAMILY_COUNT];
	int waiting;
};

static bool
host_from_name(struct facts *facts, const char *host, int64_t now)
{
	struct net_address addr;

	if (!host_literal(&addr, host))
		return false;
	host_facts_from_address(facts->of, facts->arena, host, &addr, now);
	return true;
}

static bool
host_from_row(struct facts *facts, struct spool *spool, const char *host,
    int64_t now, struct error *err)
{
	struct spool_host_cache row;
	bool found;

	return spool_host_cache_get(spool, host, now, facts->arena, &row,
	    &found, err) && found &&
	    host_facts_from_row(facts->of, facts->arena, &row);
}

static void
on_alias(void *ctx, const struct dns_answer *answer)
{
	struct host_ask *ask = ctx;
	struct facts *f = ask->pending->facts;

	host_facts_add_alias(f->of, f->arena, answer,
	    ask->pending->lookups->clock_s());
	lookup_pending_finish(ask->pending);
}

static void
host_on_addresses(void *ctx, const struct dns_answer *answer)
{
	struct leg *leg = ctx;
	struct host_ask *ask = leg->ask;
	struct lookup_pending *pending = ask->pending;
	struct lookups *l = pending->lookups;
	struct facts *f = pending->facts;

	host_facts_from_answer(f->of, leg->family, f->arena, pending->name,
	    answer);
	if (--ask->waiting > 0)
		return;
	host_facts_complete(f->of, l->clock_s());
	if (host_facts_want_alias(f->of, pending->name))
		(void)resolver_query(l->resolver, pending->name, DNS_TYPE_CNAME,
		    l->loop, on_alias, ask);
	else
		lookup_pending_finish(ask->pending);
}

static void
host_start(struct lookup_pending *pending)
{
	static const int rrtypes[] = {
		[HOST_FAMILY_V4] = DNS_TYPE_A,
		[HOST_FAMILY_V6] = DNS_TYPE_AAAA,
	};
	static_assert(ARRAY_LEN(rrtypes) == HOST_FAMILY_COUNT, "");
	struct lookups *l = pending->lookups;
	struct host_ask *ask = mem_zalloc(sizeof(*ask));

	ask->pending = pending;
	pending->ask = ask;
	ask->waiting = HOST_FAMILY_COUNT;
	for (int i = 0; i < HOST_FAMILY_COUNT; i++) {
		ask->leg[i].ask = ask;
		ask->leg[i].family = (enum host_family)i;
		(void)resolver_query(l->resolver, pending->name, rrtypes[i],
		    l->loop, host_on_addresses, &ask->leg[i]);
	}
}

static bool
host_to_row(struct lookup_row *row, const char *host, const struct facts *facts)
{
	return host_facts_to_row(&row->of.host, row->arena, host, facts->of);
}

static void
host_deliver(const struct lookup_request *rq, struct facts *facts)
{
	void (*fn)(void *ctx, struct host_result *result) =
	    (void (*)(void *, struct host_result *))rq->fn;

	struct host_result *r = host_result_new(rq->name, facts->of,
	    rq->option);

	r->facts = lookup_facts_ref(facts);
	fn(rq->ctx, r);
}

static const struct lookup_kind host_kind = {
	.tag = "host",
	.cache = LOOKUP_CACHE_HOST,
	.size = sizeof(struct host_lookup_facts),
	.fetched_at = offsetof(struct host_lookup_facts, fetched_at),
	.expires_at = offsetof(struct host_lookup_facts, expires_at),
	.validated = true,
	.from_name = host_from_name,
	.from_row = host_from_row,
	.ask = host_start,
	.to_row = host_to_row,
	.deliver = host_deliver,
};

struct lookup_request *
host_lookup_start(struct lookups *lookups, const char *host, int families,
    struct loop *reply, void (*fn)(void *ctx, struct host_result *result),
    void *ctx)
{
	struct lookup_request *rq = lookup_request_new(host, reply,
	    (void (*)(void))fn, ctx);

	assert((families & HOST_ANY) != 0);
	rq->option = families;
	return lookup_send(lookups, &host_kind, rq);
}
