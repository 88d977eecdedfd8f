-- Caches of answers.  Losing a row costs a query, nothing else.

-- name: mx_cache_get
SELECT status, records, fetched_at, expires_at FROM mx_cache
	WHERE domain = :domain AND expires_at > :now;

-- name: mx_cache_put
INSERT INTO mx_cache (domain, status, records, fetched_at, expires_at)
	VALUES (:domain, :status, :records, :fetched_at, :expires_at)
	ON CONFLICT (domain) DO UPDATE SET status = excluded.status,
	records = excluded.records, fetched_at = excluded.fetched_at,
	expires_at = excluded.expires_at;

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

-- name: mx_cache_purge
DELETE FROM mx_cache WHERE expires_at <= :now;

-- name: host_cache_purge
DELETE FROM host_cache WHERE expires_at <= :now;

-- name: dane_cache_purge
DELETE FROM dane_cache WHERE expires_at <= :now;
