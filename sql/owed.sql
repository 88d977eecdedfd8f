-- DSNs that are owed.  One is stored, its marks are cleared and its message is
-- finished in one transaction: a crash before the commit leaves the marks (it is
-- made again), after it the DSN is in the spool as a message of its own.

-- name: owed_scan
-- Messages that owe one, after :after.  Not while a recipient is in delivery, so
-- that one report speaks of all; nor while the milter waits, as it answers then.
SELECT DISTINCT r.message_id FROM recipient AS r INDEXED BY recipient_owed
	JOIN message AS m ON m.id = r.message_id
	WHERE r.dsn_owed IS NOT NULL AND r.message_id > :after
	AND (m.wait_until IS NULL OR m.wait_until <= :now)
	AND NOT EXISTS (SELECT 1 FROM recipient AS a
		WHERE a.message_id = r.message_id AND a.state = 'active')
	ORDER BY r.message_id LIMIT 1;

-- name: owed_recipients
-- The facts of the last attempt (a) explain the reply only where it is that
-- attempt's: the administrator may have decided since.
SELECT r.id, r.dsn_owed, r.address, r.orcpt, r.status, r.state = 'expired',
	iif(a.id IS NULL, NULL, r.last_error), a.result_type,
	r.reply || iif(a.id IS NULL AND l.reply IS NOT NULL,
		' (the last attempt: ' || l.reply || ')', ''),
	a.mx, a.address, a.level, a.strategy, s.verify_error, l.started_at,
	r.expires_at
	FROM recipient AS r
	LEFT JOIN attempt AS l ON l.id = r.last_attempt_id
	LEFT JOIN attempt AS a ON a.id = l.id
		AND coalesce(a.reply, '') = coalesce(r.reply, '')
	LEFT JOIN session AS s ON s.id = a.session_id
	WHERE r.message_id = :message_id AND r.dsn_owed IS NOT NULL
	ORDER BY r.id LIMIT :max;

-- name: owed_clear
UPDATE recipient SET dsn_owed = NULL WHERE id = :id;
