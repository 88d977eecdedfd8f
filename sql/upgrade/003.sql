-- Version 2 to 3: recipients learn dsn_owed.  Never edited once released.  Views
-- and triggers of version 2 may stay: a new column does not disturb them.

-- name: upgrade_003
ALTER TABLE recipient ADD COLUMN
	dsn_owed TEXT -- the report its sender is to get, until that is in the spool
		CONSTRAINT "recipient.dsn_owed is NULL or one of failed, delayed, delivered, relayed"
		CHECK (dsn_owed IN ('failed', 'delayed', 'delivered', 'relayed'));
CREATE INDEX recipient_owed ON recipient (message_id)
	WHERE dsn_owed IS NOT NULL;
PRAGMA user_version = 3;
