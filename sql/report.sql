-- TLS reports (RFC 8460): counting, the report as JSON, and what becomes of it.

-- In the transaction of the attempt that it counts.  The day is that of the
-- commit, so that a day that is over never grows.
-- name: report_count
INSERT INTO tls_report (day, domain, policy_type, policy, result_type, mx,
	sending_ip, receiving_ip, reason, count)
	VALUES (date(:now, 'unixepoch'), :domain, :policy_type, :policy,
	:result_type, :mx, :sending_ip, :receiving_ip, :reason, :sessions)
	ON CONFLICT DO UPDATE SET count = count + excluded.count;

-- The reports of days that are over, each to be sent at a time of its own (RFC
-- 8460 4.1).  Where the runner was down for a week nobody waits any more.
-- name: report_plan
INSERT INTO tls_report_sent (day, domain, report_id, next_try_at)
	SELECT day, domain,
		day || '.' || lower(hex(randomblob(8))) || '@' || :submitter,
		unixepoch(day, '+1 day') + 1 + abs(random() % 14400)
	FROM tls_report
	WHERE day < date(:now, 'unixepoch')
	AND day >= date(:now, 'unixepoch', '-7 days')
	AND NOT EXISTS (SELECT 1 FROM tls_report_sent AS s
		WHERE s.day = tls_report.day AND s.domain = tls_report.domain)
	GROUP BY day, domain
	ON CONFLICT DO NOTHING;

-- Those to be sent now.  :at_once: what was never tried is due; :day and :domain:
-- only these, whenever they are due.
-- name: report_due
SELECT day, domain, report_id, unixepoch(day), tries,
	EXISTS (SELECT 1 FROM tls_report AS r
		WHERE r.day = s.day AND r.domain = s.domain AND result_type <> ''),
	(SELECT value FROM lookup WHERE map = 'tlsrpt' AND key = s.domain)
	FROM tls_report_sent AS s INDEXED BY tls_report_sent_due
	WHERE state = 'due' AND (next_try_at <= :now OR :at_once AND tries = 0
		OR coalesce(:day, :domain) IS NOT NULL)
	AND (:day IS NULL OR day = :day) AND (:domain IS NULL OR domain = :domain)
	ORDER BY next_try_at LIMIT 1000;

-- Takes it: for ten minutes nobody else tries it, then it is due again.  No row is
-- changed where somebody was faster.
-- name: report_take
UPDATE tls_report_sent SET tries = tries + 1, next_try_at = :now + 600
	WHERE day = :day AND domain = :domain AND state = 'due' AND tries = :tries;

-- name: report_end
UPDATE tls_report_sent SET state = :state, target = :target, why = :why,
	message_id = :message_id, finished_at = :now
	WHERE day = :day AND domain = :domain AND state = 'due';

-- Tried again after a time that doubles, until a day is over.
-- name: report_again
UPDATE tls_report_sent SET target = :target, why = :why,
	next_try_at = :now + (300 << min(tries, 10)),
	state = iif(:now + (300 << min(tries, 10))
		> unixepoch(day, '+2 days') + 14400 AND tries > 1, 'failed', 'due'),
	finished_at = iif(:now + (300 << min(tries, 10))
		> unixepoch(day, '+2 days') + 14400 AND tries > 1, :now, NULL)
	WHERE day = :day AND domain = :domain AND state = 'due';

-- The domain wants none: there is nothing to keep the counts for.
-- name: report_forget
DELETE FROM tls_report WHERE day = :day AND domain = :domain;

-- name: report_sent_today
SELECT count(*) FROM tls_report_sent
	WHERE state IN ('sent', 'queued')
	AND finished_at >= unixepoch(date(:now, 'unixepoch'));

-- name: report_refused
SELECT 1 FROM tls_report_refused WHERE address = :address AND until > :now
	UNION ALL
SELECT 1 FROM lookup WHERE map = 'tlsrpt' AND value = 'discard'
	AND key IN (lower(:address), lower(substr(:address, instr(:address, '@') + 1)))
	LIMIT 1;

-- What became of a report that is mail.  That the local mail server took it says
-- nothing yet; that it refused it does.
-- name: report_result
UPDATE tls_report_sent SET state = iif(r.state = 'delivered', 'sent', 'failed'),
	target = r.address, why = r.reply, finished_at = :now
	FROM recipient AS r JOIN message AS m ON m.id = r.message_id
	WHERE r.id = :id AND report_id = m.tls_report
	AND (m.source <> 'report' OR r.state <> 'delivered');

-- A report that could not be delivered: its address gets none for 30 days.  Within
-- the transaction of the result; :id is the recipient.
-- name: report_refuse
INSERT INTO tls_report_refused (address, until, why)
	SELECT recipient.address, :now + 2592000, coalesce(recipient.reply, '')
	FROM recipient JOIN message ON message.id = message_id
	WHERE recipient.id = :id AND state IN ('failed', 'expired')
	AND message.tls_report IS NOT NULL AND source <> 'report'
	ON CONFLICT DO UPDATE SET until = excluded.until, why = excluded.why;

-- name: report_list
SELECT DISTINCT day, domain, (SELECT report_id FROM tls_report_sent AS s
		WHERE s.day = r.day AND s.domain = r.domain)
	FROM tls_report AS r
	WHERE (:day IS NULL OR day = :day) AND (:domain IS NULL OR domain = :domain)
	ORDER BY day, domain;

-- The report of a day to a domain (RFC 8460 4.4).  Every field is there, since
-- readers are strict; of the failures the :most largest, and one for the others.
-- Addresses of failures before a connection are those that the day's sessions came
-- from, where there was one.
-- name: report_json
WITH result AS (
	SELECT *, row_number() OVER (PARTITION BY policy_type, policy
			ORDER BY count DESC, result_type, mx, receiving_ip,
			sending_ip, reason) > :most AS beyond
	FROM tls_report
	WHERE day = :day AND domain = :domain AND result_type <> ''
), detail AS (
	SELECT policy_type, policy, count, json_object(
		'result-type', result_type,
		'sending-mta-ip', coalesce(nullif(sending_ip, ''),
			(SELECT max(sending_ip) FROM tls_report WHERE day = :day), ''),
		'receiving-mx-hostname', mx,
		'receiving-mx-helo', '',
		'receiving-ip', receiving_ip,
		'failed-session-count', count,
		'additional-information', '',
		'failure-reason-code', reason) AS json
	FROM result WHERE NOT beyond
	UNION ALL
	SELECT policy_type, policy, 0, json_object(
		'result-type', 'validation-failure',
		'sending-mta-ip', coalesce((SELECT max(sending_ip) FROM tls_report
			WHERE day = :day), ''),
		'receiving-mx-hostname', '',
		'receiving-mx-helo', '',
		'receiving-ip', '',
		'failed-session-count', sum(count),
		'additional-information', 'and ' || count(*) || ' more',
		'failure-reason-code', '') AS json
	FROM result WHERE beyond GROUP BY policy_type, policy
), policy AS (
	SELECT policy_type, policy, domain,
		total(iif(result_type = '', count, 0)) AS succeeded,
		total(iif(result_type = '', 0, count)) AS failed
	FROM tls_report WHERE day = :day AND domain = :domain
	GROUP BY policy_type, policy
)
SELECT json_object(
	'organization-name', :organization,
	'date-range', json_object('start-datetime', :day || 'T00:00:00Z',
		'end-datetime', :day || 'T23:59:59Z'),
	'contact-info', :contact,
	'report-id', :report_id,
	'policies', (SELECT json_group_array(json_object(
		'policy', json_patch(json_object('policy-type', policy_type,
			'policy-domain', domain, 'mx-host', json_array()),
			json(policy)),
		'summary', json_object(
			'total-successful-session-count', CAST(succeeded AS INTEGER),
			'total-failure-session-count', CAST(failed AS INTEGER)),
		'failure-details', (SELECT json_group_array(json(json)) FROM (
			SELECT json FROM detail
			WHERE detail.policy_type = policy.policy_type
			AND detail.policy = policy.policy
			ORDER BY count DESC))))
		FROM policy));

-- What a report may still be made of is kept, however short the retention.
-- name: purge_reports
DELETE FROM tls_report
	WHERE day < date(min(:before, unixepoch() - 9 * 86400), 'unixepoch');

-- name: purge_reports_sent
DELETE FROM tls_report_sent
	WHERE day < date(min(:before, unixepoch() - 9 * 86400), 'unixepoch');

-- name: purge_reports_refused
DELETE FROM tls_report_refused WHERE until < unixepoch();
