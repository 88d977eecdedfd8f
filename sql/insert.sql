-- Putting messages in.  All three run in one transaction: a crash before its
-- commit leaves nothing of the message, after it all of it.

-- name: message_insert
INSERT INTO message (mta_id, sender, source, received_at, wait_until, size,
	body_type, smtputf8, require_tls, tls_optional, ret, envid, client_ip,
	client_name, auth_user, tls_strategy, tls_report)
	VALUES (:mta_id, :sender, :source, :received_at, :wait_until, :size,
	coalesce(:body_type, '7BIT'), :smtputf8, :require_tls, :tls_optional, :ret,
	:envid, :client_ip, :client_name, :auth_user, :tls_strategy,
	:tls_report)
	RETURNING id;

-- name: recipient_insert
INSERT INTO recipient (message_id, address, domain, state, next_attempt_at, notify,
	orcpt)
	VALUES (:message_id, :address, :domain, iif(:held, 'held', 'queued'),
	:next_attempt_at, :notify, :orcpt);

-- A recipient of one of the mail server's transactions that is here already: the
-- client named it, or an answer to the mail server was lost.
-- name: recipient_known
SELECT 1 FROM message m JOIN recipient r ON r.message_id = m.id
	WHERE m.mta_id = :mta_id AND m.sender = :sender AND r.address = :address
	AND r.state <> 'withdrawn' LIMIT 1;

-- name: content_insert
INSERT INTO content (message_id, seq, data) VALUES (:message_id, :seq, :data);

-- name: content_read
SELECT data, NOT EXISTS (SELECT 1 FROM content
		WHERE message_id = :message_id AND seq = :seq + 1)
	FROM content WHERE message_id = :message_id AND seq = :seq;

-- name: content_exists
SELECT 1 FROM content WHERE message_id = :message_id AND seq = :seq;
