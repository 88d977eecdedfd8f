/*
 * The MTA-STS kind of lookup: the TXT record, the addresses of the policy host,
 * the policy; and in the background again what is known already.
 */
#include "lookup/sts.h"

#include <stdlib.h>

#include "base/log.h"
#include "lookup/host.h"
#include "lookup/lookup_impl.h"
#include "lookup/sts_facts.h"
#include "lookup/sts_fetch.h"

struct sts_shared {
	struct facts facts;
	struct sts_facts sts;
};

/* The state of a flight.  Each step has its own bound of time. */
struct sts_ask {
	struct flight *flight;
	struct sts_shared *shared;
};

static struct sts_shared *
new_shared(void)
{
	return facts_new(sizeof(struct sts_shared));
}

static struct facts *
complete(struct sts_shared *s)
{
	s->facts.expires_at = s->sts.expires_at;
	return &s->facts;
}

static bool
load_row(struct lookups *l, const char *domain, int64_t now,
    struct sts_shared *s)
{
	struct spool_sts_cache row;
	struct error err;
	bool found;

	if (!spool_sts_cache_get(l->spool, domain, now, s->facts.arena, &row,
	    &found, &err)) {
		log_warning("mta_sts_cache: %s: %s", domain, err.text);
		return false;
	}
	/* Signatures have no part in it: lookup_row_valid() would be wrong. */
	return found && sts_facts_from_row(&s->sts, s->facts.arena, &row) &&
	    s->sts.expires_at > now;
}

static struct facts *
load(struct lookups *l, const char *domain, int64_t now)
{
	struct sts_shared *s = new_shared();

	if (!sts_domain_valid(domain)) {
		sts_facts_without_domain(&s->sts, now);
		return complete(s);
	}
	if (l->spool != NULL && load_row(l, domain, now, s))
		return complete(s);
	facts_unref(&s->facts);
	return NULL;
}

static enum lookup_use
use(const struct lookup_request *rq, const struct facts *known, int64_t now)
{
	const struct sts_shared *s = (const struct sts_shared *)known;

	if (!sts_domain_valid(rq->name))
		return LOOKUP_ANSWER;
	switch (sts_facts_use(&s->sts, rq->option != 0, now)) {
	case STS_USE_ANSWER:
		return LOOKUP_ANSWER;
	case STS_USE_ANSWER_AND_ASK:
		return LOOKUP_ANSWER_AND_ASK;
	case STS_USE_ASK:
		break;
	}
	return LOOKUP_ASK;
}

static void
finish(struct sts_ask *ask)
{
	struct flight *flight = ask->flight;
	struct sts_shared *s = ask->shared;

	free(ask);
	/* What fails because we end is not to be kept. */
	if (flight->lookups->closing)
		s->sts.changed = false;
	flight_finish(flight, complete(s));
}

static void
fail(struct sts_ask *ask, const char *why, int64_t ttl_s)
{
	struct sts_shared *s = ask->shared;

	sts_facts_fail(&s->sts, s->facts.arena, why, ttl_s,
	    ask->flight->lookups->clock_s());
	finish(ask);
}

static void
on_fetched(void *ctx, const struct sts_fetched *fetched)
{
	struct sts_ask *ask = ctx;
	struct sts_shared *s = ask->shared;

	sts_facts_add_fetched(&s->sts, s->facts.arena, fetched,
	    ask->flight->lookups->clock_s());
	finish(ask);
}

static void
on_addresses(void *ctx, struct host_result *addresses)
{
	struct sts_ask *ask = ctx;
	struct lookups *l = ask->flight->lookups;

	if (addresses->count == 0)
		fail(ask, addresses->reason, STS_RETRY_S);
	else
		sts_fetch_start(l->fetcher, l->loop,
		    ask->flight->name, addresses->address, addresses->count,
		    ask->flight->timeout_ms, on_fetched, ask);
	host_result_free(&addresses);
}

static void
on_txt(void *ctx, const struct dns_answer *answer)
{
	struct sts_ask *ask = ctx;
	struct lookups *l = ask->flight->lookups;
	struct sts_shared *s = ask->shared;
	char *host;

	if (!sts_facts_add_txt(&s->sts, s->facts.arena, ask->flight->name,
	    answer, l->clock_s())) {
		finish(ask);
		return;
	}
	host = mem_printf("mta-sts.%s", ask->flight->name);
	(void)host_lookup_start(l, host, HOST_ANY, l->loop, on_addresses,
	    ask);
	free(host);
}

static void
start(struct flight *flight)
{
	struct sts_ask *ask = mem_zalloc(sizeof(*ask));
	struct lookups *l = flight->lookups;
	struct sts_shared *s = new_shared();
	const struct sts_shared *known =
	    (const struct sts_shared *)flight->known;
	char *name = mem_printf("_mta-sts.%s", flight->name);

	ask->flight = flight;
	ask->shared = s;
	sts_facts_begin(&s->sts, s->facts.arena,
	    known != NULL ? &known->sts : NULL, l->clock_s());
	(void)resolver_query(l->resolver, name, DNS_TYPE_TXT, l->loop,
	    on_txt, ask);
	free(name);
}

static struct lookup_row *
make_row(const char *domain, const struct facts *facts)
{
	const struct sts_shared *s = (const struct sts_shared *)facts;
	struct lookup_row *row;
	struct spool_sts_cache *sts;

	if (!s->sts.changed)
		return NULL;
	row = lookup_row_new();
	sts = arena_alloc(row->arena, sizeof(*sts));
	sts_facts_to_row(sts, row->arena, domain, &s->sts);
	row->sts = sts;
	return row;
}

static void
deliver(const struct lookup_request *rq, const struct facts *facts)
{
	const struct sts_shared *s = (const struct sts_shared *)facts;
	void (*fn)(void *ctx, struct sts_result *result) =
	    (void (*)(void *, struct sts_result *))rq->fn;

	fn(rq->ctx, sts_result_new(rq->name, &s->sts,
	    rq->at_hand || !s->sts.fetched));
}

static const struct lookup_kind sts_kind = {
	.tag = "sts",
	.cache = LOOKUP_CACHE_MTA_STS,
	.load = load,
	.use = use,
	.ask = start,
	.row = make_row,
};

struct lookup_request *
sts_lookup_start(struct lookups *lookups, const char *domain,
    int64_t timeout_ms, bool recheck, struct loop *reply,
    void (*fn)(void *ctx, struct sts_result *result), void *ctx)
{
	struct lookup_request *rq = request_new(domain, reply,
	    (void (*)(void))fn, ctx);

	rq->option = recheck;
	rq->timeout_ms = timeout_ms;
	rq->deliver = deliver;
	return lookup_send(lookups, &sts_kind, rq);
}
