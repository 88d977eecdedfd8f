-- What the administrator's commands change (src/spool/admin.c).  They go through
-- what was selected in transactions of some hundred recipients: a crash leaves
-- those that were committed changed, and no recipient or message in between.
--
-- An active recipient may be taken from its runner at any time: each result,
-- release and renewal of a runner asks for state active and its own token, so
-- that nothing but a 2xx (result_late) changes the recipient afterwards.

-- name: admin_message_exists
SELECT 1 FROM message WHERE id = :message;

-- Undelivered recipients.  The partial index holds them and no others.
-- name: admin_select
SELECT r.id, r.message_id, r.address, r.state
	FROM recipient AS r INDEXED BY recipient_domain
	JOIN message AS m ON m.id = r.message_id
	WHERE r.finished_at IS NULL
	AND (:domain IS NULL OR r.domain = :domain)
	AND (:sender IS NULL OR m.sender = :sender COLLATE NOCASE)
	ORDER BY r.id;

-- name: admin_select_message
SELECT r.id, r.message_id, r.address, r.state
	FROM recipient AS r INDEXED BY recipient_message
	JOIN message AS m ON m.id = r.message_id
	WHERE r.message_id = :message
	AND r.finished_at IS NULL
	AND (:domain IS NULL OR r.domain = :domain)
	AND (:sender IS NULL OR m.sender = :sender COLLATE NOCASE)
	ORDER BY r.id;

-- name: admin_state
SELECT state FROM recipient WHERE id = :id;

-- What is due already keeps its place.
-- name: admin_retry
UPDATE recipient SET next_attempt_at = min(next_attempt_at, :now)
	WHERE id = :id AND state IN ('queued', 'deferred');

-- One in delivery is not due before the end of the lease that it loses, lest it
-- be released while the session that had it is still open.
-- name: admin_hold
UPDATE recipient SET state = 'held',
	next_attempt_at = max(next_attempt_at, coalesce(claimed_until, 0)),
	claimed_by = NULL, claimed_until = NULL
	WHERE id = :id AND state IN ('queued', 'active', 'deferred');

-- name: admin_release
UPDATE recipient SET state = iif(attempts = 0, 'queued', 'deferred')
	WHERE id = :id AND state = 'held';

-- name: admin_delete
UPDATE recipient SET state = 'deleted', finished_at = :now,
	claimed_by = NULL, claimed_until = NULL
	WHERE id = :id AND state IN ('queued', 'active', 'deferred', 'held');

-- What the last attempt found stays in last_error and last_attempt_id, for the
-- notice, which is owed as owed_decide (src/dsn/owed.h) would have it.
-- name: admin_bounce
UPDATE recipient SET state = 'failed', finished_at = :now,
	status = '5.0.0', reply = 'returned to the sender by the administrator',
	dsn_owed = (SELECT 'failed' FROM message AS m
		WHERE m.id = recipient.message_id AND m.sender <> ''
		AND (recipient.notify IS NULL
		OR ',' || recipient.notify || ',' GLOB '*,FAILURE,*')),
	claimed_by = NULL, claimed_until = NULL
	WHERE id = :id AND state IN ('queued', 'active', 'deferred', 'held');
