/*
 * From memory, from the spool, from DNS: the way of every kind of lookup.
 */
#include "lookup/lookup_impl.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "lookup/sts_fetch.h"

enum {
	MEMORY_LIMIT = 2 << 20,		/* some 5,000 answers */
	/* The spool is read again after this, so that what an administrator
	 * deletes there is not remembered for a day. */
	MEMORY_KEEP_S = 60
};

/* --- the bounded memory: a hash table in the order of arrival */

struct memory_entry {
	UT_hash_handle hh;
	struct facts *facts;
	size_t size;
	int64_t since, until;
	char key[];
};

static void
forget(struct lookups *l, struct memory_entry *e)
{
	HASH_DEL(l->memory, e);
	l->memory_size -= e->size;
	lookup_facts_unref(e->facts);
	free(e);
}

static struct memory_entry *
find_entry(struct lookups *l, const char *key)
{
	struct memory_entry *e;

	HASH_FIND_STR(l->memory, key, e);
	return e;
}

/* Keeps a reference of the facts from now until `until`; the oldest go first. */
static void
memory_put(struct lookups *l, const char *key, struct facts *facts,
    int64_t now, int64_t until)
{
	size_t len = strlen(key) + 1;
	struct memory_entry *e = find_entry(l, key);
	size_t size = sizeof(*e) + len + arena_size(facts->arena);

	if (e != NULL)
		forget(l, e);
	if (size > MEMORY_LIMIT)
		return;
	while (l->memory_size + size > MEMORY_LIMIT)
		forget(l, l->memory);
	e = mem_alloc(sizeof(*e) + len);
	memcpy(e->key, key, len);
	e->size = size;
	e->since = now;
	e->until = until;
	e->facts = lookup_facts_ref(facts);
	HASH_ADD_STR(l->memory, key, e);
	l->memory_size += size;
}

/* A new reference, or NULL. */
static struct facts *
memory_get(struct lookups *l, const char *key, int64_t now)
{
	struct memory_entry *e = find_entry(l, key);

	if (e == NULL)
		return NULL;
	/* Or the clock was set back. */
	if (e->until <= now || e->since > now) {
		forget(l, e);
		return NULL;
	}
	return lookup_facts_ref(e->facts);
}

/* --- */

bool
lookup_open(struct lookups **lookups_r, const struct lookups_config *config,
    struct error *err)
{
	struct lookups *l = mem_zalloc(sizeof(*l));

	*lookups_r = NULL;
	if (!sts_fetcher_open(&l->fetcher, &config->sts, err) ||
	    !resolver_open(&l->resolver, &config->dns, err)) {
		sts_fetcher_close(&l->fetcher);
		free(l);
		return false;
	}
	l->loop = resolver_loop(l->resolver);
	l->spool = config->spool;
	l->store = config->store;
	l->store_ctx = config->store_ctx;
	l->clock_s = config->clock_s != NULL ? config->clock_s : clock_now_s;
	*lookups_r = l;
	return true;
}

void
lookup_close(struct lookups **lookups)
{
	struct lookups *l = *lookups;

	if (l == NULL)
		return;
	resolver_stop(l->resolver);
	l->closing = true;
	/* These two answer all that is open, and so end all pending. */
	sts_fetcher_stop(l->fetcher);
	resolver_close(&l->resolver);
	sts_fetcher_close(&l->fetcher);
	while (l->memory != NULL)
		forget(l, l->memory);
	free(l);
	*lookups = NULL;
}

struct resolver *
lookup_resolver(struct lookups *lookups)
{
	return lookups->resolver;
}

/* --- counts */

static atomic_llong hits[LOOKUP_CACHE_COUNT], misses[LOOKUP_CACHE_COUNT];

/* As in the log and the metrics. */
static const char *
cache_name(enum lookup_cache cache)
{
	static const char *const names[] = {
		[LOOKUP_CACHE_MX] = "mx",
		[LOOKUP_CACHE_HOST] = "host",
		[LOOKUP_CACHE_DANE] = "dane",
		[LOOKUP_CACHE_MTA_STS] = "mta-sts",
	};
	static_assert(ARRAY_LEN(names) == LOOKUP_CACHE_COUNT, "");

	return names[cache];
}

void
lookup_counts_take(struct lookup_counts *counts_r)
{
	for (size_t i = 0; i < LOOKUP_CACHE_COUNT; i++) {
		counts_r->hits[i] = atomic_exchange(&hits[i], 0);
		counts_r->misses[i] = atomic_exchange(&misses[i], 0);
	}
}

bool
lookup_counts_put(struct spool *spool, const struct lookup_counts *counts,
    struct error *err)
{
	for (int i = 0; i < LOOKUP_CACHE_COUNT; i++)
		if ((counts->hits[i] > 0 || counts->misses[i] > 0) &&
		    !spool_cache_use_add(spool,
		    cache_name((enum lookup_cache)i), counts->hits[i],
		    counts->misses[i], err))
			return false;
	return true;
}

/* --- answers */

static int64_t
time_of(const struct facts *facts, size_t offset)
{
	return *(const int64_t *)((const char *)facts->of + offset);
}

static void
remember(struct lookups *l, const struct lookup_kind *kind, const char *key,
    struct facts *facts, int64_t now)
{
	int64_t until = time_of(facts, kind->expires_at);

	if (l->spool != NULL && until > now + MEMORY_KEEP_S)
		until = now + MEMORY_KEEP_S;
	if (until > now)
		memory_put(l, key, facts, now, until);
}

static void
store(const struct lookup_pending *f)
{
	struct lookups *l = f->lookups;
	struct lookup_row *row;

	if (l->store == NULL ||
	    time_of(f->facts, f->kind->expires_at) <= l->clock_s())
		return;
	row = mem_zalloc(sizeof(*row));
	row->table = f->kind->cache;
	row->arena = arena_new();
	row->facts = lookup_facts_ref(f->facts);
	if (f->kind->to_row(row, f->name, f->facts))
		l->store(l->store_ctx, row);
	else
		lookup_row_free(&row);
}

void
lookup_pending_finish(struct lookup_pending *f)
{
	struct lookups *l = f->lookups;

	HASH_DEL(l->pending, f);
	remember(l, f->kind, f->key, f->facts, l->clock_s());
	store(f);
	lookup_request_answer(&f->waiting, f->facts);
	lookup_facts_unref(f->facts);
	lookup_facts_unref(f->known);
	free(f->ask);
	free(f->key);
	free(f);
}

static struct lookup_pending *
find_pending(struct lookups *l, const char *key)
{
	struct lookup_pending *f;

	HASH_FIND(hh, l->pending, key, (unsigned int)strlen(key), f);
	return f;
}

/* rq is what it is for; it waits, unless there was an answer at hand. */
static void
start_pending(struct lookups *l, const char *key, struct lookup_request *rq,
    struct facts *known, enum lookup_use use)
{
	struct lookup_pending *f = mem_zalloc(sizeof(*f));

	f->key = mem_strdup(key);
	f->name = f->key + strlen(rq->kind->tag) + 1;
	f->kind = rq->kind;
	f->lookups = l;
	f->known = known != NULL ? lookup_facts_ref(known) : NULL;
	f->facts = lookup_facts_new(rq->kind->size);
	f->timeout_ms = rq->timeout_ms;
	STAILQ_INIT(&f->waiting);
	if (use == LOOKUP_ASK)
		STAILQ_INSERT_TAIL(&f->waiting, rq, next);
	HASH_ADD_KEYPTR(hh, l->pending, f->key, (unsigned int)strlen(f->key),
	    f);
	f->kind->ask(f);
}

/* A row is of use until it expires, and facts from signatures only under the trust
 * anchors that are in force (doc/policy.md 4). */
static bool
lookup_from_row(const struct lookups *l, const struct lookup_request *rq,
    struct facts *facts, int64_t now)
{
	const struct lookup_kind *kind = rq->kind;
	struct error err;
	int64_t fetched_at;

	err.text[0] = '\0';
	if (!kind->from_row(facts, l->spool, rq->name, now, &err)) {
		if (err.text[0] != '\0')
			log_warning("%s cache: %s: %s",
			    cache_name(kind->cache), rq->name, err.text);
		return false;
	}
	fetched_at = time_of(facts, kind->fetched_at);
	return time_of(facts, kind->expires_at) > now && (!kind->validated ||
	    (fetched_at <= now &&
	    fetched_at >= resolver_configured_at(l->resolver)));
}

static struct facts *
load(const struct lookups *l, const struct lookup_request *rq, int64_t now)
{
	struct facts *facts = lookup_facts_new(rq->kind->size);

	if (rq->kind->from_name(facts, rq->name, now) || (l->spool != NULL &&
	    lookup_from_row(l, rq, facts, now)))
		return facts;
	lookup_facts_unref(facts);
	return NULL;
}

static struct facts *
find_known(struct lookups *l, const char *key, const struct lookup_request *rq,
    int64_t now)
{
	struct facts *facts = memory_get(l, key, now);

	if (facts == NULL && (facts = load(l, rq, now)) != NULL)
		remember(l, rq->kind, key, facts, now);
	return facts;
}

static enum lookup_use
use_of(const struct lookup_request *rq, const struct facts *known,
    int64_t now)
{
	if (known == NULL)
		return LOOKUP_ASK;
	return rq->kind->use != NULL ? rq->kind->use(rq, known, now) :
	    LOOKUP_ANSWER;
}

static void
answer_one(struct lookup_request *rq, struct facts *facts)
{
	struct lookup_request_list one = STAILQ_HEAD_INITIALIZER(one);

	rq->cache_hit = true;
	STAILQ_INSERT_TAIL(&one, rq, next);
	lookup_request_answer(&one, facts);
}

static void
on_request(void *arg)
{
	struct lookup_request *rq = arg;
	struct lookups *l = rq->owner;
	char *key = mem_printf("%s %s", rq->kind->tag, rq->name);
	int64_t now = l->clock_s();
	struct lookup_pending *f = find_pending(l, key);
	struct facts *known = NULL;
	enum lookup_use use;

	/* A kind without `use` would have been answered before the pending
	 * lookup began. */
	if (f == NULL || rq->kind->use != NULL)
		known = find_known(l, key, rq, now);
	use = use_of(rq, known, now);
	(void)atomic_fetch_add(use == LOOKUP_ASK ? &misses[rq->kind->cache] :
	    &hits[rq->kind->cache], 1);
	if (use != LOOKUP_ANSWER && f == NULL)
		start_pending(l, key, rq, known, use);
	else if (use == LOOKUP_ASK)
		STAILQ_INSERT_TAIL(&f->waiting, rq, next);
	if (use != LOOKUP_ASK)
		answer_one(rq, known);
	lookup_facts_unref(known);
	free(key);
}

struct lookup_request *
lookup_send(struct lookups *lookups, const struct lookup_kind *kind,
    struct lookup_request *rq)
{
	rq->owner = lookups;
	rq->kind = kind;
	rq->deliver = kind->deliver;
	loop_post(lookups->loop, on_request, rq);
	return rq;
}

bool
lookup_row_put(struct spool *spool, const struct lookup_row *row,
    struct error *err)
{
	switch (row->table) {
	case LOOKUP_CACHE_MX:
		return spool_mx_cache_put(spool, &row->of.mx, err);
	case LOOKUP_CACHE_HOST:
		return spool_host_cache_put(spool, &row->of.host, err);
	case LOOKUP_CACHE_DANE:
		return spool_dane_cache_put(spool, &row->of.dane, err);
	case LOOKUP_CACHE_MTA_STS:
	case LOOKUP_CACHE_COUNT:
		break;
	}
	return spool_sts_cache_put(spool, &row->of.sts, err);
}

void
lookup_row_free(struct lookup_row **row)
{
	if (*row == NULL)
		return;
	arena_free(&(*row)->arena);
	lookup_facts_unref((*row)->facts);
	free(*row);
	*row = NULL;
}
