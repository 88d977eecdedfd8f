-- Runners.  The row is committed while its lock file is already locked, so that
-- nobody sees a live runner without a lock.

-- name: runner_insert
INSERT INTO runner (host, boot_id, pid, lock, started_at, seen_at)
	VALUES (:host, :boot_id, :pid, '', :now, :now) RETURNING id;

-- name: runner_lock
UPDATE runner SET lock = :lock WHERE id = :id;

-- name: runner_seen
UPDATE runner SET seen_at = :now WHERE id = :id;

-- name: runner_list
SELECT id, lock, host || '/' || boot_id || '/' || pid || '/' || id AS token
	FROM runner WHERE host = :host;

-- name: runner_delete
DELETE FROM runner WHERE id = :id;
