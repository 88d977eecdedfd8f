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

	spool_query_start_with(&q, spool, SQL_MX_CACHE_GET, SPOOL_VALUES(
	    SPOOL_TEXT(":domain", domain), SPOOL_INT(":now", now)));
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
	return spool_run(spool, SQL_MX_CACHE_PUT, SPOOL_VALUES(
	    SPOOL_TEXT(":domain", row->domain),
	    SPOOL_TEXT(":status", row->status),
	    SPOOL_TEXT(":records", row->records),
	    SPOOL_INT(":fetched_at", row->fetched_at),
	    SPOOL_INT(":expires_at", row->expires_at),
	    SPOOL_TEXT(":canonical", row->canonical)), err);
}

bool
spool_host_cache_get(struct spool *spool, const char *host, int64_t now,
    struct arena *arena, struct spool_host_cache *row_r, bool *found_r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start_with(&q, spool, SQL_HOST_CACHE_GET, SPOOL_VALUES(
	    SPOOL_TEXT(":host", host), SPOOL_INT(":now", now)));
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
	return spool_run(spool, SQL_HOST_CACHE_PUT, SPOOL_VALUES(
	    SPOOL_TEXT(":host", row->host),
	    SPOOL_TEXT(":canonical", row->canonical),
	    SPOOL_TEXT(":status", row->status),
	    SPOOL_TEXT(":addresses", row->addresses),
	    SPOOL_INT(":fetched_at", row->fetched_at),
	    SPOOL_INT(":expires_at", row->expires_at)), err);
}

bool
spool_dane_cache_get(struct spool *spool, const char *host, int64_t port,
    int64_t now, struct arena *arena, struct spool_dane_cache *row_r,
    bool *found_r, struct error *err)
{
	struct spool_query q;

	spool_query_start_with(&q, spool, SQL_DANE_CACHE_GET, SPOOL_VALUES(
	    SPOOL_TEXT(":host", host), SPOOL_INT(":port", port),
	    SPOOL_INT(":now", now)));
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
	return spool_run(spool, SQL_DANE_CACHE_PUT, SPOOL_VALUES(
	    SPOOL_TEXT(":host", row->host), SPOOL_INT(":port", row->port),
	    SPOOL_TEXT(":base", row->base), SPOOL_TEXT(":status", row->status),
	    SPOOL_TEXT(":records", row->records),
	    SPOOL_INT(":fetched_at", row->fetched_at),
	    SPOOL_INT(":expires_at", row->expires_at)), err);
}

bool
spool_sts_cache_get(struct spool *spool, const char *domain, int64_t now,
    struct arena *arena, struct spool_sts_cache *row_r, bool *found_r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start_with(&q, spool, SQL_MTA_STS_CACHE_GET, SPOOL_VALUES(
	    SPOOL_TEXT(":domain", domain), SPOOL_INT(":now", now)));
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

	spool_query_start_with(&q, spool, SQL_MTA_STS_CACHE_PUT, SPOOL_VALUES(
	    SPOOL_TEXT(":domain", row->domain),
	    SPOOL_FOREIGN(":txt_id", row->txt_id),
	    SPOOL_TEXT(":mode", row->mode), SPOOL_TEXT(":mx", row->mx),
	    SPOOL_TIME(":max_age", row->max_age)));
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
	return spool_run(spool, SQL_CACHE_USE_ADD, SPOOL_VALUES(
	    SPOOL_TEXT(":cache", cache), SPOOL_INT(":hits", hits),
	    SPOOL_INT(":misses", misses)), err);
}

bool
spool_cache_purge(struct spool *spool, int64_t now, struct error *err)
{
	static const enum sql_id tables[] = {
		SQL_MX_CACHE_PURGE, SQL_HOST_CACHE_PURGE,
		SQL_DANE_CACHE_PURGE, SQL_MTA_STS_CACHE_PURGE,
	};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (!spool_run(spool, tables[i], SPOOL_VALUES(
		    SPOOL_INT(":now", now)), err))
			return false;
	}
	return true;
}
