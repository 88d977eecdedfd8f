-- Claims.  A claim is a lease: state active, claimed_by, claimed_until.  A crash
-- after its commit leaves the recipient active until the lease ends or the lock
-- file of the runner is seen free.

-- What is due, oldest first, after the place where the last scan stopped.
-- name: claim_scan
SELECT id, domain, next_attempt_at FROM recipient INDEXED BY recipient_due
	WHERE state IN ('queued', 'deferred')
	AND next_attempt_at <= :due_by
	AND (next_attempt_at, id) > (:after_at, :after_id)
	ORDER BY next_attempt_at, id;

-- name: claim_scan_domain
SELECT id, domain, next_attempt_at FROM recipient INDEXED BY recipient_domain
	WHERE finished_at IS NULL
	AND state IN ('queued', 'deferred')
	AND domain = :domain AND next_attempt_at <= :due_by
	ORDER BY next_attempt_at;

-- name: claim_scan_message
SELECT id, domain, next_attempt_at FROM recipient INDEXED BY recipient_message
	WHERE state IN ('queued', 'deferred')
	AND message_id = :message_id AND next_attempt_at <= :due_by;

-- Makes what waits due at once (tlsq-runner --now).  NULL: any.
-- name: claim_make_due
UPDATE recipient SET next_attempt_at = :now
	WHERE state IN ('queued', 'deferred') AND next_attempt_at > :now
	AND (:domain IS NULL OR domain = :domain)
	AND (:message_id IS NULL OR message_id = :message_id);

-- name: claim_read
SELECT message_id, address, domain, notify, orcpt, last_error, status, reply,
	attempts, tls_failures, notified, expires_at, next_attempt_at
	FROM recipient WHERE id = :id
	AND EXISTS (SELECT 1 FROM message WHERE message.id = message_id) AND state IN ('queued', 'deferred');

-- What a shell without foreign keys has left of a message that it deleted.
-- name: claim_orphan
DELETE FROM recipient WHERE id = :id
	AND NOT EXISTS (SELECT 1 FROM message WHERE message.id = message_id);

-- name: claim_take
UPDATE recipient SET state = 'active', claimed_by = :token, claimed_until = :until
	WHERE id = :id;

-- Mail to a domain of which no host could be reached waits for the next try of
-- what is deferred already, at most :most seconds, and only once: many letters
-- are then one probe.  NULL or no row: it need not wait.
-- name: claim_wait_until
SELECT min(:now + :most, (SELECT next_attempt_at FROM recipient
		INDEXED BY recipient_domain
		WHERE finished_at IS NULL
		AND domain = :domain AND next_attempt_at > :now
		AND state = 'deferred' AND last_error = 'connection'
		ORDER BY next_attempt_at LIMIT 1))
	FROM domain_status WHERE domain = :domain
	AND failing_since IS NOT NULL AND last_error = 'connection';

-- name: claim_wait
UPDATE recipient SET next_attempt_at = :at, last_error = 'connection',
	status = d.last_status,
	reply = 'not tried yet: at ' || strftime('%Y-%m-%dT%H:%M:%SZ',
		d.last_attempt_at, 'unixepoch')
		|| ' no host of the domain could be reached: '
		|| coalesce(d.last_reply, '')
	FROM domain_status AS d
	WHERE id = :id AND state = 'queued' AND attempts = 0
	AND recipient.last_error IS NULL AND d.domain = recipient.domain
	RETURNING id;

-- Runners that hold claims: they share the limits on sessions.
-- name: claim_sharers
SELECT count(DISTINCT claimed_by) FROM recipient INDEXED BY recipient_active
	WHERE state = 'active';

-- name: message_read
SELECT mta_id, sender, source, received_at, wait_until, size, body_type, ret, envid,
	smtputf8, require_tls, tls_optional, client_ip, client_name, auth_user,
	tls_strategy, tls_report FROM message WHERE id = :id;

-- Leases that ran out: whoever comes first makes them due again.
-- name: claim_expire
UPDATE recipient SET state = iif(attempts = 0, 'queued', 'deferred'),
	claimed_by = NULL, claimed_until = NULL
	WHERE state = 'active' AND claimed_until <= :now;

-- A lease that ends later than any can was given by a clock that was ahead.  It
-- is cut, not ended: a runner that lives renews it in time.
-- name: claim_cut
UPDATE recipient SET claimed_until = :now + :lease
	WHERE state = 'active' AND claimed_until > :now + 2 * :lease;

-- Times that no schedule can have set were written under a clock that was ahead:
-- such mail is due now.  One that was never tried and whose message is not from the
-- future may have been put there on purpose: it stays, and tlsq check says so.
-- name: claim_cut_due
UPDATE recipient SET next_attempt_at = :now
	WHERE id IN (SELECT r.id FROM recipient AS r INDEXED BY recipient_due
		JOIN message AS m ON m.id = r.message_id
		WHERE r.state IN ('queued', 'deferred')
		AND r.next_attempt_at > :now + :longest
		AND (r.attempts > 0 OR r.last_error IS NOT NULL
			OR m.received_at > :now + 60)
		LIMIT :max);

-- A wait of the milter that ends later than any can (milter.wait is at most 1h).
-- name: claim_cut_wait
UPDATE message SET wait_until = :now + 3600
	WHERE wait_until IS NOT NULL AND wait_until > :now + 3660;

-- name: claim_renew
UPDATE recipient SET claimed_until = :until
	WHERE state = 'active' AND claimed_by = :token;

-- name: claim_holds
SELECT 1 FROM recipient
	WHERE id = :id AND state = 'active' AND claimed_by = :token;

-- name: claim_release
UPDATE recipient SET state = iif(attempts = 0, 'queued', 'deferred'),
	claimed_by = NULL, claimed_until = NULL, next_attempt_at = :due_at
	WHERE id = :id AND state = 'active' AND claimed_by = :token;

-- name: claim_release_all
UPDATE recipient SET state = iif(attempts = 0, 'queued', 'deferred'),
	claimed_by = NULL, claimed_until = NULL
	WHERE state = 'active' AND claimed_by = :token;

-- name: next_due
SELECT min(due_at) FROM (
	SELECT min(next_attempt_at) AS due_at FROM recipient INDEXED BY recipient_due
		WHERE state IN ('queued', 'deferred')
	UNION ALL
	SELECT min(claimed_until) FROM recipient INDEXED BY recipient_active
		WHERE state = 'active'
	UNION ALL
	SELECT min(wait_until) FROM message INDEXED BY message_waiting
		WHERE wait_until IS NOT NULL);

-- Retention.  Recipients, attempts and content go with the message.
-- name: purge_messages
DELETE FROM message WHERE id IN (SELECT id FROM message
	WHERE finished_at IS NOT NULL AND finished_at < :before
	ORDER BY finished_at LIMIT :max);

-- The state of a domain goes once nothing was tried for the time of retention and
-- nothing waits for it.  In slices, from one domain to the next.
-- name: purge_domains
DELETE FROM domain_status WHERE domain > :after AND domain <= :last
	AND coalesce(last_attempt_at, 0) < :before
	AND NOT EXISTS (SELECT 1 FROM recipient
		WHERE recipient.domain = domain_status.domain
		AND finished_at IS NULL);

-- name: purge_domains_slice
SELECT coalesce(max(domain), ''), count(*) FROM (SELECT domain FROM domain_status
	WHERE domain > :after ORDER BY domain LIMIT :max);

-- name: purge_sessions
DELETE FROM session WHERE id IN (SELECT id FROM session
	WHERE started_at < :before AND NOT EXISTS
		(SELECT 1 FROM attempt WHERE session_id = session.id)
	ORDER BY started_at LIMIT :max);
