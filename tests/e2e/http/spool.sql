-- A spool with something of everything, foreign words that bite among them.
INSERT INTO message (id, mta_id, sender, source, received_at, size, client_ip, client_name, auth_user, finished_at) VALUES
	(1, '5AOAxx01', 'ann@sender.test', 'milter', unixepoch() - 7200, 2100, '192.0.2.7', 'desk.sender.test', 'ann', unixepoch() - 7190),
	(2, '5AOAxx02', 'bob@sender.test', 'milter', unixepoch() - 93600, 48210, '192.0.2.8', NULL, NULL, NULL),
	(3, NULL, 'list@sender.test', 'submit', unixepoch() - 1500, 9100, NULL, NULL, NULL, NULL),
	(4, NULL, '', 'dsn', unixepoch() - 65, 3000, NULL, NULL, NULL, NULL),
	(5, '5AOAxx05', '"<b>x"@sender.test', 'milter', unixepoch() - 400, 800, NULL, '<script>alert(1)</script>', NULL, NULL);
INSERT INTO recipient (id, message_id, address, domain, state, attempts, next_attempt_at, last_error, status, reply, last_attempt_id, finished_at, claimed_by, claimed_until) VALUES
	(1, 1, 'carol@bank.test', 'bank.test', 'delivered', 1, 0, NULL, '2.0.0', '250 2.0.0 Ok: queued as 4XyZ', 1, unixepoch() - 7190, NULL, NULL),
	(2, 2, 'dave@broken.test', 'broken.test', 'deferred', 14, unixepoch() + 4100, 'dane', '4.7.5', 'no TLSA record of mx1.broken.test matches its certificate', 4, NULL, NULL, NULL),
	(3, 2, 'erin@old.test', 'old.test', 'failed', 3, 0, 'unexpected-reply', '5.1.1', '550 5.1.1 <erin@old.test>: Recipient address rejected: User unknown', 5, unixepoch() - 90000, NULL, NULL),
	(4, 3, 'frank@policy.test', 'policy.test', 'active', 0, unixepoch() - 1500, NULL, NULL, NULL, NULL, NULL, 'mail/b/1/1', unixepoch() + 600),
	(5, 3, 'grace@bank.test', 'bank.test', 'held', 0, unixepoch() - 1500, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(6, 3, 'heidi@evil.test', 'evil.test', 'deferred', 2, unixepoch() + 250, 'tls', '4.7.5',
		'454 4.7.0 <script>alert("x")</script> &amp; ' || char(0x202e) || 'gnp.exe' || char(27) || '[2J' || CAST(x'ff' AS TEXT) || ' "quoted" back\slash' || char(10) || 'second line', 6, NULL, NULL, NULL),
	(7, 4, 'ann@sender.test', 'sender.test', 'queued', 0, unixepoch(), NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(8, 5, 'a-very-long-local-part-that-goes-on-and-on-and-on@an-equally-long-label-of-a-domain.and-more-of-it.test', 'an-equally-long-label-of-a-domain.and-more-of-it.test', 'queued', 0, unixepoch(), NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO session (id, started_at, mx, address, tls, protocol, cipher, cert_sha256, cert_subject, cert_issuer, cert_not_after, spki_sha256, tlsa, dane, mta_sts, verify_error) VALUES
	(1, unixepoch() - 7192, 'mx.bank.test', '198.51.100.1', 'dane', 'TLSv1.3', 'TLS_AES_256_GCM_SHA384', lower(hex(randomblob(32))), 'CN=mx.bank.test', 'CN=Test CA', unixepoch() + 5000000, lower(hex(randomblob(32))), '3 1 1 ' || lower(hex(randomblob(32))), 'verified', 'none', NULL),
	(2, unixepoch() - 90000, 'mx.old.test', '198.51.100.2', 'encrypted', 'TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384', lower(hex(randomblob(32))), 'CN=localhost', 'CN=localhost', unixepoch() - 90000000, NULL, NULL, 'none', 'none', 'self-signed certificate'),
	(3, unixepoch() - 800, 'mx1.broken.test', '198.51.100.3', 'encrypted', 'TLSv1.3', 'TLS_AES_256_GCM_SHA384', lower(hex(randomblob(32))), 'CN=mx1.broken.test', 'CN=R11, O=Let''s Encrypt, C=US', unixepoch() + 4000000, NULL, NULL, 'failed', 'none', 'no TLSA record matches'),
	(4, unixepoch() - 50000, 'mx1.broken.test', '198.51.100.3', 'dane', 'TLSv1.3', 'TLS_AES_256_GCM_SHA384', lower(hex(randomblob(32))), 'CN=mx1.broken.test', 'CN=R11, O=Let''s Encrypt, C=US', unixepoch() + 1000, NULL, '3 1 1 ' || lower(hex(randomblob(32))), 'verified', 'none', NULL);
INSERT INTO attempt (id, message_id, recipient_id, domain, started_at, duration_ms, strategy, rule, mx, address, level, facts, session_id, outcome, error, result_type, status, reply) VALUES
	(1, 1, 1, 'bank.test', unixepoch() - 7192, 1843, 'default', '2', 'mx.bank.test', '198.51.100.1', 'dane', '{"mx":"secure"}', 1, 'delivered', NULL, NULL, '2.0.0', '250 2.0.0 Ok: queued as 4XyZ'),
	(2, 2, 2, 'broken.test', unixepoch() - 50000, 700, 'default', '2', 'mx1.broken.test', '198.51.100.3', 'dane', '{}', 4, 'delivered', NULL, NULL, '2.0.0', '250 ok'),
	(3, 2, 2, 'broken.test', unixepoch() - 4000, 310, 'default', '2', NULL, NULL, NULL, NULL, NULL, 'deferred', 'dns', NULL, '4.4.3', 'MX of broken.test: SERVFAIL'),
	(4, 2, 2, 'broken.test', unixepoch() - 800, 95, 'default', '2', 'mx1.broken.test', '198.51.100.3', 'dane', '{not json}', 3, 'deferred', 'dane', 'tlsa-invalid', '4.7.5', 'no TLSA record of mx1.broken.test matches its certificate'),
	(5, 2, 3, 'old.test', unixepoch() - 90000, 61000, 'default', '2', 'mx.old.test', '198.51.100.2', 'opportunistic', '{}', 2, 'failed', 'unexpected-reply', NULL, '5.1.1', '550 5.1.1 User unknown'),
	(6, 3, 6, 'evil.test', unixepoch() - 300, 20, 'default', '2', 'mx.evil.test', '203.0.113.9', 'opportunistic', '{}', NULL, 'deferred', 'tls', 'starttls-not-supported', '4.7.5', '<script>alert("x")</script>');
INSERT INTO domain_status (domain, last_attempt_at, last_delivered_at, failing_since, last_error, result_type, last_status, last_reply, tls, dane, mta_sts) VALUES
	('bank.test', unixepoch() - 7190, unixepoch() - 7190, NULL, NULL, NULL, '2.0.0', '250 2.0.0 Ok: queued as 4XyZ', 'dane', 'verified', 'none'),
	('broken.test', unixepoch() - 800, unixepoch() - 50000, unixepoch() - 4000, 'dane', 'tlsa-invalid', '4.7.5', 'no TLSA record of mx1.broken.test matches its certificate', 'encrypted', 'failed', 'none'),
	('evil.test', unixepoch() - 300, NULL, unixepoch() - 900, 'tls', '"><img src=x>', '4.7.5', '454 <script>alert("x")</script> ' || char(0x202e) || CAST(x'ff' AS TEXT), NULL, NULL, NULL),
	('old.test', unixepoch() - 90000, unixepoch() - 90000, NULL, NULL, NULL, '5.1.1', '550 5.1.1 User unknown', 'encrypted', 'none', 'none'),
	('plain.test', unixepoch() - 3000, unixepoch() - 3000, NULL, NULL, NULL, '2.0.0', '250 ok', 'none', 'none', 'none'),
	('policy.test', unixepoch() - 600, unixepoch() - 600, NULL, NULL, NULL, '2.0.0', '250 ok', 'mta-sts', 'none', 'verified'),
	('web.test', unixepoch() - 600, unixepoch() - 600, NULL, NULL, NULL, '2.0.0', '250 ok', 'pkix', 'none', 'testing');
INSERT INTO mx_cache(domain, status, records, fetched_at, expires_at) VALUES
	('bank.test', 'secure', '[[10,"mx.bank.test"]]', unixepoch() - 100, unixepoch() + 500),
	('broken.test', 'secure', '[[10,"mx1.broken.test"],[20,"mx2.broken.test"]]', unixepoch() - 100, unixepoch() + 500);
INSERT INTO host_cache (host, status, addresses, fetched_at, expires_at) VALUES
	('mx.bank.test', 'secure', '["198.51.100.1"]', unixepoch() - 100, unixepoch() + 500);
INSERT INTO dane_cache VALUES
	('mx.bank.test', 25, '_25._tcp.mx.bank.test', 'secure', '[[3,1,1,"' || lower(hex(randomblob(32))) || '"]]', unixepoch() - 100, unixepoch() + 500),
	('mx1.broken.test', 25, '_25._tcp.mx1.broken.test', 'secure', '[[3,1,1,"' || lower(hex(randomblob(32))) || '"]]', unixepoch() - 100, unixepoch() + 500);
INSERT INTO mta_sts_cache (domain, txt_id, mode, mx, max_age, policy, fetched_at, expires_at, checked_at) VALUES
	('policy.test', '20261101', 'enforce', '["*.policy.test"]', 604800, 'version: STSv1', unixepoch() - 100, unixepoch() + 500, unixepoch() - 100);
