#!/bin/sh
# Sessions are kept for the mail that waits, within the limits of the configuration.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone other.test signed <<E
@ MX 10 mx.example.test.
E
seq -f 'd%g MX 10 mx.example.test.' 20 | dns_zone many.test signed
dns_start
cert_make mx dns=mx.example.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [{"on": "^RCPT TO:<bad", "say": "550 5.1.1 no"}]}]
E
config <<E
[queue.limit]
sessions-per-domain = 1
messages-per-session = 10
recipients-per-transaction = 5
E
put() { # count prefix domain
	sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO submission(sender, recipients, content)
		SELECT 'a@sender.test', json_array('$2' || i || '@$3'), 'Subject: ' || i || char(10) || char(10) || 'text' FROM n"
}
put 30 x example.test
runner_once
is "thirty messages" "$(wire_count messages mx)" 30
is "in three sessions of ten" "$(wire_count connections mx)" 3
is "with a handshake each" "$(wire_count tls mx)" 3
put 3 bad example.test
put 3 good example.test
runner_once
is "a refused recipient does not end the session" "$(wire_count connections mx)" 4
is "the others have theirs" "$(sql "SELECT count(*) FROM recipient WHERE address LIKE 'good%' AND state = 'delivered'")" 3
letter many | submit --quiet -f a@sender.test $(seq -f 'r%g@example.test' 12)
runner_once
is "twelve recipients" "$(sql "SELECT count(*) FROM recipient WHERE address LIKE 'r%' AND state = 'delivered'")" 12
is "in transactions of at most five" "$(wire messages mx | grep -c '<r[0-9]*@')" 3
is "one attempt row each, all with a session" \
	"$(sql "SELECT count(*), count(session_id) FROM attempt a JOIN recipient r ON a.recipient_id = r.id WHERE r.address LIKE 'r%'")" "12|12"
is "one session row for each connection" "$(sql "SELECT count(*) FROM session WHERE mx LIKE 'mx.%'")" "$(wire_count connections mx)"
# more for one domain than is claimed at a time, and a little for another after it
config <<E
queue.limit.sessions-per-domain = 3
E
put 2500 bulk example.test
put 3 late other.test
before=$(wire_count messages mx)
runner_once
is "all of a large backlog and what came after it" "$(sql "SELECT count(*) FROM recipient
	WHERE (address LIKE 'bulk%' OR address LIKE 'late%') AND state = 'delivered'")" 2503
is "each once" "$(($(wire_count messages mx) - before))" 2503
# one place for sessions, twenty domains: idle ones (3 s each) leave for others
config <<E
queue.virtual.default.threads-per-node = 1
E
daemon_start
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
	INSERT INTO submission(sender, recipients, content)
	SELECT 'a@sender.test', json_array('one@d' || i || '.many.test'), 'Subject: x' || char(10) || char(10) || 'text' FROM n"
many_delivered() { [ "$(sql "SELECT count(*) FROM recipient WHERE address LIKE 'one@%' AND state = 'delivered'")" = 20 ]; }
ok "an idle session leaves where others wait" wait_for 30 many_delivered
stop "$daemon_pid"
finish
