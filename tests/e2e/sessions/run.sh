#!/bin/sh
# Sessions stay open for the waiting mail, within the limits of the configuration.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
old MX 10 mx12
mx12 A 127.0.0.3
grumpy MX 10 mxg
mxg A 127.0.0.4
E
dns_zone other.test signed <<E
@ MX 10 mx.example.test.
E
seq -f 'd%g MX 10 mx.example.test.' 20 | dns_zone many.test signed
dns_start
cert_make mx 'dns=*.example.test'
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [{"on": "^RCPT TO:<bad", "say": "550 5.1.1 no"}]},
{"name": "mx12", "listen": ["127.0.0.3:25"], "cert": "mx", "tls_max": "1.2"},
{"name": "mxg", "listen": ["127.0.0.4:25"], "cert": "mx", "drops_resumed": true}]
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
is "the first one in full, the others resumed" "$(wire tls mx | grep -o '[^ ]*$' | tr '\n' ' ')" "full resumed resumed "
is "and on record as what the first one proved" \
	"$(sql "SELECT count(*), sum(resumed), count(DISTINCT cert_sha256), count(DISTINCT cert_not_after), min(tls), max(tls) FROM session")" \
	"3|2|1|1|pkix|pkix"
put 20 y old.example.test
put 20 z grumpy.example.test
runner_once
is "TLS 1.2 is resumed, too" "$(wire tls mx12 | grep -o '[^ ]*$' | tr '\n' ' ')" "full resumed "
is "a host that cannot resume is asked in full at once" "$(wire tls mxg | grep -o '[^ ]*$' | tr '\n' ' ')" \
	"full resumed full "
is "and nothing was deferred" "$(sql "SELECT count(*) FROM attempt WHERE outcome <> 'delivered'")" 0
# what asks for more than the first session proved gets a handshake of its own
config <<E
[queue.limit]
sessions-per-domain = 1
messages-per-session = 10
recipients-per-transaction = 5
[queue.tls.lax]
allow-invalid-certs = true
E
before=$(wire_count tls mx)
put 10 lax example.test
sql "UPDATE message SET tls_strategy = 'lax' WHERE finished_at IS NULL"
put 10 strict example.test
runner_once
is "no session of a lax strategy is resumed by a strict one" \
	"$(wire tls mx | tail -n +$((before + 1)) | grep -c full)" 2
put 3 bad example.test
put 3 good example.test
runner_once
is "a refused recipient does not end the session" "$(wire_count connections mx)" $((before + 3))
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
