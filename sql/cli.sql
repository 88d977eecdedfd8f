-- What the command tlsq asks of the spool.  All of it reads.

-- name: cli_strategy_exists
SELECT 1 FROM tls_strategy WHERE id = :id;

-- name: cli_list
-- A page of the queue: recipients after :after, the columns of the view queue.
-- The reader pauses between pages, and so holds no checkpoint up.
SELECT r.id, r.message_id, m.sender, r.address, r.state, r.attempts,
	unixepoch() - m.received_at,
	iif(r.finished_at IS NULL, strftime('%Y-%m-%dT%H:%M:%SZ',
		r.next_attempt_at, 'unixepoch'), NULL),
	r.last_error, r.reply,
	json_object('message_id', r.message_id, 'mta_id', m.mta_id,
		'sender', m.sender, 'recipient', r.address, 'domain', r.domain,
		'state', r.state, 'attempts', r.attempts,
		'next_attempt', iif(r.finished_at IS NULL,
			strftime('%Y-%m-%dT%H:%M:%SZ', r.next_attempt_at, 'unixepoch'),
			NULL),
		'strategy', coalesce(m.tls_strategy, a.strategy),
		'last_error', r.last_error, 'status', r.status, 'reply', r.reply,
		'age', unixepoch() - m.received_at)
	FROM recipient AS r
	JOIN message AS m ON m.id = r.message_id
	LEFT JOIN attempt AS a ON a.id = r.last_attempt_id
	WHERE r.id > :after
		AND iif(:state IS NULL, r.finished_at IS NULL, r.state = :state)
		AND (:domain IS NULL OR r.domain = :domain)
		AND (:sender IS NULL OR m.sender = :sender COLLATE NOCASE)
	ORDER BY r.id
	LIMIT 200;

-- name: cli_message_exists
-- The second column: has its content gone?
SELECT 1, finished_at IS NOT NULL, size FROM message WHERE id = :id;

-- A message with its first :limit (-1: all) recipients and their attempts; the
-- HTTP front end serves it too.
-- name: cli_show_json
SELECT json_object('id', m.id, 'mta_id', m.mta_id, 'sender', m.sender,
	'source', m.source, 'received_at', m.received_at,
	'wait_until', m.wait_until, 'size', m.size, 'body_type', m.body_type,
	'smtputf8', json(iif(m.smtputf8, 'true', 'false')),
	'require_tls', json(iif(m.require_tls, 'true', 'false')),
	'tls_optional', json(iif(m.tls_optional, 'true', 'false')),
	'ret', m.ret, 'envid', m.envid, 'client_ip', m.client_ip,
	'client_name', m.client_name, 'auth_user', m.auth_user,
	'tls_strategy', m.tls_strategy, 'finished_at', m.finished_at,
	'recipients', (SELECT json_group_array(json_object('id', r.id,
		'address', r.address, 'domain', r.domain, 'state', r.state,
		'attempts', r.attempts, 'next_attempt_at', r.next_attempt_at,
		'notify', r.notify, 'orcpt', r.orcpt, 'last_error', r.last_error,
		'status', r.status, 'reply', r.reply,
		'tls_failures', r.tls_failures, 'notified', r.notified,
		'dsn_owed', r.dsn_owed,
		'expires_at', r.expires_at, 'last_attempt_id', r.last_attempt_id,
		'finished_at', r.finished_at, 'claimed_by', r.claimed_by,
		'claimed_until', r.claimed_until))
		FROM (SELECT * FROM recipient WHERE message_id = m.id
			ORDER BY id LIMIT :limit) AS r),
	'attempts', (SELECT json_group_array(json_object('id', a.id,
		'recipient_id', a.recipient_id, 'domain', a.domain,
		'started_at', a.started_at, 'duration_ms', a.duration_ms,
		'strategy', a.strategy, 'rule', a.rule, 'mx', a.mx,
		'address', a.address, 'level', a.level,
		'facts', iif(json_valid(a.facts), json(a.facts), a.facts),
		'outcome', a.outcome, 'error', a.error,
		'result_type', a.result_type, 'status', a.status,
		'reply', a.reply,
		'session', (SELECT json_object('id', s.id,
			'started_at', s.started_at, 'mx', s.mx,
			'address', s.address, 'tls', s.tls,
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
		FROM (SELECT * FROM attempt WHERE recipient_id IN
			(SELECT id FROM recipient WHERE message_id = m.id
				ORDER BY id LIMIT :limit)
			ORDER BY id LIMIT :limit) AS a))
	FROM message AS m
	WHERE m.id = :id;

-- name: cli_show_message
SELECT sender, mta_id, source,
	strftime('%Y-%m-%dT%H:%M:%SZ', received_at, 'unixepoch'),
	size || ' octets, ' || body_type || iif(smtputf8, ', SMTPUTF8', ''),
	CASE WHEN require_tls THEN 'required (REQUIRETLS)'
		WHEN tls_optional THEN 'optional (TLS-Required: No)' END,
	tls_strategy, ret, envid,
	nullif(trim(coalesce(client_name, '') || coalesce(' [' || client_ip || ']',
		'')), ''),
	auth_user, strftime('%Y-%m-%dT%H:%M:%SZ', finished_at, 'unixepoch')
	FROM message WHERE id = :id;

-- name: cli_show_recipients
SELECT id, address, state, attempts,
	strftime('%Y-%m-%dT%H:%M:%SZ', iif(finished_at IS NULL, next_attempt_at,
		NULL), 'unixepoch'),
	strftime('%Y-%m-%dT%H:%M:%SZ', expires_at, 'unixepoch'),
	strftime('%Y-%m-%dT%H:%M:%SZ', finished_at, 'unixepoch'),
	claimed_by, notify, orcpt, last_error, reply
	FROM recipient WHERE message_id = :id ORDER BY id;

-- name: cli_show_attempts
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', a.started_at, 'unixepoch'),
	a.duration_ms || ' ms', coalesce(a.mx || coalesce(' [' || a.address || ']',
		''), 'before any host'),
	a.strategy, a.rule, a.level, a.outcome, a.error, a.result_type, a.reply,
	s.tls, s.protocol, s.cipher, s.key_exchange, s.signature,
	iif(s.resumed, 'resumed', NULL),
	s.dane, s.mta_sts, s.cert_subject, s.cert_issuer,
	strftime('%Y-%m-%dT%H:%M:%SZ', s.cert_not_after, 'unixepoch'),
	s.cert_sha256, s.tlsa, s.verify_error
	FROM attempt AS a LEFT JOIN session AS s ON s.id = a.session_id
	WHERE a.recipient_id = :recipient ORDER BY a.id;

-- name: cli_explain_record
SELECT d.last_attempt_at, d.last_delivered_at, d.failing_since, d.last_error,
	d.last_status, d.last_reply,
	(SELECT count(*) FROM recipient
		WHERE domain = :domain AND finished_at IS NULL),
	(SELECT min(m.received_at) FROM recipient AS r
		JOIN message AS m ON m.id = r.message_id
		WHERE r.domain = :domain AND r.finished_at IS NULL)
	FROM (SELECT 1) LEFT JOIN domain_status AS d ON d.domain = :domain;

-- Times that a clock wrote which was ahead: which (check_clock() has the words),
-- how many, and the first of them.
-- name: cli_check_clock
SELECT kind, count(*), strftime('%Y-%m-%dT%H:%M:%SZ', min(at), 'unixepoch') FROM (
	SELECT CASE WHEN m.received_at > :now + 60 OR a.started_at > :now + 60
			OR (r.attempts > 0 OR r.last_error IS NOT NULL)
			AND r.next_attempt_at > :now + :longest_retry
		THEN iif(r.next_attempt_at > :now + :longest_retry, 0, 1)
		WHEN r.next_attempt_at > :now + :longest_retry THEN 2 END AS kind,
		r.next_attempt_at AS at
	FROM recipient AS r JOIN message AS m ON m.id = r.message_id
	LEFT JOIN attempt AS a ON a.id = r.last_attempt_id
	WHERE r.state IN ('queued', 'deferred') AND r.next_attempt_at > :now + 60
	UNION ALL
	SELECT 3, claimed_until FROM recipient
		WHERE state = 'active' AND claimed_until > :now + 1800
	UNION ALL
	SELECT 4, wait_until FROM message WHERE wait_until > :now + 3660
	UNION ALL
	SELECT 5, coalesce(r.expires_at, m.received_at) FROM recipient AS r
		JOIN message AS m ON m.id = r.message_id
		WHERE r.finished_at IS NULL AND (m.received_at > :now + 60
		OR r.expires_at > :now + :longest_expire + 60)
	UNION ALL
	SELECT 6, fetched_at FROM (SELECT fetched_at FROM mx_cache
		UNION ALL SELECT fetched_at FROM host_cache
		UNION ALL SELECT fetched_at FROM dane_cache
		UNION ALL SELECT fetched_at FROM mta_sts_cache)
		WHERE fetched_at > :now + 60
	UNION ALL
	SELECT 7, finished_at FROM message WHERE finished_at > :now + 60
	UNION ALL
	SELECT 8, last_attempt_at FROM domain_status
		WHERE last_attempt_at > :now + 60
) WHERE kind IS NOT NULL GROUP BY kind ORDER BY kind;

-- What became of the TLS reports of the last week; whether the last one that went
-- by mail lacked its signature.
-- name: cli_check_reports
SELECT count(*), count(*) FILTER (WHERE state = 'sent'),
	count(*) FILTER (WHERE state IN ('due', 'queued')),
	count(*) FILTER (WHERE state = 'failed'),
	(SELECT why LIKE '554 5.7.20 %' FROM tls_report_sent
		WHERE state IN ('sent', 'failed') AND message_id IS NOT NULL
		ORDER BY finished_at DESC, day DESC LIMIT 1)
	FROM tls_report_sent
	WHERE day >= date(:now, 'unixepoch', '-7 days');

-- Who delivers, when somebody last did, and whether mail is due (as far as 1000).
-- name: cli_check_runner
SELECT (SELECT count(*) FROM runner), :now - (SELECT max(seen_at) FROM runner),
	(SELECT started_at FROM attempt ORDER BY id DESC LIMIT 1),
	(SELECT count(*) FROM (SELECT 1 FROM recipient INDEXED BY recipient_due
		WHERE state IN ('queued', 'deferred') AND next_attempt_at < :now - 60
		LIMIT 1000));

-- name: cli_mta_id
SELECT id FROM message INDEXED BY message_mta_id
	WHERE mta_id = :mta_id AND mta_id IS NOT NULL ORDER BY id LIMIT 1000;
