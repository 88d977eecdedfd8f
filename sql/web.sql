-- What the HTTP front end asks.  All of it reads, and takes a bounded number of
-- rows: lists go on from a key, counts that may be long stop, and what needs a
-- whole table is read in slices by a thread of its own.

-- name: web_probe
SELECT count(*) FROM (SELECT 1 FROM message LIMIT 1);

-- Slices of whole tables, for counting.

-- name: web_attempts_after
SELECT id, outcome, error, result_type, duration_ms FROM attempt
	WHERE id > :after ORDER BY id LIMIT :limit;

-- name: web_sessions_after
SELECT id, tls, dane, mta_sts FROM session
	WHERE id > :after ORDER BY id LIMIT :limit;

-- name: web_recipients_after
SELECT id, state FROM recipient WHERE id > :after ORDER BY id LIMIT :limit;

-- name: web_last_ids
SELECT (SELECT coalesce(max(id), 0) FROM attempt),
	(SELECT coalesce(max(id), 0) FROM session);

-- The oldest message is the one that came first: message.id grows, and so the
-- index has it without a search.
-- name: web_gauges
SELECT (SELECT count(*) FROM message INDEXED BY message_unfinished
		WHERE finished_at IS NULL),
	(SELECT received_at FROM message INDEXED BY message_unfinished
		WHERE finished_at IS NULL ORDER BY id LIMIT 1),
	(SELECT count(*) FROM domain_status),
	(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size),
	(SELECT freelist_count * page_size FROM pragma_freelist_count,
		pragma_page_size);

-- When a runner was last seen: by its row, and where none is left, the last attempt.
-- name: web_runner_seen
SELECT max(seen_at), (SELECT started_at FROM attempt ORDER BY id DESC LIMIT 1)
	FROM runner;

-- What is counted by words has two of them and a number.
-- name: web_cached
SELECT 'mx', NULL, count(*) FROM mx_cache
	UNION ALL SELECT 'host', NULL, count(*) FROM host_cache
	UNION ALL SELECT 'dane', NULL, count(*) FROM dane_cache
	UNION ALL SELECT 'mta_sts', NULL, count(*) FROM mta_sts_cache;

-- name: web_cache_use
SELECT cache, 'hit', hits FROM cache_use
	UNION ALL SELECT cache, 'miss', misses FROM cache_use;

-- Which domains are failing now: as the view `problems` has it.
-- name: web_failing
SELECT d.last_error, NULL, count(*)
	FROM domain_status AS d INDEXED BY domain_status_failing
	WHERE d.failing_since IS NOT NULL
	AND (d.last_attempt_at > unixepoch() - 86400 OR EXISTS
		(SELECT 1 FROM recipient AS r WHERE r.domain = d.domain
		AND r.finished_at IS NULL))
	GROUP BY d.last_error;

-- The queue, in the order of messages, from one of their recipients on.  The
-- last column is as `tlsq list --json` has it.
-- name: web_queue
SELECT m.id, r.id, m.sender, r.address, r.domain, r.state, r.attempts,
	m.received_at, r.next_attempt_at, r.last_error, r.status,
	substr(r.reply, 1, 600),
	json_object('message_id', r.message_id, 'mta_id', m.mta_id,
		'sender', m.sender, 'recipient', r.address, 'domain', r.domain,
		'state', r.state, 'attempts', r.attempts,
		'next_attempt', strftime('%Y-%m-%dT%H:%M:%SZ', r.next_attempt_at,
			'unixepoch'),
		'strategy', coalesce(m.tls_strategy, a.strategy),
		'last_error', r.last_error, 'status', r.status, 'reply', r.reply,
		'age', unixepoch() - m.received_at)
	FROM message AS m INDEXED BY message_unfinished
	CROSS JOIN recipient AS r INDEXED BY recipient_message
		ON r.message_id = m.id
	LEFT JOIN attempt AS a ON a.id = r.last_attempt_id
	WHERE m.finished_at IS NULL AND m.id >= :message
		AND (m.id > :message OR r.id >= :recipient)
		AND r.finished_at IS NULL
	ORDER BY m.id, r.id LIMIT :limit;

-- name: web_domains
SELECT d.domain, d.failing_since, d.last_error, d.result_type, d.last_status,
	substr(d.last_reply, 1, 600), d.tls, d.dane, d.mta_sts,
	d.last_attempt_at, d.last_delivered_at,
	(SELECT count(*) FROM (SELECT 1 FROM recipient AS r
		WHERE r.domain = d.domain
		AND r.finished_at IS NULL LIMIT 1001)),
	json_object('domain', d.domain, 'failing_since', d.failing_since,
		'last_error', d.last_error, 'result_type', d.result_type,
		'status', d.last_status, 'reply', d.last_reply,
		'tls', d.tls, 'dane', d.dane, 'mta_sts', d.mta_sts,
		'last_attempt_at', d.last_attempt_at,
		'last_delivered_at', d.last_delivered_at,
		'waiting', (SELECT count(*) FROM (SELECT 1 FROM recipient AS r
			WHERE r.domain = d.domain AND r.state IN
			('queued', 'active', 'deferred', 'held') LIMIT 1001)))
	FROM domain_status AS d
	WHERE d.domain >= :from ORDER BY d.domain LIMIT :limit;

-- The columns of web_domains, less the last one.
-- name: web_problems
SELECT d.domain, d.failing_since, d.last_error, d.result_type, d.last_status,
	substr(d.last_reply, 1, 600), d.tls, d.dane, d.mta_sts,
	d.last_attempt_at, d.last_delivered_at,
	(SELECT count(*) FROM (SELECT 1 FROM recipient AS r
		WHERE r.domain = d.domain
		AND r.finished_at IS NULL LIMIT 1001))
	FROM domain_status AS d INDEXED BY domain_status_failing
	WHERE d.failing_since IS NOT NULL
	AND (d.last_attempt_at > unixepoch() - 86400 OR EXISTS
		(SELECT 1 FROM recipient AS r WHERE r.domain = d.domain
		AND r.finished_at IS NULL))
	ORDER BY d.failing_since LIMIT :limit;

-- What is known of one domain; a row also where only mail waits for it.
-- name: web_domain
SELECT :domain, d.failing_since, d.last_error, d.result_type, d.last_status,
	substr(d.last_reply, 1, 600), d.tls, d.dane, d.mta_sts,
	d.last_attempt_at, d.last_delivered_at,
	(SELECT count(*) FROM (SELECT 1 FROM recipient AS r
		WHERE r.domain = :domain
		AND r.finished_at IS NULL LIMIT 1001)),
	x.status, (SELECT group_concat(json_extract(e.value, '$[0]') || ' ' ||
			json_extract(e.value, '$[1]'), ', ')
		FROM json_each(iif(json_valid(x.records), x.records, '[]')) AS e),
	x.fetched_at, s.mode, s.txt_id, (SELECT group_concat(e.value, ', ')
		FROM json_each(iif(json_valid(s.mx), s.mx, '[]')) AS e),
	s.max_age, s.fetched_at, s.last_error,
	s.domain IS NOT NULL
	FROM (SELECT 1)
	LEFT JOIN domain_status AS d ON d.domain = :domain
	LEFT JOIN mx_cache AS x ON x.domain = :domain
	LEFT JOIN mta_sts_cache AS s ON s.domain = :domain
	WHERE d.domain IS NOT NULL OR x.domain IS NOT NULL OR s.domain IS NOT NULL
		OR EXISTS (SELECT 1 FROM recipient WHERE domain = :domain
		AND finished_at IS NULL);

-- The cached answers of the hosts that its MX records name.
-- name: web_domain_tlsa
SELECT c.host, c.port, c.status, (SELECT group_concat(
			json_extract(e.value, '$[0]') || ' ' ||
			json_extract(e.value, '$[1]') || ' ' ||
			json_extract(e.value, '$[2]') || ' ' ||
			json_extract(e.value, '$[3]'), ', ')
		FROM json_each(iif(json_valid(c.records), c.records, '[]')) AS e),
	c.fetched_at
	FROM (SELECT :domain AS host UNION
		SELECT json_extract(e.value, '$[1]') FROM mx_cache AS x,
		json_each(iif(json_valid(x.records), x.records, '[]')) AS e
		WHERE x.domain = :domain LIMIT 50) AS h
	JOIN dane_cache AS c ON c.host = h.host
	ORDER BY c.host, c.port LIMIT 50;

-- attempt has no index by domain.  A domain's attempts are found by their time,
-- backwards from the last one that domain_status knows, among 20,000; and those
-- that decided over what waits are found by it.
-- name: web_domain_attempts
WITH near (id) AS (
	SELECT id FROM (SELECT id, domain FROM attempt INDEXED BY attempt_started
		WHERE started_at <= coalesce(:until, unixepoch())
		ORDER BY started_at DESC LIMIT 20000)
	WHERE domain = :domain
	UNION SELECT last_attempt_id FROM (SELECT last_attempt_id
		FROM recipient INDEXED BY recipient_domain
		WHERE domain = :domain
		AND finished_at IS NULL LIMIT 100))
SELECT a.id, a.message_id, a.started_at, a.duration_ms, a.mx, a.address,
	a.strategy, a.level, a.outcome, a.error, a.result_type, a.status,
	substr(a.reply, 1, 600), s.tls, s.protocol, s.cipher, s.dane, s.mta_sts,
	s.tlsa, s.cert_subject, s.cert_issuer, s.cert_not_after, s.cert_sha256,
	s.verify_error, s.key_exchange, s.signature
	FROM attempt AS a LEFT JOIN session AS s ON s.id = a.session_id
	WHERE a.id IN (SELECT id FROM near)
		AND (:outcome IS NULL OR a.outcome = :outcome)
	ORDER BY a.started_at DESC, a.id DESC LIMIT :limit;

-- name: web_domain_queue
SELECT m.id, r.id, m.sender, r.address, r.domain, r.state, r.attempts,
	m.received_at, r.next_attempt_at, r.last_error, r.status,
	substr(r.reply, 1, 600)
	FROM recipient AS r INDEXED BY recipient_domain
	JOIN message AS m ON m.id = r.message_id
	WHERE r.domain = :domain
		AND r.finished_at IS NULL
	ORDER BY r.next_attempt_at LIMIT :limit;

-- No row where web_domain has none.
-- name: web_domain_json
WITH near (id) AS (
	SELECT id FROM (SELECT id, domain FROM attempt INDEXED BY attempt_started
		WHERE started_at <= coalesce((SELECT last_attempt_at
			FROM domain_status WHERE domain = :domain), unixepoch())
		ORDER BY started_at DESC LIMIT 20000)
	WHERE domain = :domain
	UNION SELECT last_attempt_id FROM (SELECT last_attempt_id
		FROM recipient INDEXED BY recipient_domain
		WHERE domain = :domain
		AND finished_at IS NULL LIMIT 100))
SELECT json_object('domain', :domain,
	'status', (SELECT json_object('failing_since', failing_since,
		'last_error', last_error, 'result_type', result_type,
		'status', last_status, 'reply', last_reply,
		'tls', tls, 'dane', dane, 'mta_sts', mta_sts,
		'last_attempt_at', last_attempt_at,
		'last_delivered_at', last_delivered_at)
		FROM domain_status WHERE domain = :domain),
	'mx', (SELECT json_object('status', status,
		'records', iif(json_valid(records), json(records), records),
		'fetched_at', fetched_at, 'expires_at', expires_at)
		FROM mx_cache WHERE domain = :domain),
	'tlsa', (SELECT json_group_array(json_object('host', c.host,
		'port', c.port, 'base', c.base, 'status', c.status,
		'records', iif(json_valid(c.records), json(c.records), c.records),
		'fetched_at', c.fetched_at, 'expires_at', c.expires_at))
		FROM (SELECT :domain AS host UNION
			SELECT json_extract(e.value, '$[1]') FROM mx_cache AS x,
			json_each(iif(json_valid(x.records), x.records, '[]')) AS e
			WHERE x.domain = :domain LIMIT 50) AS h
		JOIN dane_cache AS c ON c.host = h.host),
	'mta_sts', (SELECT json_object('mode', mode, 'txt_id', txt_id,
		'mx', iif(json_valid(mx), json(mx), mx), 'max_age', max_age,
		'fetched_at', fetched_at, 'expires_at', expires_at,
		'checked_at', checked_at, 'last_error', last_error)
		FROM mta_sts_cache WHERE domain = :domain),
	'waiting', (SELECT json_group_array(json_object(
		'message_id', message_id, 'recipient', address, 'state', state,
		'attempts', attempts, 'next_attempt_at', next_attempt_at,
		'last_error', last_error, 'status', status, 'reply', reply))
		FROM (SELECT * FROM recipient INDEXED BY recipient_domain
			WHERE domain = :domain
			AND finished_at IS NULL
			ORDER BY next_attempt_at LIMIT 200)),
	'attempts', (SELECT json_group_array(json_object('id', a.id,
		'message_id', a.message_id, 'started_at', a.started_at,
		'duration_ms', a.duration_ms, 'strategy', a.strategy,
		'rule', a.rule, 'mx', a.mx, 'address', a.address,
		'level', a.level,
		'facts', iif(json_valid(a.facts), json(a.facts), a.facts),
		'outcome', a.outcome, 'error', a.error,
		'result_type', a.result_type, 'status', a.status,
		'reply', a.reply,
		'session', (SELECT json_object('id', s.id, 'tls', s.tls,
			'protocol', s.protocol, 'cipher', s.cipher,
			'key_exchange', s.key_exchange,
			'signature', s.signature,
			'cert_sha256', s.cert_sha256,
			'cert_subject', s.cert_subject,
			'cert_issuer', s.cert_issuer,
			'cert_not_after', s.cert_not_after,
			'spki_sha256', s.spki_sha256, 'tlsa', s.tlsa,
			'dane', s.dane, 'mta_sts', s.mta_sts,
			'resumed', json(iif(s.resumed, 'true', 'false')),
			'verify_error', s.verify_error)
			FROM session AS s WHERE s.id = a.session_id)))
		FROM (SELECT * FROM attempt WHERE id IN (SELECT id FROM near)
			ORDER BY started_at DESC, id DESC LIMIT 50) AS a))
	WHERE EXISTS (SELECT 1 FROM domain_status WHERE domain = :domain)
		OR EXISTS (SELECT 1 FROM mx_cache WHERE domain = :domain)
		OR EXISTS (SELECT 1 FROM mta_sts_cache WHERE domain = :domain)
		OR EXISTS (SELECT 1 FROM recipient WHERE domain = :domain
		AND finished_at IS NULL);

-- name: web_message
SELECT sender, mta_id, source, received_at, size, finished_at,
	CASE WHEN require_tls THEN 'required (REQUIRETLS)'
		WHEN tls_optional THEN 'optional (TLS-Required: No)' END,
	tls_strategy, nullif(trim(coalesce(client_name, '')
		|| coalesce(' [' || client_ip || ']', '')), ''), auth_user
	FROM message WHERE id = :id;

-- name: web_message_recipients
SELECT r.message_id, r.id, m.sender, r.address, r.domain, r.state, r.attempts,
	m.received_at, iif(r.finished_at IS NULL, r.next_attempt_at, NULL),
	r.last_error, r.status, substr(r.reply, 1, 600)
	FROM recipient AS r JOIN message AS m ON m.id = r.message_id
	WHERE r.message_id = :id ORDER BY r.id LIMIT :limit;

-- The columns of web_domain_attempts, the last ones first.
-- name: web_message_attempts
SELECT a.id, r.address, a.started_at, a.duration_ms, a.mx, a.address,
	a.strategy, a.level, a.outcome, a.error, a.result_type, a.status,
	substr(a.reply, 1, 600), s.tls, s.protocol, s.cipher, s.dane, s.mta_sts,
	s.tlsa, s.cert_subject, s.cert_issuer, s.cert_not_after, s.cert_sha256,
	s.verify_error, s.key_exchange, s.signature
	FROM (SELECT id, address FROM recipient WHERE message_id = :id
		ORDER BY id LIMIT 1000) AS r
	JOIN attempt AS a INDEXED BY attempt_recipient ON a.recipient_id = r.id
	LEFT JOIN session AS s ON s.id = a.session_id
	ORDER BY a.id DESC LIMIT :limit;

-- TLS reports, the newest first.
-- name: web_reports
SELECT day, domain, state, target, substr(why, 1, 300), tries
	FROM tls_report_sent ORDER BY day DESC, domain LIMIT :limit;

-- What the shadow strategy would have changed, of the newest attempts.
-- name: web_shadow
SELECT domain, shadow_strategy, outcome, shadow_outcome,
	count(DISTINCT message_id), max(id)
	FROM attempt
	WHERE id > (SELECT max(id) FROM attempt) - 20000
	AND shadow_outcome <> outcome
	GROUP BY domain, shadow_strategy, outcome, shadow_outcome
	ORDER BY count(*) DESC LIMIT :limit;

-- Rules in force.
-- name: web_rules
SELECT kind, NULL, count(*) FROM rule
	WHERE until IS NULL OR until > unixepoch() GROUP BY kind;

-- name: web_rule_list
SELECT id, kind, domain, strategy, until, made_by, touched, reason FROM rule
	WHERE until IS NULL OR until > unixepoch() ORDER BY id LIMIT :limit;
