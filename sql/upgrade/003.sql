-- Version 2 to 3: recipients learn dsn_owed, and the checks of what is written for
-- each message lose their IN lists.  Never edited once released.  Views and triggers
-- are made again after the last step; those that name a table made anew go first.

-- name: upgrade_003
DROP VIEW IF EXISTS submission;
DROP VIEW IF EXISTS queue;
DROP VIEW IF EXISTS history;
DROP VIEW IF EXISTS tls_by_domain;
DROP VIEW IF EXISTS problems;
ALTER TABLE recipient ADD COLUMN
	dsn_owed TEXT -- the report its sender is to get, until that is in the spool
		CONSTRAINT "recipient.dsn_owed is NULL or one of failed, delayed, delivered, relayed"
		CHECK (dsn_owed = 'failed' OR dsn_owed = 'delayed'
			OR dsn_owed = 'delivered' OR dsn_owed = 'relayed');
DROP INDEX recipient_domain;
CREATE INDEX recipient_domain ON recipient (domain, next_attempt_at)
	WHERE finished_at IS NULL;
CREATE INDEX recipient_owed ON recipient (message_id)
	WHERE dsn_owed IS NOT NULL;

CREATE TABLE message_3 ( -- one accepted mail: its envelope
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: logs name it
	mta_id TEXT, -- Sendmail's queue id, or what the producer calls it
	sender TEXT NOT NULL, -- '' is the null sender
	source TEXT NOT NULL DEFAULT 'spool'
		CONSTRAINT "message.source is one of milter, submit, spool, dsn, report"
		CHECK (source = 'milter' OR source = 'submit' OR source = 'spool'
			OR source = 'dsn' OR source = 'report'),
	received_at INTEGER NOT NULL DEFAULT (unixepoch()),
	wait_until INTEGER -- the milter waits for the result until then; 0: no longer
		CONSTRAINT "message.wait_until is NULL, 0 or a time"
		CHECK (wait_until >= 0),
	size INTEGER NOT NULL -- octets of the content as stored
		CONSTRAINT "message.size is not negative"
		CHECK (size >= 0),
	body_type TEXT NOT NULL DEFAULT '7BIT' -- RFC 6152
		CONSTRAINT "message.body_type is 7BIT or 8BITMIME"
		CHECK (body_type IN ('7BIT', '8BITMIME')),
	smtputf8 INTEGER NOT NULL DEFAULT 0 -- RFC 6531
		CONSTRAINT "message.smtputf8 is 0 or 1"
		CHECK (smtputf8 IN (0, 1)),
	require_tls INTEGER NOT NULL DEFAULT 0 -- REQUIRETLS, RFC 8689
		CONSTRAINT "message.require_tls is 0 or 1"
		CHECK (require_tls IN (0, 1)),
	tls_optional INTEGER NOT NULL DEFAULT 0 -- TLS-Required: No, RFC 8689 5
		CONSTRAINT "message.tls_optional is 0 or 1"
		CHECK (tls_optional IN (0, 1)),
	ret TEXT -- RFC 3461
		CONSTRAINT "message.ret is NULL, FULL or HDRS"
		CHECK (ret IN ('FULL', 'HDRS')),
	envid TEXT -- RFC 3461, decoded
		CONSTRAINT "message.envid has 1 to 100 printable characters"
		CHECK (length(envid) BETWEEN 1 AND 100 AND envid NOT GLOB '*[^ -~]*'),
	client_ip TEXT,
	client_name TEXT,
	auth_user TEXT,
	tls_strategy TEXT, -- pinned on this message: a tls_strategy.id
	finished_at INTEGER -- no recipient is undelivered since; content is gone
) STRICT;
INSERT INTO message_3 (id, mta_id, sender, source, received_at, wait_until, size,
	body_type, smtputf8, require_tls, tls_optional, ret, envid,
	client_ip, client_name, auth_user, tls_strategy, finished_at)
	SELECT id, mta_id, sender, source, received_at, wait_until, size,
	body_type, smtputf8, require_tls, tls_optional, ret, envid,
	client_ip, client_name, auth_user, tls_strategy, finished_at
	FROM message;
DELETE FROM sqlite_sequence WHERE name = 'message_3';
INSERT INTO sqlite_sequence (name, seq)
	SELECT 'message_3', seq FROM sqlite_sequence WHERE name = 'message';
DROP TABLE message;
ALTER TABLE message_3 RENAME TO message;
CREATE INDEX message_unfinished ON message (id) WHERE finished_at IS NULL;
CREATE INDEX message_finished ON message (finished_at)
	WHERE finished_at IS NOT NULL;
CREATE INDEX message_waiting ON message (wait_until)
	WHERE wait_until IS NOT NULL;
CREATE INDEX message_mta_id ON message (mta_id) WHERE mta_id IS NOT NULL;

CREATE TABLE session_3 ( -- one connection to a server, and what TLS proved
	id INTEGER PRIMARY KEY,
	started_at INTEGER NOT NULL,
	mx TEXT,
	address TEXT,
	tls TEXT NOT NULL DEFAULT 'none' -- what was proved
		CONSTRAINT "session.tls is one of none, encrypted, pkix, dane, mta-sts"
		CHECK (tls = 'none' OR tls = 'encrypted' OR tls = 'pkix'
			OR tls = 'dane' OR tls = 'mta-sts'),
	protocol TEXT, -- TLSv1.2, TLSv1.3
	cipher TEXT,
	cert_sha256 TEXT, -- lower-case hex
	cert_subject TEXT,
	cert_issuer TEXT,
	cert_not_after INTEGER,
	spki_sha256 TEXT, -- lower-case hex
	tlsa TEXT, -- the record that matched: usage selector matching hex
	dane TEXT NOT NULL DEFAULT 'none'
		CONSTRAINT "session.dane is one of none, verified, host-only, unusable, failed"
		CHECK (dane = 'none' OR dane = 'verified' OR dane = 'host-only'
			OR dane = 'unusable' OR dane = 'failed'),
	mta_sts TEXT NOT NULL DEFAULT 'none'
		CONSTRAINT "session.mta_sts is one of none, testing, verified, failed"
		CHECK (mta_sts = 'none' OR mta_sts = 'testing'
			OR mta_sts = 'verified' OR mta_sts = 'failed'),
	resumed INTEGER NOT NULL DEFAULT 0
		CONSTRAINT "session.resumed is 0 or 1"
		CHECK (resumed IN (0, 1)),
	verify_error TEXT -- why the certificate did not verify, in words
) STRICT;
INSERT INTO session_3 (id, started_at, mx, address, tls, protocol, cipher,
	cert_sha256, cert_subject, cert_issuer, cert_not_after,
	spki_sha256, tlsa, dane, mta_sts, resumed, verify_error)
	SELECT id, started_at, mx, address, tls, protocol, cipher, cert_sha256,
	cert_subject, cert_issuer, cert_not_after, spki_sha256, tlsa,
	dane, mta_sts, resumed, verify_error
	FROM session;
DROP TABLE session;
ALTER TABLE session_3 RENAME TO session;
CREATE INDEX session_started ON session (started_at);

CREATE TABLE attempt_3 ( -- one recipient and one host tried (mx NULL: ended before)
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL,
	recipient_id INTEGER NOT NULL REFERENCES recipient (id) ON DELETE CASCADE,
	domain TEXT NOT NULL,
	started_at INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL DEFAULT 0,
	strategy TEXT, -- the TLS strategy in force
	rule TEXT, -- the rule that chose it, or 'pinned'
	mx TEXT,
	address TEXT,
	level TEXT -- what was required
		CONSTRAINT "attempt.level is one of none, opportunistic, mandatory, mta-sts, dane"
		CHECK (level = 'none' OR level = 'opportunistic'
			OR level = 'mandatory' OR level = 'mta-sts' OR level = 'dane'),
	facts TEXT -- JSON: what the decision was made from
		CONSTRAINT "attempt.facts is a JSON object"
		CHECK (facts GLOB '{*}'),
	session_id INTEGER,
	outcome TEXT NOT NULL
		CONSTRAINT "attempt.outcome is one of delivered, deferred, failed"
		CHECK (outcome = 'delivered' OR outcome = 'deferred'
			OR outcome = 'failed'),
	error TEXT
		CONSTRAINT "attempt.error is NULL or one of dns, connection, tls, dane, mta-sts, unexpected-reply, rate, concurrency, io"
		CHECK (error = 'dns' OR error = 'connection' OR error = 'tls'
			OR error = 'dane' OR error = 'mta-sts'
			OR error = 'unexpected-reply' OR error = 'rate'
			OR error = 'concurrency' OR error = 'io'),
	result_type TEXT, -- RFC 8460 4.3; NULL: none applies
	status TEXT, -- RFC 3463
	reply TEXT
) STRICT;
INSERT INTO attempt_3 (id, message_id, recipient_id, domain, started_at,
	duration_ms, strategy, rule, mx, address, level, facts,
	session_id, outcome, error, result_type, status, reply)
	SELECT id, message_id, recipient_id, domain, started_at, duration_ms,
	strategy, rule, mx, address, level, facts, session_id, outcome,
	error, result_type, status, reply
	FROM attempt;
DROP TABLE attempt;
ALTER TABLE attempt_3 RENAME TO attempt;
CREATE INDEX attempt_recipient ON attempt (recipient_id);
CREATE INDEX attempt_started ON attempt (started_at);
CREATE INDEX attempt_session ON attempt (session_id)
	WHERE session_id IS NOT NULL;

CREATE TABLE domain_status_3 ( -- how delivery to a domain goes now
	domain TEXT PRIMARY KEY NOT NULL,
	last_attempt_at INTEGER,
	last_delivered_at INTEGER,
	failing_since INTEGER, -- NULL: the last attempt succeeded
	last_error TEXT
		CONSTRAINT "domain_status.last_error is NULL or one of dns, connection, tls, dane, mta-sts, unexpected-reply, rate, concurrency, io"
		CHECK (last_error = 'dns' OR last_error = 'connection'
			OR last_error = 'tls' OR last_error = 'dane'
			OR last_error = 'mta-sts' OR last_error = 'unexpected-reply'
			OR last_error = 'rate' OR last_error = 'concurrency'
			OR last_error = 'io'),
	result_type TEXT, -- RFC 8460
	last_status TEXT,
	last_reply TEXT,
	tls TEXT, -- of the last session
	dane TEXT,
	mta_sts TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO domain_status_3 (domain, last_attempt_at, last_delivered_at, failing_since,
	last_error, result_type, last_status, last_reply, tls, dane,
	mta_sts)
	SELECT domain, last_attempt_at, last_delivered_at, failing_since,
	last_error, result_type, last_status, last_reply, tls, dane,
	mta_sts
	FROM domain_status;
DROP TABLE domain_status;
ALTER TABLE domain_status_3 RENAME TO domain_status;
CREATE INDEX domain_status_failing ON domain_status (failing_since)
	WHERE failing_since IS NOT NULL;

CREATE TABLE cache_use ( -- how often an answer was at hand, since the spool was made
	cache TEXT PRIMARY KEY NOT NULL
		CONSTRAINT "cache_use.cache is one of mx, host, dane, mta-sts"
		CHECK (cache = 'mx' OR cache = 'host' OR cache = 'dane'
			OR cache = 'mta-sts'),
	hits INTEGER NOT NULL DEFAULT 0, -- in memory or in the cache's table
	misses INTEGER NOT NULL DEFAULT 0 -- asked of DNS or HTTPS
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
