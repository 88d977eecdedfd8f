/*
 * The caches of DNS answers.
 */
#include "spool/cache.h"

#include "spool/query.h"

bool
spool_mx_cache_get(struct spool *spool, const char *domain, int64_t now,
    struct arena *arena, struct spool_mx_cache *row_r, bool *found_r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_MX_CACHE_GET);
	spool_query_put_text(&q, ":domain", domain);
	spool_query_put_int(&q, ":now", now);
	*found_r = spool_query_next(&q);
	if (*found_r)
		*row_r = (struct spool_mx_cache){
			.domain = arena_strdup(arena, domain),
			.status = spool_query_copy(&q, 0, arena),
			.records = spool_query_copy(&q, 1, arena),
			.fetched_at = spool_query_int(&q, 2),
			.expires_at = spool_query_int(&q, 3),
			.canonical = spool_query_copy(&q, 4, arena),
		};
	return spool_query_end(&q, err);
}

bool
spool_mx_cache_put(struct spool *spool, const struct spool_mx_cache *row,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_MX_CACHE_PUT);
	spool_query_put_text(&q, ":domain", row->domain);
	spool_query_put_text(&q, ":status", row->status);
	spool_query_put_text(&q, ":records", row->records);
	spool_query_put_int(&q, ":fetched_at", row->fetched_at);
	spool_query_put_int(&q, ":expires_at", row->expires_at);
	spool_query_put_text(&q, ":canonical", row->canonical);
	return spool_query_run(&q, err);
}

bool
spool_host_cache_get(struct spool *spool, const char *host, int64_t now,
    struct arena *arena, struct spool_host_cache *row_r, bool *found_r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_HOST_CACHE_GET);
	spool_query_put_text(&q, ":host", host);
	spool_query_put_int(&q, ":now", now);
	*found_r = spool_query_next(&q);
	if (*found_r)
		*row_r = (struct spool_host_cache){
			.host = arena_strdup(arena, host),
			.canonical = spool_query_copy(&q, 0, arena),
			.status = spool_query_copy(&q, 1, arena),
			.addresses = spool_query_copy(&q, 2, arena),
			.fetched_at = spool_query_int(&q, 3),
			.expires_at = spool_query_int(&q, 4),
		};
	return spool_query_end(&q, err);
}

bool
spool_host_cache_put(struct spool *spool, const struct spool_host_cache *row,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_HOST_CACHE_PUT);
	spool_query_put_text(&q, ":host", row->host);
	spool_query_put_text(&q, ":canonical", row->canonical);
	spool_query_put_text(&q, ":status", row->status);
	spool_query_put_text(&q, ":addresses", row->addresses);
	spool_query_put_int(&q, ":fetched_at", row->fetched_at);
	spool_query_put_int(&q, ":expires_at", row->expires_at);
	return spool_query_run(&q, err);
}

bool
spool_dane_cache_get(struct spool *spool, const char *host, int64_t port,
    int64_t now, struct arena *arena, struct spool_dane_cache *row_r,
    bool *found_r, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_DANE_CACHE_GET);
	spool_query_put_text(&q, ":host", host);
	spool_query_put_int(&q, ":port", port);
	spool_query_put_int(&q, ":now", now);
	*found_r = spool_query_next(&q);
	if (*found_r)
		*row_r = (struct spool_dane_cache){
			.host = arena_strdup(arena, host),
			.port = port,
			.base = spool_query_copy(&q, 0, arena),
			.status = spool_query_copy(&q, 1, arena),
			.records = spool_query_copy(&q, 2, arena),
			.fetched_at = spool_query_int(&q, 3),
			.expires_at = spool_query_int(&q, 4),
		};
	return spool_query_end(&q, err);
}

bool
spool_dane_cache_put(struct spool *spool, const struct spool_dane_cache *row,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_DANE_CACHE_PUT);
	spool_query_put_text(&q, ":host", row->host);
	spool_query_put_int(&q, ":port", row->port);
	spool_query_put_text(&q, ":base", row->base);
	spool_query_put_text(&q, ":status", row->status);
	spool_query_put_text(&q, ":records", row->records);
	spool_query_put_int(&q, ":fetched_at", row->fetched_at);
	spool_query_put_int(&q, ":expires_at", row->expires_at);
	return spool_query_run(&q, err);
}

bool
spool_sts_cache_get(struct spool *spool, const char *domain, int64_t now,
    struct arena *arena, struct spool_sts_cache *row_r, bool *found_r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_MTA_STS_CACHE_GET);
	spool_query_put_text(&q, ":domain", domain);
	spool_query_put_int(&q, ":now", now);
	*found_r = spool_query_next(&q);
	if (*found_r)
		*row_r = (struct spool_sts_cache){
			.domain = arena_strdup(arena, domain),
			.txt_id = spool_query_copy(&q, 0, arena),
			.mode = spool_query_copy(&q, 1, arena),
			.mx = spool_query_copy(&q, 2, arena),
			.max_age = spool_query_time(&q, 3),
			.policy = spool_query_copy(&q, 4, arena),
			.fetched_at = spool_query_time(&q, 5),
			.expires_at = spool_query_int(&q, 6),
			.checked_at = spool_query_time(&q, 7),
			.last_error = spool_query_copy(&q, 8, arena),
		};
	return spool_query_end(&q, err);
}

bool
spool_sts_cache_put(struct spool *spool, const struct spool_sts_cache *row,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_MTA_STS_CACHE_PUT);
	spool_query_put_text(&q, ":domain", row->domain);
	spool_query_put_foreign(&q, ":txt_id", row->txt_id, "");
	spool_query_put_text(&q, ":mode", row->mode);
	spool_query_put_text(&q, ":mx", row->mx);
	spool_query_put_time(&q, ":max_age", row->max_age);
	spool_query_put_foreign(&q, ":policy", row->policy, "\r\n\t");
	spool_query_put_time(&q, ":fetched_at", row->fetched_at);
	spool_query_put_int(&q, ":expires_at", row->expires_at);
	spool_query_put_time(&q, ":checked_at", row->checked_at);
	spool_query_put_foreign(&q, ":last_error", row->last_error, "");
	return spool_query_run(&q, err);
}

bool
spool_cache_use_add(struct spool *spool, const char *cache, int64_t hits,
    int64_t misses, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CACHE_USE_ADD);
	spool_query_put_text(&q, ":cache", cache);
	spool_query_put_int(&q, ":hits", hits);
	spool_query_put_int(&q, ":misses", misses);
	return spool_query_run(&q, err);
}

bool
spool_cache_purge(struct spool *spool, int64_t now, struct error *err)
{
	static const enum sql_id tables[] = {
		SQL_MX_CACHE_PURGE, SQL_HOST_CACHE_PURGE,
		SQL_DANE_CACHE_PURGE, SQL_MTA_STS_CACHE_PURGE,
	};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct spool_query q;

		spool_query_start(&q, spool, tables[i]);
		spool_query_put_int(&q, ":now", now);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}
