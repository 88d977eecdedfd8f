-- What each connection does: settings, transactions, facts about the file.

-- name: connection_setup
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 0;
PRAGMA secure_delete = FAST;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 0;
PRAGMA cache_size = -6144;

-- name: connection_read_only
PRAGMA query_only = ON;

-- Kept in the file.  Copies made by the backup API or VACUUM INTO lack it.
-- name: connection_wal
PRAGMA journal_mode = WAL;

-- name: connection_journal_mode
PRAGMA journal_mode;

-- Reading the schema finds damage in it at once.
-- name: connection_probe
SELECT count(*) FROM sqlite_schema;

-- name: user_version
PRAGMA user_version;

-- name: connection_probe_writing
-- Fails with SQLITE_READONLY where the shared memory could only be opened for
-- reading.  Nothing is left.
BEGIN IMMEDIATE;
ROLLBACK;

-- name: data_version
PRAGMA data_version;

-- name: begin
BEGIN IMMEDIATE;

-- name: begin_read
BEGIN DEFERRED;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- One message among several in a transaction.
-- name: savepoint
SAVEPOINT message;

-- name: savepoint_undo
ROLLBACK TO message;

-- name: savepoint_release
RELEASE message;

-- name: integrity_check
PRAGMA integrity_check(1);

-- name: foreign_key_check
PRAGMA foreign_key_check;

-- What SQLite's own check cannot see: pieces that are not there.
-- name: content_check
SELECT id, size, stored, count(*) OVER () FROM (SELECT m.id, m.size,
		(SELECT coalesce(sum(length(data)), 0) FROM content
			WHERE message_id = m.id) AS stored,
		(SELECT coalesce(max(seq) + 1 <> count(*), 0) FROM content
			WHERE message_id = m.id) AS gap
	FROM message AS m WHERE m.finished_at IS NULL)
	WHERE stored <> size OR gap LIMIT 1;

-- name: free_pages
PRAGMA freelist_count;

-- name: shrink
PRAGMA incremental_vacuum(1);
