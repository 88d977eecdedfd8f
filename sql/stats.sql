-- What `tlsq stats` counts.

-- name: stats_states
SELECT count(*) FILTER (WHERE state = 'queued'),
	count(*) FILTER (WHERE state = 'active'),
	count(*) FILTER (WHERE state = 'deferred'),
	count(*) FILTER (WHERE state = 'held'),
	count(*) FILTER (WHERE state = 'delivered'),
	count(*) FILTER (WHERE state = 'failed'),
	count(*) FILTER (WHERE state = 'expired'),
	count(*) FILTER (WHERE state = 'withdrawn'),
	count(*) FILTER (WHERE state = 'deleted')
	FROM recipient;

-- name: stats_totals
SELECT count(*) FILTER (WHERE finished_at IS NULL),
	count(*) FILTER (WHERE finished_at IS NOT NULL),
	unixepoch() - min(received_at) FILTER (WHERE finished_at IS NULL),
	(SELECT count(*) FROM mx_cache), (SELECT count(*) FROM host_cache),
	(SELECT count(*) FROM dane_cache), (SELECT count(*) FROM mta_sts_cache),
	(SELECT count(*) FROM runner),
	(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size),
	(SELECT freelist_count * page_size FROM pragma_freelist_count,
		pragma_page_size)
	FROM message;

-- The backlog by domain and age in minutes, as qshape of Postfix shows it; the
-- first row, with no domain, is their sum.
-- name: stats_domains
WITH waiting (domain, age) AS (
	SELECT r.domain, max(unixepoch() - m.received_at, 0)
		FROM recipient AS r INDEXED BY recipient_domain
		JOIN message AS m ON m.id = r.message_id
		WHERE r.finished_at IS NULL),
shape (domain, total, oldest, t5, t10, t20, t40, t80, t160, t320, t640, t1280, t1280_) AS (
	SELECT domain, count(*), max(age),
		count(*) FILTER (WHERE age < 300),
		count(*) FILTER (WHERE age >= 300 AND age < 600),
		count(*) FILTER (WHERE age >= 600 AND age < 1200),
		count(*) FILTER (WHERE age >= 1200 AND age < 2400),
		count(*) FILTER (WHERE age >= 2400 AND age < 4800),
		count(*) FILTER (WHERE age >= 4800 AND age < 9600),
		count(*) FILTER (WHERE age >= 9600 AND age < 19200),
		count(*) FILTER (WHERE age >= 19200 AND age < 38400),
		count(*) FILTER (WHERE age >= 38400 AND age < 76800),
		count(*) FILTER (WHERE age >= 76800)
		FROM waiting GROUP BY domain)
SELECT NULL, sum(total), max(oldest), sum(t5), sum(t10), sum(t20), sum(t40), sum(t80), sum(t160), sum(t320), sum(t640), sum(t1280), sum(t1280_),
	NULL AS last_error
	FROM shape HAVING count(*) > 0
UNION ALL
SELECT * FROM (SELECT s.*, d.last_error FROM shape AS s
	LEFT JOIN domain_status AS d ON d.domain = s.domain
		AND d.failing_since IS NOT NULL
	ORDER BY s.total DESC, s.domain);

-- name: stats_json
WITH waiting (domain, age) AS (
	SELECT r.domain, max(unixepoch() - m.received_at, 0)
		FROM recipient AS r INDEXED BY recipient_domain
		JOIN message AS m ON m.id = r.message_id
		WHERE r.finished_at IS NULL)
SELECT json_object('time', unixepoch(),
	'states', (SELECT json_object('queued', count(*) FILTER (WHERE state = 'queued'),
		'active', count(*) FILTER (WHERE state = 'active'),
		'deferred', count(*) FILTER (WHERE state = 'deferred'),
		'held', count(*) FILTER (WHERE state = 'held'),
		'delivered', count(*) FILTER (WHERE state = 'delivered'),
		'failed', count(*) FILTER (WHERE state = 'failed'),
		'expired', count(*) FILTER (WHERE state = 'expired'),
		'withdrawn', count(*) FILTER (WHERE state = 'withdrawn'),
		'deleted', count(*) FILTER (WHERE state = 'deleted'))
		FROM recipient),
	'messages', (SELECT json_object(
		'unfinished', count(*) FILTER (WHERE finished_at IS NULL),
		'finished', count(*) FILTER (WHERE finished_at IS NOT NULL))
		FROM message),
	'oldest_age', (SELECT max(age) FROM waiting),
	'domains', (SELECT json_group_array(json(one)) FROM (
		SELECT json_object('domain', w.domain, 'recipients', count(*),
			'oldest_age', max(age),
			'failing_since', d.failing_since, 'last_error', d.last_error,
			'age_minutes', json_object(
			'5', count(*) FILTER (WHERE age < 300),
			'10', count(*) FILTER (WHERE age >= 300 AND age < 600),
			'20', count(*) FILTER (WHERE age >= 600 AND age < 1200),
			'40', count(*) FILTER (WHERE age >= 1200 AND age < 2400),
			'80', count(*) FILTER (WHERE age >= 2400 AND age < 4800),
			'160', count(*) FILTER (WHERE age >= 4800 AND age < 9600),
			'320', count(*) FILTER (WHERE age >= 9600 AND age < 19200),
			'640', count(*) FILTER (WHERE age >= 19200 AND age < 38400),
			'1280', count(*) FILTER (WHERE age >= 38400 AND age < 76800),
			'1280+', count(*) FILTER (WHERE age >= 76800))) AS one
		FROM waiting AS w LEFT JOIN domain_status AS d ON d.domain = w.domain
			AND d.failing_since IS NOT NULL
		GROUP BY w.domain ORDER BY count(*) DESC, w.domain)),
	'caches', json_object(
		'mx', (SELECT count(*) FROM mx_cache),
		'host', (SELECT count(*) FROM host_cache),
		'dane', (SELECT count(*) FROM dane_cache),
		'mta_sts', (SELECT count(*) FROM mta_sts_cache)),
	'runners', (SELECT count(*) FROM runner),
	'tls_reports', (SELECT json_group_array(json(one)) FROM (
		SELECT json_object('day', day, 'domain', domain, 'state', state,
			'target', target, 'why', why, 'tries', tries) AS one
		FROM tls_report_sent WHERE day >= date('now', '-7 days')
		ORDER BY day DESC, domain LIMIT 1000)),
	'database', json_object(
		'size', (SELECT page_count * page_size
			FROM pragma_page_count, pragma_page_size),
		'free', (SELECT freelist_count * page_size
			FROM pragma_freelist_count, pragma_page_size)));

-- name: stats_reports
SELECT day, domain, state, coalesce(target, '-'), coalesce(why, '')
	FROM tls_report_sent
	WHERE day >= date('now', '-7 days') AND (state = 'failed' OR :all)
	ORDER BY day DESC, domain LIMIT 1000;

-- name: stats_report_states
SELECT count(*), count(*) FILTER (WHERE state = 'sent'),
	count(*) FILTER (WHERE state IN ('due', 'queued')),
	count(*) FILTER (WHERE state = 'failed'),
	count(*) FILTER (WHERE state = 'skipped'),
	(SELECT count(*) FROM tls_report_refused)
	FROM tls_report_sent WHERE day >= date('now', '-7 days');
