-- tlsq whatif: recorded attempts, for another strategy to be judged on.

-- By recipient, so that the last one of each is known; TLS reports are not mail of
-- the users.
-- name: whatif_attempts
SELECT a.id, a.recipient_id, a.message_id, a.domain, a.started_at, a.outcome,
	a.error, a.facts, a.strategy, s.tls,
	coalesce(m.tls_optional AND NOT m.require_tls, 0),
	m.tls_strategy IS NOT NULL, a.shadow_strategy, a.shadow_outcome
	FROM attempt AS a INDEXED BY attempt_recipient
	LEFT JOIN session AS s ON s.id = a.session_id
	LEFT JOIN message AS m ON m.id = a.message_id
	WHERE a.started_at >= :since AND m.tls_report IS NULL
	ORDER BY a.recipient_id, a.id;

-- name: whatif_count
SELECT count(*) FROM attempt;

-- name: whatif_facts
SELECT f ->> '$.mx', f ->> '$.address', f ->> '$.tlsa', f ->> '$.mta_sts',
	f ->> '$.starttls', f ->> '$.pkix', f ->> '$.dane',
	coalesce(f ->> '$.hosts', 0), coalesce(f ->> '$.relay', 0)
	FROM (SELECT :facts AS f) WHERE json_valid(:facts);
