/*
 * The TLSA kind of lookup: the addresses, then one or two names.
 *
 * Its names are those of RFC 6698 3, "_25._tcp.mx.example", of the host as the
 * MX record names it.
 */
#include "lookup/tlsa.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/host.h"
#include "lookup/lookup_impl.h"
#include "lookup/tlsa_facts.h"

/* The state of a pending lookup. */
struct tlsa_ask {
	struct lookup_pending *pending;
	const char *bases[TLSA_BASE_MAX];
	size_t n, at;
};

static uint16_t
port_of(const char *name)
{
	return (uint16_t)strtoul(name + 1, NULL, 10);
}

static const char *
host_of(const char *name)
{
	const char *dot = strchr(name, '.');

	assert(dot != NULL);
	return dot + strlen("._tcp.");
}

static bool
tlsa_from_name(struct facts *facts, const char *name, int64_t now)
{
	struct tlsa_facts *tlsa = facts->of;
	struct net_address addr;

	if (!host_literal(&addr, host_of(name)))
		return false;
	tlsa->status = DNS_INSECURE;
	tlsa->base = arena_strdup(facts->arena, host_of(name));
	tlsa->fetched_at = tlsa->expires_at = now;
	return true;
}

static bool
tlsa_from_row(struct facts *facts, struct spool *spool, const char *name,
    int64_t now, struct error *err)
{
	struct spool_dane_cache row;
	bool found;

	return spool_dane_cache_get(spool, host_of(name), port_of(name), now,
	    facts->arena, &row, &found, err) && found &&
	    tlsa_facts_from_row(facts->of, facts->arena, &row);
}

static void ask_next(struct tlsa_ask *ask);

static void
tlsa_on_answer(void *ctx, const struct dns_answer *answer)
{
	struct tlsa_ask *ask = ctx;
	struct facts *f = ask->pending->facts;

	if (!tlsa_facts_add_answer(f->of, f->arena,
	    ask->bases[ask->at++], answer, ask->pending->lookups->clock_s()) &&
	    ask->at < ask->n)
		ask_next(ask);
	else
		lookup_pending_finish(ask->pending);
}

static void
ask_next(struct tlsa_ask *ask)
{
	struct lookups *l = ask->pending->lookups;
	char *name = mem_printf("_%u._tcp.%s", port_of(ask->pending->name),
	    ask->bases[ask->at]);

	(void)resolver_query(l->resolver, name, DNS_TYPE_TLSA, l->loop,
	    tlsa_on_answer, ask);
	free(name);
}

static void
tlsa_on_addresses(void *ctx, struct host_result *addresses)
{
	struct tlsa_ask *ask = ctx;
	struct facts *f = ask->pending->facts;

	ask->n = tlsa_facts_from_host(f->of, f->arena,
	    host_of(ask->pending->name), addresses,
	    ask->pending->lookups->clock_s(), ask->bases);
	host_result_free(&addresses);
	if (ask->n > 0)
		ask_next(ask);
	else
		lookup_pending_finish(ask->pending);
}

static void
tlsa_start(struct lookup_pending *pending)
{
	struct tlsa_ask *ask = mem_zalloc(sizeof(*ask));

	ask->pending = pending;
	pending->ask = ask;
	(void)host_lookup_start(pending->lookups, host_of(pending->name),
	    HOST_ANY, pending->lookups->loop, tlsa_on_addresses, ask);
}

static bool
tlsa_to_row(struct lookup_row *row, const char *name, const struct facts *facts)
{
	tlsa_facts_to_row(&row->of.dane, row->arena, host_of(name),
	    port_of(name), facts->of);
	return true;
}

static void
tlsa_deliver(const struct lookup_request *rq, struct facts *facts)
{
	void (*fn)(void *ctx, struct tlsa_result *result) =
	    (void (*)(void *, struct tlsa_result *))rq->fn;

	struct tlsa_result *r = tlsa_result_new(facts->of);

	r->facts = lookup_facts_ref(facts);
	fn(rq->ctx, r);
}

static const struct lookup_kind tlsa_kind = {
	.tag = "tlsa",
	.cache = LOOKUP_CACHE_DANE,
	.size = sizeof(struct tlsa_facts),
	.fetched_at = offsetof(struct tlsa_facts, fetched_at),
	.expires_at = offsetof(struct tlsa_facts, expires_at),
	.validated = true,
	.from_name = tlsa_from_name,
	.from_row = tlsa_from_row,
	.ask = tlsa_start,
	.to_row = tlsa_to_row,
	.deliver = tlsa_deliver,
};

struct lookup_request *
tlsa_lookup_start(struct lookups *lookups, const char *host, uint16_t port,
    struct loop *reply, void (*fn)(void *ctx, struct tlsa_result *result),
    void *ctx)
{
	char *name = mem_printf("_%u._tcp.%s", port, host);
	struct lookup_request *rq = lookup_request_new(name, reply,
	    (void (*)(void))fn, ctx);

	free(name);
	return lookup_send(lookups, &tlsa_kind, rq);
}
