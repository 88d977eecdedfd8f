-- Rules of the administrator: timed, for a domain, in force from the next claim on.

-- name: rule_any
SELECT EXISTS (SELECT 1 FROM rule);

-- The one of a kind for a domain: the most specific, then the newest.
-- name: rule_find
SELECT id, strategy, until, 'rule ' || id || ': ' || reason FROM rule
	WHERE kind = :kind AND (until IS NULL OR until > :now)
	AND (domain = :domain OR domain GLOB '[*].*'
		AND (:domain = substr(domain, 3)
		OR :domain GLOB '?*' || substr(domain, 2)))
	ORDER BY length(domain) DESC, id DESC LIMIT 1;

-- Counts a recipient once; a pinned strategy comes before an exception.
-- name: rule_touch
UPDATE rule SET touched = touched + 1 WHERE id = :rule
	AND (kind = 'suspend' OR (SELECT m.tls_strategy FROM recipient AS r
		JOIN message AS m ON m.id = r.message_id WHERE r.id = :id) IS NULL)
	AND NOT EXISTS (SELECT 1 FROM recipient WHERE id = :id
		AND reply GLOB 'suspended by rule ' || :rule || ' *')
	AND NOT EXISTS (SELECT 1 FROM attempt WHERE recipient_id = :id
		AND rule GLOB 'rule ' || :rule || ': *');

-- Not tried; looked at again in five minutes, in case somebody moves the end.
-- name: rule_suspend
UPDATE recipient SET next_attempt_at = min(coalesce(:until, :now + 300), :now + 300),
	reply = (SELECT 'suspended by rule ' || id || ' until '
		|| coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', until, 'unixepoch'),
			'it is removed') || ': ' || reason
		FROM rule WHERE id = :rule)
	WHERE id = :id AND state IN ('queued', 'deferred');

-- name: rule_add
INSERT INTO rule (kind, domain, strategy, until, reason, made_by, made_at)
	VALUES (:kind, :domain, :strategy, :until, :reason, :made_by, :now);

-- name: rule_remove
DELETE FROM rule WHERE id = :id;

-- name: rule_list
SELECT id, kind, domain, coalesce(strategy, '-'), made_at, until, made_by, touched,
	reason, json_object('id', id, 'kind', kind, 'domain', domain,
		'strategy', strategy, 'made_at', made_at, 'until', until,
		'made_by', made_by, 'touched', touched, 'reason', reason,
		'in_force', json(iif(until IS NULL OR until > :now,
			'true', 'false')))
	FROM rule WHERE :all OR until IS NULL OR until > :now ORDER BY id;

-- name: set_strategy
UPDATE message SET tls_strategy = :strategy
	WHERE id = :id AND finished_at IS NULL;
