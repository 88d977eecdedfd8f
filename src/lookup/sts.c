/*
 * The MTA-STS kind of lookup: the TXT record, the addresses of the policy host,
 * the policy; and in the background again what is known already.
 */
#include "lookup/sts.h"

#include <stddef.h>
#include <stdlib.h>

#include "lookup/host.h"
#include "lookup/lookup_impl.h"
#include "lookup/sts_facts.h"
#include "lookup/sts_fetch.h"

static bool
sts_from_name(struct facts *facts, const char *domain, int64_t now)
{
	if (sts_domain_valid(domain))
		return false;
	sts_facts_without_domain(facts->of, now);
	return true;
}

static bool
sts_from_row(struct facts *facts, struct spool *spool, const char *domain,
    int64_t now, struct error *err)
{
	struct spool_sts_cache row;
	bool found;

	return spool_sts_cache_get(spool, domain, now, facts->arena, &row,
	    &found, err) && found &&
	    sts_facts_from_row(facts->of, facts->arena, &row);
}

static enum lookup_use
use(const struct lookup_request *rq, const struct facts *known, int64_t now)
{
	return sts_domain_valid(rq->name) ?
	    sts_facts_use(known->of, rq->option != 0, now) : LOOKUP_ANSWER;
}

/* A lookup has three steps, each with its own bound of time. */
static void
sts_finish(struct lookup_pending *pending)
{
	/* What fails because we end is not to be kept. */
	if (pending->lookups->closing)
		((struct sts_facts *)pending->facts->of)->changed = false;
	lookup_pending_finish(pending);
}

static void
on_fetched(void *ctx, const struct sts_fetched *fetched)
{
	struct lookup_pending *pending = ctx;

	sts_facts_add_fetched(pending->facts->of, pending->facts->arena, fetched,
	    pending->lookups->clock_s());
	sts_finish(pending);
}

static void
sts_on_addresses(void *ctx, struct host_result *addresses)
{
	struct lookup_pending *pending = ctx;
	struct lookups *l = pending->lookups;

	if (addresses->count > 0) {
		sts_fetch_start(l->fetcher, l->loop, pending->name,
		    addresses->address, addresses->count, pending->timeout_ms,
		    on_fetched, pending);
	} else {
		sts_facts_fail(pending->facts->of, pending->facts->arena,
		    addresses->reason, STS_RETRY_S, l->clock_s());
		sts_finish(pending);
	}
	host_result_free(&addresses);
}

static void
on_txt(void *ctx, const struct dns_answer *answer)
{
	struct lookup_pending *pending = ctx;
	struct lookups *l = pending->lookups;
	char *host;

	if (!sts_facts_add_txt(pending->facts->of, pending->facts->arena,
	    pending->name, answer, l->clock_s())) {
		sts_finish(pending);
		return;
	}
	host = mem_printf("mta-sts.%s", pending->name);
	(void)host_lookup_start(l, host, HOST_ANY, l->loop, sts_on_addresses,
	    pending);
	free(host);
}

static void
sts_start(struct lookup_pending *pending)
{
	struct lookups *l = pending->lookups;
	char *name = mem_printf("_mta-sts.%s", pending->name);

	sts_facts_begin(pending->facts->of, pending->facts->arena,
	    pending->known != NULL ? pending->known->of : NULL, l->clock_s());
	(void)resolver_query(l->resolver, name, DNS_TYPE_TXT, l->loop,
	    on_txt, pending);
	free(name);
}

static bool
sts_to_row(struct lookup_row *row, const char *domain,
    const struct facts *facts)
{
	const struct sts_facts *sts = facts->of;

	if (!sts->changed)
		return false;
	sts_facts_to_row(&row->of.sts, row->arena, domain, sts);
	return true;
}

static void
sts_deliver(const struct lookup_request *rq, struct facts *facts)
{
	const struct sts_facts *sts = facts->of;
	void (*fn)(void *ctx, struct sts_result *result) =
	    (void (*)(void *, struct sts_result *))rq->fn;
	struct sts_result *r = sts_result_new(rq->name, sts,
	    rq->cache_hit || !sts->fetched);

	r->facts = lookup_facts_ref(facts);
	fn(rq->ctx, r);
}

static const struct lookup_kind sts_kind = {
	.tag = "sts",
	.cache = LOOKUP_CACHE_MTA_STS,
	.size = sizeof(struct sts_facts),
	.fetched_at = offsetof(struct sts_facts, fetched_at),
	.expires_at = offsetof(struct sts_facts, expires_at),
	.from_name = sts_from_name,
	.from_row = sts_from_row,
	.use = use,
	.ask = sts_start,
	.to_row = sts_to_row,
	.deliver = sts_deliver,
};

struct lookup_request *
sts_lookup_start(struct lookups *lookups, const char *domain,
    int64_t timeout_ms, bool recheck, struct loop *reply,
    void (*fn)(void *ctx, struct sts_result *result), void *ctx)
{
	struct lookup_request *rq = lookup_request_new(domain, reply,
	    (void (*)(void))fn, ctx);

	rq->option = recheck;
	rq->timeout_ms = timeout_ms;
	return lookup_send(lookups, &sts_kind, rq);
}
