-- The stored configuration.  setting 'config.generation' counts the stores; it is
-- not part of it.

-- queue.limit.min-free-space, where it is configured: a number, and whether it is
-- in percent.
-- name: min_free_space
SELECT CAST(value AS INTEGER), value LIKE '%\%' ESCAPE '\' FROM setting
	WHERE key = 'queue.limit.min-free-space';

-- name: config_clear
DELETE FROM tls_strategy;
DELETE FROM strategy_rule;
DELETE FROM lookup;
DELETE FROM setting WHERE key <> 'config.generation';

-- name: config_bump
INSERT INTO setting (key, value) VALUES ('config.generation', '1')
	ON CONFLICT (key) DO UPDATE
	SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT);

-- name: config_generation
SELECT CAST(value AS INTEGER) FROM setting WHERE key = 'config.generation';

-- name: setting_insert
INSERT INTO setting (key, value) VALUES (:key, :value);

-- name: tls_strategy_insert
INSERT INTO tls_strategy (id, dane, mta_sts, starttls, allow_invalid_certs,
	timeout_tls, timeout_mta_sts, on_policy_failure, min_version)
	VALUES (:id, :dane, :mta_sts, :starttls, :allow_invalid_certs, :timeout_tls,
	:timeout_mta_sts, :on_policy_failure, :min_version);

-- name: strategy_rule_insert
INSERT INTO strategy_rule (kind, position, condition, result)
	VALUES (:kind, :position, :condition, :result);

-- name: lookup_insert
INSERT INTO lookup (map, key, value) VALUES (:map, :key, :value);

-- name: setting_read
SELECT key, value FROM setting WHERE key <> 'config.generation' ORDER BY key;

-- name: tls_strategy_read
SELECT id, dane, mta_sts, starttls, allow_invalid_certs, timeout_tls,
	timeout_mta_sts, on_policy_failure, min_version FROM tls_strategy ORDER BY id;

-- name: strategy_rule_read
SELECT kind, position, condition, result FROM strategy_rule
	ORDER BY kind, position;

-- name: lookup_read
SELECT map, key, value FROM lookup ORDER BY map, key;

-- name: config_pins_missing
-- Strategies that waiting messages are pinned to and that are not there.
SELECT tls_strategy, count(*) FROM message
	WHERE tls_strategy IS NOT NULL AND finished_at IS NULL
	AND tls_strategy NOT IN (SELECT id FROM tls_strategy)
	GROUP BY tls_strategy ORDER BY tls_strategy;

-- name: config_ship
-- The strategies that are always there, where the configuration has none of
-- that name: a message pinned to one of them is never refused for a load.
INSERT OR IGNORE INTO tls_strategy (id, allow_invalid_certs)
	VALUES ('default', 'false'), ('invalid-tls', 'true');
