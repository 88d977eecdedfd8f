/*
 * The TLSA kind of lookup: the addresses, then one or two names.
 *
 * Its names are those of RFC 6698 3, "_25._tcp.mx.example", of the host as the
 * MX record names it.
 */
#include "lookup/tlsa.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "lookup/host.h"
#include "lookup/lookup_impl.h"
#include "lookup/tlsa_facts.h"

struct tlsa_shared {
	struct facts facts;
	struct tlsa_facts tlsa;
};

/* The state of a flight. */
struct tlsa_ask {
	struct flight *flight;
	struct tlsa_shared *shared;
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

static struct tlsa_shared *
new_shared(void)
{
	return facts_new(sizeof(struct tlsa_shared));
}

static struct facts *
complete(struct tlsa_shared *s)
{
	s->facts.expires_at = s->tlsa.expires_at;
	return &s->facts;
}

static bool
load_row(struct lookups *l, const char *name, int64_t now,
    struct tlsa_shared *s)
{
	struct spool_dane_cache row;
	struct error err;
	bool found;

	if (!spool_dane_cache_get(l->spool, host_of(name), port_of(name), now,
	    s->facts.arena, &row, &found, &err)) {
		log_warning("dane_cache: %s: %s", name, err.text);
		return false;
	}
	return found && lookup_row_valid(l, row.fetched_at, row.expires_at,
	    now) && tlsa_facts_from_row(&s->tlsa, s->facts.arena, &row);
}

static struct facts *
load(struct lookups *l, const char *name, int64_t now)
{
	struct tlsa_shared *s = new_shared();
	struct net_address addr;

	if (host_literal(&addr, host_of(name))) {
		s->tlsa.status = TLSA_LOOKUP_INSECURE;
		s->tlsa.base = arena_strdup(s->facts.arena, host_of(name));
		s->tlsa.fetched_at = s->tlsa.expires_at = now;
		return complete(s);
	}
	if (l->spool != NULL && load_row(l, name, now, s))
		return complete(s);
	facts_unref(&s->facts);
	return NULL;
}

static void
finish(struct tlsa_ask *ask)
{
	struct flight *flight = ask->flight;
	struct tlsa_shared *s = ask->shared;

	free(ask);
	flight_finish(flight, complete(s));
}

static void ask_next(struct tlsa_ask *ask);

static void
on_answer(void *ctx, const struct dns_answer *answer)
{
	struct tlsa_ask *ask = ctx;
	struct tlsa_shared *s = ask->shared;

	if (!tlsa_facts_add_answer(&s->tlsa, s->facts.arena,
	    ask->bases[ask->at++], answer, ask->flight->lookups->clock_s()) &&
	    ask->at < ask->n)
		ask_next(ask);
	else
		finish(ask);
}

static void
ask_next(struct tlsa_ask *ask)
{
	struct lookups *l = ask->flight->lookups;
	char *name = mem_printf("_%u._tcp.%s", port_of(ask->flight->name),
	    ask->bases[ask->at]);

	(void)resolver_query(l->resolver, name, DNS_TYPE_TLSA, l->loop,
	    on_answer, ask);
	free(name);
}

static void
on_addresses(void *ctx, struct host_result *addresses)
{
	struct tlsa_ask *ask = ctx;
	struct tlsa_shared *s = ask->shared;

	ask->n = tlsa_facts_from_host(&s->tlsa, s->facts.arena,
	    host_of(ask->flight->name), addresses,
	    ask->flight->lookups->clock_s(), ask->bases);
	host_result_free(&addresses);
	if (ask->n > 0)
		ask_next(ask);
	else
		finish(ask);
}

static void
start(struct flight *flight)
{
	struct tlsa_ask *ask = mem_zalloc(sizeof(*ask));

	ask->flight = flight;
	ask->shared = new_shared();
	(void)host_lookup_start(flight->lookups, host_of(flight->name),
	    HOST_ANY, flight->lookups->loop, on_addresses, ask);
}

static struct lookup_row *
make_row(const char *name, const struct facts *facts)
{
	const struct tlsa_shared *s = (const struct tlsa_shared *)facts;
	struct lookup_row *row = lookup_row_new();
	struct spool_dane_cache *dane = arena_alloc(row->arena, sizeof(*dane));

	tlsa_facts_to_row(dane, row->arena, host_of(name), port_of(name),
	    &s->tlsa);
	row->dane = dane;
	return row;
}

static void
deliver(const struct lookup_request *rq, const struct facts *facts)
{
	const struct tlsa_shared *s = (const struct tlsa_shared *)facts;
	void (*fn)(void *ctx, struct tlsa_result *result) =
	    (void (*)(void *, struct tlsa_result *))rq->fn;

	fn(rq->ctx, tlsa_result_new(&s->tlsa));
}

static const struct lookup_kind tlsa_kind = {
	.tag = "tlsa",
	.cache = LOOKUP_CACHE_DANE,
	.load = load,
	.ask = start,
	.row = make_row,
};

struct lookup_request *
tlsa_lookup_start(struct lookups *lookups, const char *host, uint16_t port,
    struct loop *reply, void (*fn)(void *ctx, struct tlsa_result *result),
    void *ctx)
{
	char *name = mem_printf("_%u._tcp.%s", port, host);
	struct lookup_request *rq = request_new(name, reply,
	    (void (*)(void))fn, ctx);

	free(name);
	rq->deliver = deliver;
	return lookup_send(lookups, &tlsa_kind, rq);
}
