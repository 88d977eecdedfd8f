-- Results.  The final state and the DSN it owes (dsn_owed, or nothing: then the
-- content goes too) are one transaction: a crash before its commit leaves the
-- recipient active (it is tried again), after it the DSN is made (owed.sql).
--
-- No RETURNING here, nor in the claims: SQLite makes a table for its rows and
-- drops it again, at each run, for more than the statement itself costs.

-- name: session_add
INSERT INTO session (started_at, mx, address, tls, protocol, cipher, cert_sha256,
	cert_subject, cert_issuer, cert_not_after, spki_sha256, tlsa, dane, mta_sts,
	resumed, verify_error, key_exchange, signature)
	VALUES (:started_at, :mx, :address, coalesce(:tls, 'none'), :protocol, :cipher,
	:cert_sha256, :cert_subject, :cert_issuer, :cert_not_after, :spki_sha256, :tlsa,
	coalesce(:dane, 'none'), coalesce(:mta_sts, 'none'), :resumed, :verify_error,
	:key_exchange, :signature);

-- name: attempt_add
INSERT INTO attempt (message_id, recipient_id, domain, started_at, duration_ms,
	strategy, rule, mx, address, level, facts, session_id, outcome, error,
	result_type, status, reply, shadow_strategy, shadow_outcome)
	VALUES (:message_id, :recipient_id, :domain, :started_at, :duration_ms,
	:strategy, :rule, :mx, :address, :level, :facts, :session_id, :outcome, :error,
	:result_type, :status, :reply, :shadow_strategy, :shadow_outcome);

-- name: result_set
UPDATE recipient SET state = :state, attempts = attempts + 1,
	-- A fallback is tried at once, each strategy once: next_attempt_at stays
	-- the time since which the recipient is due, and what was tried since
	-- then is not tried again before the delay.
	next_attempt_at = CASE
		WHEN :fallback IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attempt
			WHERE recipient_id = :id AND strategy = :fallback
			AND started_at >= recipient.next_attempt_at)
		THEN min(next_attempt_at, :now)
		ELSE coalesce(:next_attempt_at, next_attempt_at) END,
	finished_at = iif(:state = 'deferred', NULL, :now),
	expires_at = coalesce(:expires_at, expires_at), notified = :notified,
	last_error = :last_error,
	tls_failures = tls_failures + coalesce(:last_error = 'tls'
		OR :last_error = 'dane' OR :last_error = 'mta-sts', 0),
	status = :status, reply = :reply,
	last_attempt_id = coalesce(:last_attempt_id, last_attempt_id),
	dsn_owed = coalesce(:dsn_owed, iif(:state = 'deferred', dsn_owed, NULL)),
	claimed_by = NULL, claimed_until = NULL
	WHERE id = :id AND state = 'active' AND claimed_by = :token;

-- A remote's 2xx is the truth whoever holds the recipient now.
-- name: result_late
UPDATE recipient SET state = 'delivered', attempts = attempts + 1,
	finished_at = :now, last_error = NULL, status = :status, reply = :reply,
	last_attempt_id = coalesce(:last_attempt_id, last_attempt_id),
	dsn_owed = NULL, claimed_by = NULL, claimed_until = NULL
	WHERE id = :id AND state <> 'delivered';

-- name: message_finish
UPDATE message SET finished_at = :now
	WHERE id = :id AND finished_at IS NULL AND wait_until IS NULL
	AND NOT EXISTS (SELECT 1 FROM recipient WHERE message_id = :id
		AND (finished_at IS NULL
		OR dsn_owed IS NOT NULL));

-- name: content_delete
DELETE FROM content WHERE message_id = :message_id;

-- name: wait_over
SELECT id FROM message WHERE wait_until IS NOT NULL AND wait_until <= :now
	ORDER BY wait_until LIMIT 1;

-- name: wait_clear
UPDATE message SET wait_until = NULL WHERE id = :id;

-- name: strays
SELECT id, NOT EXISTS (SELECT 1 FROM recipient WHERE message_id = message.id
		AND (finished_at IS NULL OR dsn_owed IS NOT NULL))
	FROM message INDEXED BY message_unfinished
	WHERE finished_at IS NULL AND id > :after ORDER BY id LIMIT :max;

-- The domain takes mail again: what waits because it did not is due now.  Before
-- domain_status_set, which forgets that it was failing.
-- name: domain_wake
UPDATE recipient SET next_attempt_at = :now
	WHERE id IN (SELECT id FROM recipient INDEXED BY recipient_domain
		WHERE finished_at IS NULL
		AND domain = :domain AND next_attempt_at > :now
		AND state IN ('queued', 'deferred')
		AND last_error IN ('dns', 'connection', 'tls', 'dane', 'mta-sts')
		AND EXISTS (SELECT 1 FROM domain_status
			WHERE domain = :domain AND failing_since IS NOT NULL)
		LIMIT :max);

-- name: domain_status_set
INSERT INTO domain_status (domain, last_attempt_at, last_delivered_at,
	failing_since, last_error, result_type, last_status, last_reply, tls, dane,
	mta_sts)
	VALUES (:domain, :at, iif(:delivered, :at, NULL),
	iif(:error IS NULL, NULL, :at), :error, :result_type, :status, :reply, :tls,
	:dane, :mta_sts)
	ON CONFLICT (domain) DO UPDATE SET
	last_attempt_at = excluded.last_attempt_at,
	last_delivered_at = coalesce(excluded.last_delivered_at, last_delivered_at),
	failing_since = iif(excluded.last_error IS NULL, NULL,
		coalesce(failing_since, excluded.failing_since)),
	last_error = excluded.last_error,
	result_type = excluded.result_type,
	last_status = excluded.last_status,
	last_reply = excluded.last_reply,
	tls = coalesce(excluded.tls, tls),
	dane = coalesce(excluded.dane, dane),
	mta_sts = coalesce(excluded.mta_sts, mta_sts);
