/*
 * Answers that outlive the process: mx_cache, host_cache, dane_cache and
 * mta_sts_cache.  What the rows mean and how long they live is the business of
 * lookup; an expired row is not found.  Writing works inside a transaction or by
 * itself.
 */
#ifndef TLSQ_SPOOL_CACHE_H
#define TLSQ_SPOOL_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "spool/spool.h"

struct spool_mx_cache {
	const char *domain;
	const char *status;	/* secure insecure none nullmx bogus error */
	const char *records;	/* JSON: [[preference,"host"], ...] */
	int64_t fetched_at, expires_at;
	const char *canonical;	/* after CNAMEs; NULL: the same name */
};
/* Texts of *row_r are copied into the arena. */
bool spool_mx_cache_get(struct spool *spool, const char *domain, int64_t now,
    struct arena *arena, struct spool_mx_cache *row_r, bool *found_r,
    struct error *err) MUST_CHECK;
bool spool_mx_cache_put(struct spool *spool, const struct spool_mx_cache *row,
    struct error *err) MUST_CHECK;

struct spool_host_cache {
	const char *host;
	const char *canonical;	/* after CNAMEs; NULL: the same name */
	const char *status;	/* secure insecure none bogus error */
	const char *addresses;	/* JSON: ["192.0.2.1", ...] */
	int64_t fetched_at, expires_at;
};
bool spool_host_cache_get(struct spool *spool, const char *host, int64_t now,
    struct arena *arena, struct spool_host_cache *row_r, bool *found_r,
    struct error *err) MUST_CHECK;
bool spool_host_cache_put(struct spool *spool,
    const struct spool_host_cache *row, struct error *err) MUST_CHECK;

struct spool_dane_cache {
	const char *host;
	int64_t port;
	const char *base;	/* the TLSA base domain, or NULL */
	const char *status;	/* secure none insecure bogus error */
	const char *records;	/* JSON: [[usage,selector,matching,"hex"], ...] */
	int64_t fetched_at, expires_at;
};
bool spool_dane_cache_get(struct spool *spool, const char *host, int64_t port,
    int64_t now, struct arena *arena, struct spool_dane_cache *row_r,
    bool *found_r, struct error *err) MUST_CHECK;
bool spool_dane_cache_put(struct spool *spool,
    const struct spool_dane_cache *row, struct error *err) MUST_CHECK;

/* Times are -1 where they are NULL, as max_age is. */
struct spool_sts_cache {
	const char *domain;
	const char *txt_id;	/* of the TXT record as last seen, or NULL */
	const char *mode;	/* enforce testing none; NULL: no policy */
	const char *mx;		/* JSON: ["mx.example", "*.example"], or NULL */
	int64_t max_age;
	const char *policy;	/* as served, or NULL */
	int64_t fetched_at;	/* the policy */
	int64_t expires_at;	/* it, or the answer that there is none */
	int64_t checked_at;	/* TXT record or policy were asked for last */
	const char *last_error;	/* of the last try, or NULL */
};
bool spool_sts_cache_get(struct spool *spool, const char *domain, int64_t now,
    struct arena *arena, struct spool_sts_cache *row_r, bool *found_r,
    struct error *err) MUST_CHECK;
/* Leaves a valid policy that was fetched later than this one. */
bool spool_sts_cache_put(struct spool *spool,
    const struct spool_sts_cache *row, struct error *err) MUST_CHECK;

/* Adds to the counts of a cache (table cache_use). */
bool spool_cache_use_add(struct spool *spool, const char *cache, int64_t hits,
    int64_t misses, struct error *err) MUST_CHECK;

/* Deletes what has expired. */
bool spool_cache_purge(struct spool *spool, int64_t now, struct error *err)
    MUST_CHECK;

#endif
