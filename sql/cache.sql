-- Caches of answers.  Losing a row costs a query, nothing else.

-- name: mx_cache_get
SELECT status, records, fetched_at, expires_at, canonical FROM mx_cache
	WHERE domain = :domain AND expires_at > :now;

-- name: mx_cache_put
INSERT INTO mx_cache (domain, status, records, fetched_at, expires_at, canonical)
	VALUES (:domain, :status, :records, :fetched_at, :expires_at, :canonical)
	ON CONFLICT (domain) DO UPDATE SET status = excluded.status,
	records = excluded.records, fetched_at = excluded.fetched_at,
	expires_at = excluded.expires_at, canonical = excluded.canonical;

-- name: host_cache_get
SELECT canonical, status, addresses, fetched_at, expires_at FROM host_cache
	WHERE host = :host AND expires_at > :now;

-- name: host_cache_put
INSERT INTO host_cache (host, canonical, status, addresses, fetched_at, expires_at)
	VALUES (:host, :canonical, :status, :addresses, :fetched_at, :expires_at)
	ON CONFLICT (host) DO UPDATE SET canonical = excluded.canonical,
	status = excluded.status, addresses = excluded.addresses,
	fetched_at = excluded.fetched_at, expires_at = excluded.expires_at;

-- name: dane_cache_get
SELECT base, status, records, fetched_at, expires_at FROM dane_cache
	WHERE host = :host AND port = :port AND expires_at > :now;

-- name: dane_cache_put
INSERT INTO dane_cache (host, port, base, status, records, fetched_at,
	expires_at)
	VALUES (:host, :port, :base, :status, :records, :fetched_at,
	:expires_at)
	ON CONFLICT (host, port) DO UPDATE SET base = excluded.base,
	status = excluded.status, records = excluded.records,
	fetched_at = excluded.fetched_at, expires_at = excluded.expires_at;

-- name: mta_sts_cache_get
SELECT txt_id, mode, mx, max_age, policy, fetched_at, expires_at, checked_at, last_error
	FROM mta_sts_cache WHERE domain = :domain AND expires_at > :now;

-- What another process fetched later, and is valid, stays (a time of fetching
-- that lies in the future is a clock that was wrong).
-- name: mta_sts_cache_put
INSERT INTO mta_sts_cache (domain, txt_id, mode, mx, max_age, policy,
	fetched_at, expires_at, checked_at, last_error)
	VALUES (:domain, :txt_id, :mode, :mx, :max_age, :policy,
	:fetched_at, :expires_at, :checked_at, :last_error)
	ON CONFLICT (domain) DO UPDATE SET txt_id = excluded.txt_id,
	mode = excluded.mode, mx = excluded.mx, max_age = excluded.max_age,
	policy = excluded.policy, fetched_at = excluded.fetched_at,
	expires_at = excluded.expires_at, checked_at = excluded.checked_at,
	last_error = excluded.last_error
	WHERE mta_sts_cache.mode IS NULL
	OR coalesce(mta_sts_cache.expires_at, 0) <= excluded.checked_at
	OR coalesce(mta_sts_cache.fetched_at, 0) <= excluded.fetched_at
	OR mta_sts_cache.fetched_at > excluded.checked_at;

-- name: mx_cache_purge
DELETE FROM mx_cache WHERE expires_at <= :now;

-- name: host_cache_purge
DELETE FROM host_cache WHERE expires_at <= :now;

-- name: dane_cache_purge
DELETE FROM dane_cache WHERE expires_at <= :now;

-- A valid policy has not expired, however long ago it was refreshed.
-- name: mta_sts_cache_purge
DELETE FROM mta_sts_cache WHERE expires_at <= :now OR expires_at IS NULL;

-- name: cache_use_add
INSERT INTO cache_use (cache, hits, misses) VALUES (:cache, :hits, :misses)
	ON CONFLICT (cache) DO UPDATE SET hits = hits + excluded.hits,
	misses = misses + excluded.misses;
