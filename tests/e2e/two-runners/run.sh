#!/bin/sh
# Two runners at once deliver each message once; if one is killed, the other takes over its claims at once.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone stuck.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
cert_make mx dns=mx.example.test,mx.stuck.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [{"on": "^RCPT", "delay": 0.05}]},
 {"name": "stuck", "listen": ["127.0.0.3:25"], "cert": "mx", "rules": [{"on": "^MAIL", "say": null, "then": "stall", "times": 1}]}]
E
config <<E
queue.limit.sessions-per-domain = 2
E
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
	INSERT INTO submission(sender, recipients, content)
	SELECT 'a@sender.test', json_array('x' || i || '@example.test'), 'Subject: ' || i || char(10) || char(10) || 'text' FROM n"
runner --once &
first=$!
runner --once &
second=$!
wait $first
is "the first ends with 0" $? 0
wait $second
is "the second too" $? 0
is "all are delivered" "$(sql "SELECT state, count(*) FROM recipient GROUP BY state")" "delivered|100"
is "each once" "$(wire accepted mx | sort | uniq -d | wc -l) $(wire_count messages mx)" "0 100"

letter stuck | submit --quiet -f a@sender.test x@stuck.test
daemon_start
in_session() { wire commands stuck '^MAIL' | grep -q .; }
wait_for 10 in_session
# a limit of two sessions, and two runners that hold claims: one each
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
	INSERT INTO submission(sender, recipients, content, hold)
	SELECT 'a@sender.test', json_array('y' || i || '@example.test'), 'Subject: ' || i || char(10) || char(10) || 'text', 1
	FROM n"
before=$(wc -l <"$T/peer/wire.jsonl")
sql "UPDATE recipient SET state = 'queued', next_attempt_at = unixepoch() + 600 WHERE address LIKE 'y%'"
runner --once --now --domain example.test
at_once() { # how many sessions with mx were open at a time, since
	tail -n +$((before + 1)) "$T/peer/wire.jsonl" | python3 -c 'import json, sys
now = most = 0
for line in sys.stdin:
    e = json.loads(line)
    if e["host"] == "mx":
        now += {"open": 1, "close": -1}.get(e["ev"], 0)
        most = max(most, now)
print(most)'
}
is "two runners share the limit" "$(at_once) $(sql "SELECT count(*) FROM recipient WHERE address LIKE 'y%'
	AND state = 'delivered'")" "1 60"
is "it is claimed" "$(sql "SELECT state FROM recipient WHERE domain = 'stuck.test'")" active
kill -9 $daemon_pid
wait $daemon_pid 2>/dev/null
begin=$(now_ms)
runner_once
took=$(($(now_ms) - begin))
is "the next runner takes over the dead one's claim" "$(state_of x@stuck.test)" "delivered 2.0.0 -"
ok "at once (took $took ms)" test $took -lt 5000
finish
