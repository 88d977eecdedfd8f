-- What the milter asks.  It writes with the blocks of insert.sql alone.

-- name: milter_failing
-- A domain whose last attempt, not before :after, failed on policy.
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', failing_since, 'unixepoch'), result_type,
	coalesce(last_reply, last_error)
	FROM domain_status
	WHERE domain = :domain AND failing_since IS NOT NULL
	AND last_attempt_at > :after AND last_error IN ('tls', 'dane', 'mta-sts');
