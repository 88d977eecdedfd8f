/*
 * The host kind of lookup: A and AAAA at the same time, then perhaps CNAME.
 */
#include "lookup/host.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "lookup/host_facts.h"
#include "lookup/lookup_impl.h"

struct host_shared {
	struct facts facts;
	struct host_facts host;
};

/* The state of a flight; a leg is one family's question. */
struct host_ask;
struct leg {
	struct host_ask *ask;
	enum host_family family;
};

struct host_ask {
	struct flight *flight;
	struct host_shared *shared;
	struct leg leg[HOST_FAMILY_COUNT];
	int waiting;
};

static struct host_shared *
new_shared(void)
{
	return facts_new(sizeof(struct host_shared));
}

static struct facts *
complete(struct host_shared *s)
{
	s->facts.expires_at = s->host.expires_at;
	return &s->facts;
}

static bool
load_row(struct lookups *l, const char *host, int64_t now,
    struct host_shared *s)
{
	struct spool_host_cache row;
	struct error err;
	bool found;

	if (!spool_host_cache_get(l->spool, host, now, s->facts.arena, &row,
	    &found, &err)) {
		log_warning("host_cache: %s: %s", host, err.text);
		return false;
	}
	return found && lookup_row_valid(l, row.fetched_at, row.expires_at,
	    now) && host_facts_from_row(&s->host, s->facts.arena, &row);
}

static struct facts *
load(struct lookups *l, const char *host, int64_t now)
{
	struct host_shared *s = new_shared();
	struct net_address addr;

	if (host_literal(&addr, host)) {
		host_facts_from_address(&s->host, s->facts.arena, host, &addr,
		    now);
		return complete(s);
	}
	if (l->spool != NULL && load_row(l, host, now, s))
		return complete(s);
	facts_unref(&s->facts);
	return NULL;
}

static void
finish(struct host_ask *ask)
{
	struct flight *flight = ask->flight;
	struct host_shared *s = ask->shared;

	free(ask);
	flight_finish(flight, complete(s));
}

static void
on_alias(void *ctx, const struct dns_answer *answer)
{
	struct host_ask *ask = ctx;
	struct host_shared *s = ask->shared;

	host_facts_add_alias(&s->host, s->facts.arena, answer,
	    ask->flight->lookups->clock_s());
	finish(ask);
}

static void
on_addresses(void *ctx, const struct dns_answer *answer)
{
	struct leg *leg = ctx;
	struct host_ask *ask = leg->ask;
	struct flight *flight = ask->flight;
	struct lookups *l = flight->lookups;
	struct host_shared *s = ask->shared;

	host_facts_from_answer(&s->host, leg->family, s->facts.arena,
	    flight->name, answer);
	if (--ask->waiting > 0)
		return;
	host_facts_complete(&s->host, l->clock_s());
	if (host_facts_want_alias(&s->host, flight->name))
		(void)resolver_query(l->resolver, flight->name, DNS_TYPE_CNAME,
		    l->loop, on_alias, ask);
	else
		finish(ask);
}

static void
start(struct flight *flight)
{
	static const int rrtypes[] = {
		[HOST_FAMILY_V4] = DNS_TYPE_A,
		[HOST_FAMILY_V6] = DNS_TYPE_AAAA,
	};
	static_assert(ARRAY_LEN(rrtypes) == HOST_FAMILY_COUNT, "");
	struct lookups *l = flight->lookups;
	struct host_ask *ask = mem_zalloc(sizeof(*ask));

	ask->flight = flight;
	ask->shared = new_shared();
	ask->waiting = HOST_FAMILY_COUNT;
	for (int i = 0; i < HOST_FAMILY_COUNT; i++) {
		ask->leg[i].ask = ask;
		ask->leg[i].family = (enum host_family)i;
		(void)resolver_query(l->resolver, flight->name, rrtypes[i],
		    l->loop, on_addresses, &ask->leg[i]);
	}
}

static struct lookup_row *
make_row(const char *host, const struct facts *facts)
{
	const struct host_shared *s = (const struct host_shared *)facts;
	struct lookup_row *row = lookup_row_new();
	struct spool_host_cache *cache = arena_alloc(row->arena,
	    sizeof(*cache));

	row->host = cache;
	if (!host_facts_to_row(cache, row->arena, host, &s->host))
		lookup_row_free(&row);
	return row;
}

static void
deliver(const struct lookup_request *rq, const struct facts *facts)
{
	const struct host_shared *s = (const struct host_shared *)facts;
	void (*fn)(void *ctx, struct host_result *result) =
	    (void (*)(void *, struct host_result *))rq->fn;

	fn(rq->ctx, host_result_new(rq->name, &s->host, rq->option));
}

static const struct lookup_kind host_kind = {
	.tag = "host",
	.cache = LOOKUP_CACHE_HOST,
	.load = load,
	.ask = start,
	.row = make_row,
};

struct lookup_request *
host_lookup_start(struct lookups *lookups, const char *host, int families,
    struct loop *reply, void (*fn)(void *ctx, struct host_result *result),
    void *ctx)
{
	struct lookup_request *rq = request_new(host, reply,
	    (void (*)(void))fn, ctx);

	assert((families & HOST_ANY) != 0);
	rq->option = families;
	rq->deliver = deliver;
	return lookup_send(lookups, &host_kind, rq);
}
