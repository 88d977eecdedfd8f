-- What the milter asks, and how it ends a wait.  It stores with insert.sql.

-- name: milter_failing
-- A domain whose last attempt, not before :after, failed on policy.
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', failing_since, 'unixepoch'), result_type,
	coalesce(last_reply, last_error)
	FROM domain_status
	WHERE domain = :domain AND failing_since IS NOT NULL
	AND last_attempt_at > :after AND last_error IN ('tls', 'dane', 'mta-sts');

-- milter.wait: the messages of one SMTP transaction are a JSON array of ids.

-- name: milter_outcome
-- Untried is what a runner may still decide at once: one that has to wait for its
-- turn (claim_wait, a rate) is as good as deferred.
SELECT count(*) FILTER (WHERE untried), count(*) FILTER (WHERE state = 'failed'),
	count(*) FILTER (WHERE NOT untried AND state <> 'failed')
	FROM (SELECT state, attempts = 0 AND (state = 'active'
			OR state = 'queued' AND next_attempt_at <= :now) AS untried
		FROM recipient
		WHERE message_id IN (SELECT value FROM json_each(:messages)));

-- name: milter_failure
SELECT address, status, reply FROM recipient
	WHERE message_id IN (SELECT value FROM json_each(:messages))
	AND state = 'failed' ORDER BY id LIMIT 1;

-- Committed before the client hears its 5xx: a crash before leaves the marks, and
-- a DSN follows; after it the client comes again, or has heard.  Not where the
-- runner may have made the DSN (the wait is over) or a late 2xx came in.
-- name: milter_withdraw
UPDATE recipient SET state = 'withdrawn'
	WHERE message_id IN (SELECT value FROM json_each(:messages))
	AND NOT EXISTS (SELECT 1 FROM recipient
		WHERE message_id IN (SELECT value FROM json_each(:messages))
		AND state <> 'failed')
	AND NOT EXISTS (SELECT 1 FROM json_each(:messages) AS j
		LEFT JOIN message AS m ON m.id = j.value
		WHERE coalesce(m.wait_until, 0) <= :now);

-- The runner finishes it (wait_over).
-- name: milter_answered
UPDATE message SET wait_until = 0
	WHERE id IN (SELECT value FROM json_each(:messages))
	AND wait_until IS NOT NULL;
