-- Views and triggers: they hold no data, so that an upgrade drops and makes them
-- again from here.

-- name: schema_views
DROP VIEW IF EXISTS address_check;
CREATE VIEW address_check (address) AS -- refuses bad addresses; not for use
	SELECT NULL WHERE 0;

-- What mail_address_parse() of src/mail/address.c takes, in the form that it gives.
CREATE TRIGGER address_check_insert INSTEAD OF INSERT ON address_check
BEGIN
	SELECT CASE
		WHEN instr(address, char(0)) > 0
			OR address GLOB '*[' || char(1) || '-' || char(31) || char(127)
				|| '-' || char(159) || ']*'
			THEN RAISE(ABORT, 'bad address: control characters are not allowed')
		WHEN instr(address, '@') = 0
			THEN RAISE(ABORT, 'bad address: it has no @ and domain')
		WHEN local = ''
			THEN RAISE(ABORT, 'bad address: nothing before the @')
		WHEN length(CAST(local AS BLOB)) > 256
			OR length(CAST(address AS BLOB)) > 498 -- RFC 5321 4.5.3.1.4
			THEN RAISE(ABORT, 'bad address: the part before the @ is too long')
		WHEN local GLOB '"*"' AND length(local) >= 2 -- RFC 5321 4.1.2
			AND (instr(bare, '"') > 0 OR bare GLOB '*\' OR bare GLOB '*\[^ -~]*')
			THEN RAISE(ABORT, 'bad address: the quoted part before the @ is not well-formed')
		WHEN NOT (local GLOB '"*"' AND length(local) >= 2)
			AND local GLOB '*[^-a-zA-Z0-9!#$%&''*+/=?^_`{|}~.' || char(128)
				|| '-' || char(1114111) || ']*'
			THEN RAISE(ABORT, 'bad address: characters before the @ that need quotes')
		WHEN local GLOB '*[^ -~]*' AND (local GLOB '*' || char(65533) || '*'
			OR local <> (WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL -- encoded anew
				SELECT i + 1 FROM c WHERE i < length(local))
				SELECT group_concat(char(unicode(substr(local, i, 1))), '') FROM c))
			THEN RAISE(ABORT, 'bad address: it has octets that are not UTF-8')
		WHEN domain GLOB '[[]*]'
			THEN (SELECT CASE
				WHEN four GLOB '*[^0-9.]*' OR six GLOB '*[^0-9a-fA-F:]*'
					OR six GLOB '*:::*' OR six GLOB ':[^:]*' OR six GLOB '*[^:]:'
					OR six GLOB '*' || replace(hex(zeroblob(5)), '00', '[^:]') || '*'
					OR NOT (SELECT count(*) = 4 AND max(CAST(value AS INTEGER)) < 256
						AND min(value = CAST(CAST(value AS INTEGER) AS TEXT))
						FROM json_each('["' || replace(four, '.', '","') || '"]'))
					OR iif(instr(six, '::'), -- once, for at least one group
						length(replace(six, '::', '')) <> length(six) - 2
						OR length(replace(trim(replace(six, '::', ':'), ':'),
							':', 'xx')) - length(trim(replace(six, '::', ':'), ':')) > 6,
						length(replace(six, ':', 'xx')) <> length(six) + 7)
				THEN RAISE(ABORT, 'bad address: the address literal after the @ is no IP address')
				END
				FROM (SELECT iif(v6, iif(instr(text, '.'), substr(text,
					1 + length(head)), '0.0.0.0'), text) AS four,
					iif(v6, iif(instr(text, '.'), iif(head GLOB '*:', head, 'x')
						|| '0:0', text), '::') AS six
					FROM (SELECT v6, text, rtrim(text, '0123456789.') AS head
						FROM (SELECT v6, substr(domain, iif(v6, 7, 2),
							length(domain) - iif(v6, 7, 2)) AS text
							FROM (SELECT lower(domain) GLOB '[[]ipv6:*' AS v6)))))
		WHEN domain GLOB '*[^ -~]*'
			THEN RAISE(ABORT, 'bad address: the domain has non-ASCII characters (give A-labels: xn--...)')
		WHEN domain = '' OR domain GLOB '*[^-_a-zA-Z0-9.]*'
			OR domain GLOB '.*' OR domain GLOB '*.' OR domain GLOB '*..*'
			OR domain GLOB '-*' OR domain GLOB '*-'
			OR domain GLOB '*.-*' OR domain GLOB '*-.*'
			OR length(domain) > 253 -- and 63 for a label, RFC 1035 2.3.4
			OR domain GLOB '*' || replace(hex(zeroblob(32)), '0', '[^.]') || '*'
			THEN RAISE(ABORT, 'bad address: the domain is not a host name')
		WHEN rtrim(domain, '0123456789') = '' OR rtrim(domain, '0123456789') GLOB '*.'
			THEN RAISE(ABORT, 'bad address: the domain ends in a number (an IP address is written in brackets: user@[192.0.2.1])')
		END
		FROM (SELECT address, local, domain,
			replace(replace(substr(local, 2, length(local) - 2),
				'\\', ''), '\"', '') AS bare
			FROM (SELECT address, substr(address, 1, cut - 1) AS local,
				substr(address, cut + 1) AS domain
				FROM (SELECT NEW.address AS address, length(rtrim(NEW.address,
					replace(NEW.address, '@', ''))) AS cut)));
END;

DROP TRIGGER IF EXISTS message_insert;
CREATE TRIGGER message_insert BEFORE INSERT ON message
BEGIN
	INSERT INTO address_check (address) SELECT NEW.sender WHERE NEW.sender <> '';
	SELECT RAISE(ABORT, 'unknown TLS strategy: tls_strategy must be the id of a row of tls_strategy')
		WHERE NEW.tls_strategy IS NOT NULL AND NOT EXISTS
			(SELECT 1 FROM tls_strategy WHERE id = NEW.tls_strategy);
END;

DROP TRIGGER IF EXISTS recipient_insert;
CREATE TRIGGER recipient_insert BEFORE INSERT ON recipient
BEGIN
	INSERT INTO address_check (address) VALUES (NEW.address);
	SELECT RAISE(ABORT, 'recipient.domain must be what follows the last @ of address, in lower case')
		WHERE NEW.domain <> lower(substr(NEW.address, 1 + length(rtrim(NEW.address,
			replace(NEW.address, '@', '')))));
END;

-- Nobody is to be told of these, whoever made them so.
DROP TRIGGER IF EXISTS recipient_owes_nothing;
CREATE TRIGGER recipient_owes_nothing AFTER UPDATE OF state ON recipient
	WHEN NEW.state IN ('withdrawn', 'deleted') AND NEW.dsn_owed IS NOT NULL
BEGIN
	UPDATE recipient SET dsn_owed = NULL WHERE id = NEW.id;
END;

DROP VIEW IF EXISTS submission;
CREATE VIEW submission ( -- INSERT INTO this puts mail into the spool
	sender, -- 'a@x.example'; '' is the null sender
	recipients, -- JSON array: '["b@y.example", "c@z.example"]'
	content, -- the whole message: readfile('m.eml')
	tls_strategy, -- NULL, or the id of a strategy to pin
	mta_id, -- NULL, or a name of the producer's own
	notify, -- NULL, 'never', or some of 'success,failure,delay'
	ret, -- NULL, 'full' or 'hdrs'
	envid, -- NULL, or the envelope id (plain text)
	require_tls, -- 1: REQUIRETLS
	tls_optional, -- 1: TLS-Required: No
	hold -- 1: wait for `tlsq release`
) AS SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
	WHERE 0;

CREATE TRIGGER submission_insert INSTEAD OF INSERT ON submission
BEGIN
	SELECT CASE
		WHEN NEW.sender IS NULL
			THEN RAISE(ABORT, 'sender must be given ('''' is the null sender)')
		WHEN NEW.content IS NULL OR length(CAST(NEW.content AS BLOB)) = 0
			THEN RAISE(ABORT, 'content must be given: NULL or nothing was (is the file readable?)')
		WHEN NEW.recipients IS NULL OR trim(NEW.recipients, ' ' || char(9) || char(10)
			|| char(13)) NOT GLOB '[[]*]'
			THEN RAISE(ABORT, 'recipients must be a JSON array: ''["b@y.example"]''')
		WHEN NOT EXISTS (SELECT 1 FROM json_each(NEW.recipients))
			THEN RAISE(ABORT, 'recipients must name at least one address')
		WHEN EXISTS (SELECT 1 FROM json_each(NEW.recipients) WHERE type <> 'text')
			THEN RAISE(ABORT, 'recipients must hold addresses as JSON strings')
		WHEN coalesce(NEW.hold, 0) NOT IN (0, 1)
			THEN RAISE(ABORT, 'hold is 0 or 1')
		WHEN instr(NEW.sender, char(0)) > 0
			THEN RAISE(ABORT, 'bad address: control characters are not allowed')
		END;
	INSERT INTO message (mta_id, sender, size, body_type, smtputf8, require_tls,
		tls_optional, ret, envid, tls_strategy)
		VALUES (NEW.mta_id, iif(NEW.sender GLOB '*[^]].', substr(NEW.sender, 1,
			length(NEW.sender) - 1), NEW.sender), length(CAST(NEW.content AS BLOB)),
		iif(CAST(NEW.content AS TEXT) GLOB '*[^' || char(1) || '-' || char(127)
			|| ']*', '8BITMIME', '7BIT'),
		NEW.sender GLOB '*[^ -~]*' OR EXISTS (SELECT 1
			FROM json_each(NEW.recipients) WHERE value GLOB '*[^ -~]*'),
		coalesce(NEW.require_tls, 0), coalesce(NEW.tls_optional, 0),
		upper(NEW.ret), NEW.envid, NEW.tls_strategy);
	INSERT INTO content (message_id, seq, data)
		WITH RECURSIVE piece (seq) AS (SELECT 0 UNION ALL SELECT seq + 1 FROM piece
			WHERE (seq + 1) * 262144 < length(CAST(NEW.content AS BLOB)))
		SELECT (SELECT max(id) FROM message), seq,
			substr(CAST(NEW.content AS BLOB), 1 + seq * 262144, 262144) FROM piece;
	INSERT INTO recipient (message_id, address, domain, state, notify)
		SELECT DISTINCT (SELECT max(id) FROM message), address,
		lower(substr(address, 1 + length(rtrim(address, replace(address, '@', ''))))),
		iif(coalesce(NEW.hold, 0), 'held', 'queued'), upper(NEW.notify)
		FROM (SELECT iif(value GLOB '*[^]].', substr(value, 1, length(value) - 1),
			value) AS address FROM json_each(NEW.recipients));
END;

DROP VIEW IF EXISTS queue;
CREATE VIEW queue AS -- undelivered recipients
	SELECT r.message_id, m.mta_id, m.sender, r.address AS recipient, r.domain,
		r.state, r.attempts,
		strftime('%Y-%m-%dT%H:%M:%SZ', r.next_attempt_at, 'unixepoch')
			AS next_attempt,
		coalesce(m.tls_strategy, a.strategy) AS strategy,
		r.last_error, r.status, r.reply,
		unixepoch() - m.received_at AS age, -- seconds
		strftime('%Y-%m-%dT%H:%M:%SZ', m.received_at, 'unixepoch')
			AS received
	FROM recipient AS r
	JOIN message AS m ON m.id = r.message_id
	LEFT JOIN attempt AS a ON a.id = r.last_attempt_id
	WHERE r.finished_at IS NULL;

DROP VIEW IF EXISTS history;
CREATE VIEW history AS -- finished recipients, with the evidence
	SELECT r.message_id, m.mta_id, m.sender, r.address AS recipient, r.domain,
		r.state,
		strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at, 'unixepoch') AS finished,
		r.finished_at - m.received_at AS delay, -- seconds
		r.attempts, a.strategy, a.level, a.mx, a.address,
		s.tls, s.dane, s.mta_sts, s.protocol, s.cipher, s.key_exchange,
		s.verify_error, r.last_error, a.result_type, r.status, r.reply
	FROM recipient AS r
	JOIN message AS m ON m.id = r.message_id
	LEFT JOIN attempt AS a ON a.id = r.last_attempt_id
	LEFT JOIN session AS s ON s.id = a.session_id
	WHERE r.finished_at IS NOT NULL;

DROP VIEW IF EXISTS tls_by_domain;
CREATE VIEW tls_by_domain AS -- how delivered mail went out, per domain
	SELECT r.domain, s.tls, s.protocol, s.cipher, s.dane, s.mta_sts,
		count(*) AS recipients,
		strftime('%Y-%m-%dT%H:%M:%SZ', max(r.finished_at), 'unixepoch') AS last
	FROM recipient AS r
	JOIN attempt AS a ON a.id = r.last_attempt_id
	JOIN session AS s ON s.id = a.session_id
	WHERE r.state = 'delivered'
	GROUP BY r.domain, s.tls, s.protocol, s.cipher, s.dane, s.mta_sts;

DROP VIEW IF EXISTS problems;
-- A domain whose last attempt failed is a problem as long as mail waits for it, and
-- without waiting mail for a day more.
CREATE VIEW problems AS -- domains failing now
	SELECT d.domain,
		strftime('%Y-%m-%dT%H:%M:%SZ', d.failing_since, 'unixepoch') AS since,
		d.last_error, d.result_type, d.last_status AS status,
		d.last_reply AS reply,
		(SELECT count(*) FROM recipient AS r WHERE r.domain = d.domain
			AND r.finished_at IS NULL) AS waiting,
		strftime('%Y-%m-%dT%H:%M:%SZ', d.last_attempt_at, 'unixepoch')
			AS last_attempt,
		strftime('%Y-%m-%dT%H:%M:%SZ', d.last_delivered_at, 'unixepoch')
			AS last_delivered
	FROM domain_status AS d
	WHERE d.failing_since IS NOT NULL
		AND (d.last_attempt_at > unixepoch() - 86400 OR EXISTS
			(SELECT 1 FROM recipient AS r WHERE r.domain = d.domain
			AND r.finished_at IS NULL));

-- The sqlite3 shell has foreign keys off: what it deletes takes its parts along here.
DROP TRIGGER IF EXISTS message_deleted;
CREATE TRIGGER message_deleted AFTER DELETE ON message BEGIN
	DELETE FROM content WHERE message_id = OLD.id;
	DELETE FROM recipient WHERE message_id = OLD.id;
END;

DROP TRIGGER IF EXISTS recipient_deleted;
CREATE TRIGGER recipient_deleted AFTER DELETE ON recipient BEGIN
	DELETE FROM attempt WHERE recipient_id = OLD.id;
END;

DROP VIEW IF EXISTS shadow;
CREATE VIEW shadow AS -- per domain, what queue.strategy.tls-shadow would have changed
	SELECT domain, shadow_strategy, outcome, shadow_outcome, count(*) AS attempts,
		count(DISTINCT message_id) AS messages, max(id) AS last_attempt_id
	FROM attempt
	WHERE shadow_strategy IS NOT NULL
	GROUP BY domain, shadow_strategy, outcome, shadow_outcome;

-- A rule that goes, or ends sooner, lets its mail go at once.
DROP TRIGGER IF EXISTS rule_removed;
CREATE TRIGGER rule_removed AFTER DELETE ON rule WHEN OLD.kind = 'suspend' BEGIN
	UPDATE recipient SET next_attempt_at = min(next_attempt_at, unixepoch()),
		reply = NULL
		WHERE finished_at IS NULL AND state IN ('queued', 'deferred')
		AND reply GLOB 'suspended by rule ' || OLD.id || ' *';
END;
