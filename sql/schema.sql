-- The tables of the spool; SPOOL_SCHEMA_VERSION in src/spool/spool.h is their
-- version.  doc/spool.md describes the file, doc/spool-states.md the life of a row.
-- Comments at the end of lines stay in the database: `sqlite3 spool.db .schema`
-- shows them.
--
-- Times are Unix seconds, UTC; *_ms milliseconds.  Names of constraints are the
-- words a producer reads when a value is refused.  The schema works with
-- trusted_schema = OFF; SQLite 3.40 holds json_valid(x) unsafe there, so JSON
-- columns are checked for their brackets only.
--
-- The checks of what is written for each message are chains of OR: SQLite makes a
-- table for each IN with more than two values and drops it again, at each row.

-- name: schema_pragmas
PRAGMA page_size = 8192;
PRAGMA auto_vacuum = INCREMENTAL;

-- name: schema_tables
CREATE TABLE message ( -- one accepted mail: its envelope
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
	finished_at INTEGER, -- no recipient is undelivered since; content is gone
	tls_report TEXT -- the id of the TLS report that it carries (RFC 8460)
) STRICT;

CREATE INDEX message_unfinished ON message (id) WHERE finished_at IS NULL;
CREATE INDEX message_finished ON message (finished_at)
	WHERE finished_at IS NOT NULL;
CREATE INDEX message_waiting ON message (wait_until)
	WHERE wait_until IS NOT NULL;
CREATE INDEX message_mta_id ON message (mta_id) WHERE mta_id IS NOT NULL;

CREATE TABLE content ( -- the RFC 5322 message, CRLF line ends, not dot-stuffed
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL -- 0, 1, ... without gaps
		CONSTRAINT "content.seq is not negative"
		CHECK (seq >= 0),
	data BLOB NOT NULL
		CONSTRAINT "content.data has 1 to 262144 octets"
		CHECK (length(data) BETWEEN 1 AND 262144),
	UNIQUE (message_id, seq)
) STRICT;

CREATE TABLE recipient ( -- one address of a message, and how it stands
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
	dsn_owed TEXT -- the report its sender is to get, until that is in the spool
		CONSTRAINT "recipient.dsn_owed is NULL or one of failed, delayed, delivered, relayed"
		CHECK (dsn_owed = 'failed' OR dsn_owed = 'delayed'
			OR dsn_owed = 'delivered' OR dsn_owed = 'relayed'),
	CONSTRAINT "recipient.finished_at is set in the states delivered, failed, expired, withdrawn, deleted and in no other"
		CHECK ((state = 'delivered' OR state = 'failed' OR state = 'expired'
			OR state = 'withdrawn' OR state = 'deleted')
			= (finished_at IS NOT NULL)),
	CONSTRAINT "recipient.claimed_by and claimed_until are set in the state active and in no other"
		CHECK ((state = 'active') = (claimed_by IS NOT NULL)
			AND (state = 'active') = (claimed_until IS NOT NULL))
) STRICT;

CREATE INDEX recipient_message ON recipient (message_id);
CREATE INDEX recipient_due ON recipient (next_attempt_at, id, domain)
	WHERE state IN ('queued', 'deferred');
CREATE INDEX recipient_domain ON recipient (domain, next_attempt_at)
	WHERE finished_at IS NULL;
CREATE INDEX recipient_active ON recipient (claimed_until, claimed_by)
	WHERE state = 'active';
CREATE INDEX recipient_owed ON recipient (message_id)
	WHERE dsn_owed IS NOT NULL;

CREATE TABLE session ( -- one connection to a server, and what TLS proved
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
	verify_error TEXT, -- why the certificate did not verify, in words
	key_exchange TEXT, -- X25519, P-256, ..., DHE; NULL where TLS 1.2 was resumed
	signature TEXT -- of the server in this handshake: ecdsa_secp256r1_sha256, ...;
		-- rsa_pss_rsae (no hash) in TLS 1.3 with RSA; NULL where resumed
) STRICT;

CREATE INDEX session_started ON session (started_at);

CREATE TABLE attempt ( -- one recipient and one host tried (mx NULL: ended before)
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
	reply TEXT,
	shadow_strategy TEXT, -- that queue.strategy.tls-shadow chose
	shadow_outcome TEXT -- what would have come of it
		CONSTRAINT "attempt.shadow_outcome is NULL or one of delivered, deferred, failed, unknown"
		CHECK (shadow_outcome = 'delivered' OR shadow_outcome = 'deferred'
			OR shadow_outcome = 'failed' OR shadow_outcome = 'unknown')
) STRICT;

CREATE INDEX attempt_recipient ON attempt (recipient_id);
CREATE INDEX attempt_started ON attempt (started_at);
CREATE INDEX attempt_session ON attempt (session_id)
	WHERE session_id IS NOT NULL;

CREATE TABLE mx_cache ( -- answers to MX queries
	domain TEXT PRIMARY KEY NOT NULL,
	status TEXT NOT NULL
		CONSTRAINT "mx_cache.status is one of secure, insecure, none, nullmx, bogus, error"
		CHECK (status IN ('secure', 'insecure', 'none', 'nullmx', 'bogus', 'error')),
	records TEXT NOT NULL DEFAULT '[]' -- JSON of [preference, host]
		CONSTRAINT "mx_cache.records is a JSON array"
		CHECK (records GLOB '[[]*]'),
	fetched_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	canonical TEXT -- the domain after CNAMEs; NULL: the same name
) STRICT, WITHOUT ROWID;

CREATE TABLE host_cache ( -- answers to A and AAAA queries
	host TEXT PRIMARY KEY NOT NULL,
	canonical TEXT, -- after CNAMEs; NULL: the same name
	status TEXT NOT NULL
		CONSTRAINT "host_cache.status is one of secure, insecure, none, bogus, error"
		CHECK (status IN ('secure', 'insecure', 'none', 'bogus', 'error')),
	addresses TEXT NOT NULL DEFAULT '[]' -- JSON
		CONSTRAINT "host_cache.addresses is a JSON array"
		CHECK (addresses GLOB '[[]*]'),
	fetched_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dane_cache ( -- answers to TLSA queries
	host TEXT NOT NULL,
	port INTEGER NOT NULL
		CONSTRAINT "dane_cache.port is 1 to 65535"
		CHECK (port BETWEEN 1 AND 65535),
	base TEXT, -- the TLSA base domain that was asked
	status TEXT NOT NULL
		CONSTRAINT "dane_cache.status is one of secure, none, insecure, bogus, error"
		CHECK (status IN ('secure', 'none', 'insecure', 'bogus', 'error')),
	records TEXT NOT NULL DEFAULT '[]' -- JSON of [usage, selector, matching, hex]
		CONSTRAINT "dane_cache.records is a JSON array"
		CHECK (records GLOB '[[]*]'),
	fetched_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (host, port)
) STRICT, WITHOUT ROWID;

CREATE TABLE mta_sts_cache ( -- MTA-STS policies, RFC 8461
	domain TEXT PRIMARY KEY NOT NULL,
	txt_id TEXT,
	mode TEXT -- NULL: there is no policy
		CONSTRAINT "mta_sts_cache.mode is NULL or one of enforce, testing, none"
		CHECK (mode IN ('enforce', 'testing', 'none')),
	mx TEXT -- JSON
		CONSTRAINT "mta_sts_cache.mx is a JSON array"
		CHECK (mx GLOB '[[]*]'),
	max_age INTEGER,
	policy TEXT, -- as fetched
	fetched_at INTEGER,
	expires_at INTEGER,
	checked_at INTEGER, -- when the TXT record was asked last
	last_error TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE cache_use ( -- how often an answer was at hand, since the spool was made
	cache TEXT PRIMARY KEY NOT NULL
		CONSTRAINT "cache_use.cache is one of mx, host, dane, mta-sts"
		CHECK (cache = 'mx' OR cache = 'host' OR cache = 'dane'
			OR cache = 'mta-sts'),
	hits INTEGER NOT NULL DEFAULT 0, -- in memory or in the cache's table
	misses INTEGER NOT NULL DEFAULT 0 -- asked of DNS or HTTPS
) STRICT, WITHOUT ROWID;

CREATE TABLE domain_status ( -- how delivery to a domain goes now
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

CREATE INDEX domain_status_failing ON domain_status (failing_since)
	WHERE failing_since IS NOT NULL;

CREATE TABLE tls_strategy ( -- named demands on TLS
	id TEXT PRIMARY KEY NOT NULL,
	dane TEXT NOT NULL DEFAULT 'optional'
		CONSTRAINT "tls_strategy.dane is optional, require or disable"
		CHECK (dane IN ('optional', 'require', 'disable')),
	mta_sts TEXT NOT NULL DEFAULT 'optional'
		CONSTRAINT "tls_strategy.mta_sts is optional, require or disable"
		CHECK (mta_sts IN ('optional', 'require', 'disable')),
	starttls TEXT NOT NULL DEFAULT 'optional'
		CONSTRAINT "tls_strategy.starttls is optional, require or disable"
		CHECK (starttls IN ('optional', 'require', 'disable')),
	allow_invalid_certs TEXT NOT NULL DEFAULT 'false', -- true, false, an expression
	timeout_tls INTEGER NOT NULL DEFAULT 180 -- seconds
		CONSTRAINT "tls_strategy.timeout_tls is positive"
		CHECK (timeout_tls > 0),
	timeout_mta_sts INTEGER NOT NULL DEFAULT 300 -- seconds
		CONSTRAINT "tls_strategy.timeout_mta_sts is positive"
		CHECK (timeout_mta_sts > 0),
	on_policy_failure TEXT NOT NULL DEFAULT 'defer'
		CONSTRAINT "tls_strategy.on_policy_failure is defer or bounce"
		CHECK (on_policy_failure IN ('defer', 'bounce')),
	min_version TEXT NOT NULL DEFAULT '1.2'
		CONSTRAINT "tls_strategy.min_version is 1.2 or 1.3"
		CHECK (min_version IN ('1.2', '1.3')),
	CONSTRAINT "tls_strategy: starttls = disable cannot go with dane or mta_sts = require"
		CHECK (starttls <> 'disable'
			OR dane <> 'require' AND mta_sts <> 'require')
) STRICT, WITHOUT ROWID;

CREATE TABLE strategy_rule ( -- expressions that choose a strategy, in order
	kind TEXT NOT NULL
		CONSTRAINT "strategy_rule.kind is one of tls, route, connection, schedule, tls-shadow"
		CHECK (kind IN ('tls', 'route', 'connection', 'schedule',
			'tls-shadow')),
	position INTEGER NOT NULL,
	condition TEXT, -- NULL: else
	result TEXT NOT NULL, -- an expression that gives an id
	PRIMARY KEY (kind, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting ( -- all other configuration, under its full key
	key TEXT PRIMARY KEY NOT NULL,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runner ( -- a running tlsq-runner
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: it is in claims
	host TEXT NOT NULL,
	boot_id TEXT NOT NULL,
	pid INTEGER NOT NULL,
	lock TEXT NOT NULL, -- file beside the database, locked while it lives
	started_at INTEGER NOT NULL,
	seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE lookup ( -- maps for expressions
	map TEXT NOT NULL,
	key TEXT NOT NULL, -- compared as a name: lower-case A-labels, no final dot
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

CREATE TABLE tls_report_sent ( -- what becomes of the report of a day to a domain
	day TEXT NOT NULL,
	domain TEXT NOT NULL,
	report_id TEXT NOT NULL, -- the same each time it is tried
	state TEXT NOT NULL DEFAULT 'due'
		CONSTRAINT "tls_report_sent.state is one of due, sent, queued, failed, skipped"
		CHECK (state IN ('due', 'sent', 'queued', 'failed', 'skipped')),
		-- queued: it is mail (message_id); skipped: nobody wants it
	tries INTEGER NOT NULL DEFAULT 0,
	next_try_at INTEGER NOT NULL,
	target TEXT, -- where it went, or was tried last
	why TEXT, -- what the receiver said, or why it was not sent
	message_id INTEGER, -- of the mail
	finished_at INTEGER,
	PRIMARY KEY (day, domain)
) STRICT, WITHOUT ROWID;

CREATE INDEX tls_report_sent_due ON tls_report_sent (next_try_at)
	WHERE state = 'due';

CREATE TABLE tls_report_refused ( -- addresses that do not take TLS reports
	address TEXT PRIMARY KEY NOT NULL,
	until INTEGER NOT NULL, -- none is sent there before
	why TEXT NOT NULL -- the reply to the last one
) STRICT, WITHOUT ROWID;

CREATE TABLE rule ( -- the administrator's, for a domain and a time
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: attempts name it
	kind TEXT NOT NULL
		CONSTRAINT "rule.kind is suspend or except"
		CHECK (kind IN ('suspend', 'except')),
		-- suspend: nothing is tried; except: with this strategy
	domain TEXT NOT NULL -- or *.domain: it and what is below
		CONSTRAINT "rule.domain is a domain in lower case, or *. and one"
		CHECK (domain <> '' AND domain = lower(domain)
			AND domain NOT GLOB '*[^-a-z0-9_.*:[]*'
			AND (domain NOT GLOB '*[*]*' OR domain GLOB '[*].[^*]*'
			AND substr(domain, 3) NOT GLOB '*[*]*')),
	strategy TEXT, -- of except: a tls_strategy.id
	until INTEGER, -- NULL, only of suspend: until it is removed
	reason TEXT NOT NULL
		CONSTRAINT "rule.reason is not empty"
		CHECK (trim(reason) <> ''),
	made_by TEXT NOT NULL DEFAULT 'sql',
	made_at INTEGER NOT NULL DEFAULT (unixepoch()),
	touched INTEGER NOT NULL DEFAULT 0, -- recipients
	CONSTRAINT "rule: except needs a strategy and an end, suspend has no strategy"
		CHECK (iif(kind = 'except', strategy IS NOT NULL AND until IS NOT NULL,
			strategy IS NULL))
) STRICT;

INSERT INTO tls_strategy (id, allow_invalid_certs)
	VALUES ('default', 'false'), ('invalid-tls', 'true');
INSERT INTO strategy_rule (kind, position, condition, result) VALUES
	('tls', 0, 'retry_num > 0 && last_error == ''tls''', '''invalid-tls'''),
	('tls', 1, NULL, '''default'''),
	('route', 0, 'source == ''dsn''', '''local'''),
	('route', 1, NULL, '''mx'''),
	('connection', 0, NULL, '''default'''),
	('schedule', 0, NULL, '''default''');

-- name: schema_version
PRAGMA application_id = 1953264497;
PRAGMA user_version = 5;
