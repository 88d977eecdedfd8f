-- Version 1 to 2: recipients learn expires_at, tls_failures and notified and
-- have their values checked; maps and report counts get their tables.  Never
-- edited once released.  Views and triggers are made again after the last step,
-- so each step drops those of the version before it.

-- name: upgrade_002
DROP VIEW queue;
DROP VIEW history;
DROP TRIGGER submission_insert;
DROP VIEW submission;
CREATE TABLE recipient_2 ( -- one address of a message, and how it stands
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: late results name it
	message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
	address TEXT NOT NULL, -- local@domain, domain in A-labels
	domain TEXT NOT NULL, -- after the last @, lower case
	state TEXT NOT NULL DEFAULT 'queued'
		CONSTRAINT "recipient.state is one of queued, active, deferred, held, delivered, failed, expired, withdrawn, deleted"
		CHECK (state = 'queued' OR state = 'active' OR state = 'deferred'
			OR state = 'held' OR state = 'delivered' OR state = 'failed'
			OR state = 'expired' OR state = 'withdrawn' OR state = 'deleted'),
	attempts INTEGER NOT NULL DEFAULT 0 -- results recorded
		CONSTRAINT "recipient.attempts is not negative"
		CHECK (attempts >= 0),
	next_attempt_at INTEGER NOT NULL DEFAULT (unixepoch()),
	notify TEXT -- RFC 3461
		CONSTRAINT "recipient.notify is NULL, NEVER or some of SUCCESS,FAILURE,DELAY"
		CHECK (notify = 'NEVER' OR notify <> '' AND
			replace(replace(replace(',' || notify || ',', ',SUCCESS,', ','),
			',FAILURE,', ','), ',DELAY,', ',') = ','),
	orcpt TEXT -- RFC 3461: type;address, decoded
		CONSTRAINT "recipient.orcpt is type;address in printable characters (UTF-8 with the type utf-8)"
		CHECK (orcpt GLOB '?*;?*' AND length(CAST(orcpt AS BLOB)) <= 500
			AND (orcpt NOT GLOB '*[^ -~]*' OR lower(orcpt) GLOB 'utf-8;*'
			AND orcpt NOT GLOB '*[' || char(1) || '-' || char(31) || char(127)
				|| ']*')),
	last_error TEXT
		CONSTRAINT "recipient.last_error is NULL or one of dns, connection, tls, dane, mta-sts, unexpected-reply, rate, concurrency, io"
		CHECK (last_error = 'dns' OR last_error = 'connection'
			OR last_error = 'tls' OR last_error = 'dane'
			OR last_error = 'mta-sts' OR last_error = 'unexpected-reply'
			OR last_error = 'rate' OR last_error = 'concurrency'
			OR last_error = 'io'),
	status TEXT -- RFC 3463, the last one
		CONSTRAINT "recipient.status is NULL or like 4.7.5"
		CHECK (status GLOB '[245].[0-9]*.[0-9]*' AND status NOT GLOB '*[^0-9.]*'),
	reply TEXT, -- the server's words, or ours
	tls_failures INTEGER NOT NULL DEFAULT 0 -- attempts that ended in tls, dane, mta-sts
		CONSTRAINT "recipient.tls_failures is not negative"
		CHECK (tls_failures >= 0),
	notified INTEGER NOT NULL DEFAULT 0 -- delay notices sent
		CONSTRAINT "recipient.notified is not negative"
		CHECK (notified >= 0),
	expires_at INTEGER, -- NULL: schedule not evaluated yet, or bounded by attempts
	last_attempt_id INTEGER, -- the attempt that decided
	finished_at INTEGER,
	claimed_by TEXT, -- HOST/BOOTID/PID/N
	claimed_until INTEGER,
	CONSTRAINT "recipient.finished_at is set in the states delivered, failed, expired, withdrawn, deleted and in no other"
		CHECK ((state = 'delivered' OR state = 'failed' OR state = 'expired'
			OR state = 'withdrawn' OR state = 'deleted')
			= (finished_at IS NOT NULL)),
	CONSTRAINT "recipient.claimed_by and claimed_until are set in the state active and in no other"
		CHECK ((state = 'active') = (claimed_by IS NOT NULL)
			AND (state = 'active') = (claimed_until IS NOT NULL))
) STRICT;
INSERT INTO recipient_2 (id, message_id, address, domain, state, attempts,
	next_attempt_at, notify, orcpt, last_error, status, reply, last_attempt_id,
	finished_at, claimed_by, claimed_until)
	SELECT id, message_id, address, domain, state, attempts, next_attempt_at,
	notify, orcpt, last_error, iif(status GLOB '[245].[0-9]*.[0-9]*'
		AND status NOT GLOB '*[^0-9.]*', status, NULL),
	reply, last_attempt_id, finished_at, claimed_by, claimed_until
	FROM recipient;
DELETE FROM sqlite_sequence WHERE name = 'recipient_2';
INSERT INTO sqlite_sequence (name, seq)
	SELECT 'recipient_2', seq FROM sqlite_sequence WHERE name = 'recipient';
DROP TABLE recipient;
ALTER TABLE recipient_2 RENAME TO recipient;
CREATE INDEX recipient_message ON recipient (message_id);
CREATE INDEX recipient_due ON recipient (next_attempt_at, id, domain)
	WHERE state IN ('queued', 'deferred');
CREATE INDEX recipient_domain ON recipient (domain, next_attempt_at)
	WHERE state IN ('queued', 'active', 'deferred', 'held');
CREATE INDEX recipient_active ON recipient (claimed_until, claimed_by)
	WHERE state = 'active';
CREATE INDEX message_mta_id ON message (mta_id) WHERE mta_id IS NOT NULL;
CREATE TABLE lookup ( -- maps for expressions
	map TEXT NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (map, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE tls_report ( -- counts for RFC 8460
	day TEXT NOT NULL
		CONSTRAINT "tls_report.day is YYYY-MM-DD"
		CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	domain TEXT NOT NULL,
	policy_type TEXT NOT NULL
		CONSTRAINT "tls_report.policy_type is one of tlsa, sts, no-policy-found"
		CHECK (policy_type IN ('tlsa', 'sts', 'no-policy-found')),
	policy TEXT NOT NULL DEFAULT '{}' -- JSON
		CONSTRAINT "tls_report.policy is a JSON object"
		CHECK (policy GLOB '{*}'),
	result_type TEXT NOT NULL DEFAULT '', -- '' for success
	mx TEXT NOT NULL DEFAULT '',
	sending_ip TEXT NOT NULL DEFAULT '',
	receiving_ip TEXT NOT NULL DEFAULT '',
	reason TEXT NOT NULL DEFAULT '',
	count INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (day, domain, policy_type, policy, result_type, mx, sending_ip,
		receiving_ip, reason)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 2;
