-- Version 4 to 5: TLS reports are sent, a shadow strategy is judged.  Never edited once released.  Views and triggers are made again after the
-- last step.

-- name: upgrade_005
ALTER TABLE message ADD COLUMN
	tls_report TEXT; -- the id of the TLS report that it carries (RFC 8460)
ALTER TABLE attempt ADD COLUMN
	shadow_strategy TEXT; -- that queue.strategy.tls-shadow chose
ALTER TABLE attempt ADD COLUMN
	shadow_outcome TEXT -- what would have come of it
		CONSTRAINT "attempt.shadow_outcome is NULL or one of delivered, deferred, failed, unknown"
		CHECK (shadow_outcome = 'delivered' OR shadow_outcome = 'deferred'
			OR shadow_outcome = 'failed' OR shadow_outcome = 'unknown');

CREATE TABLE strategy_rule_5 ( -- expressions that choose a strategy, in order
	kind TEXT NOT NULL
		CONSTRAINT "strategy_rule.kind is one of tls, route, connection, schedule, tls-shadow"
		CHECK (kind IN ('tls', 'route', 'connection', 'schedule',
			'tls-shadow')),
	position INTEGER NOT NULL,
	condition TEXT, -- NULL: else
	result TEXT NOT NULL, -- an expression that gives an id
	PRIMARY KEY (kind, position)
) STRICT, WITHOUT ROWID;

INSERT INTO strategy_rule_5 (kind, position, condition, result)
	SELECT kind, position, condition, result FROM strategy_rule;
DROP TABLE strategy_rule;
ALTER TABLE strategy_rule_5 RENAME TO strategy_rule;

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

PRAGMA user_version = 5;
