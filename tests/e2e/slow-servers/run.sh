#!/bin/sh
# 500 servers that take their time delay nobody else.
. "${0%/*}/../lib.sh"

{
	i=0
	while [ $i -lt 500 ]; do
		echo "d$i MX 10 mx$i.d$i
mx$i.d$i A 127.1.$((i / 250)).$((i % 250 + 1))"
		i=$((i + 1))
	done
} | dns_zone slow.test signed
dns_zone fast.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.fast.test
peer_start <<E
[{"name": "slow", "listen": ["0.0.0.0:25"], "rules": [{"on": "CONNECT", "delay": 12}]},
 {"name": "fast", "listen": ["127.0.0.2:25"], "cert": "mx"}]
E
config <<E
queue.virtual.default.threads-per-node = 600
E
sql "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 499)
	INSERT INTO submission(sender, recipients, content)
	SELECT 'a@sender.test', json_array('x@d' || i || '.slow.test'), 'Subject: slow' || char(10) || char(10) || 'text' FROM n"
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
	INSERT INTO submission(sender, recipients, content)
	SELECT 'a@sender.test', json_array('x' || i || '@fast.test'), 'Subject: fast' || char(10) || char(10) || 'text' FROM n"
is "550 wait" "$(sql 'SELECT count(*) FROM queue')" 550
begin=$(now_ms)
RUNNER_LIMIT=120 runner --once &
once=$!
fast_done() { [ "$(wire_count messages fast)" = 50 ]; }
wait_for 30 fast_done
fast=$(($(now_ms) - begin))
slow=$(sql "SELECT count(*) FROM recipient WHERE domain LIKE '%slow.test' AND state = 'delivered'")
wait $once
took=$(($(now_ms) - begin))
is "the fast server had all its mail before the first slow one answered" "$slow" 0
is "all are delivered" "$(sql "SELECT state, count(*) FROM recipient GROUP BY state")" "delivered|550"
# one after the other they would take 6000 s
ok "the 500 waited together" test $took -lt 100000
diag "fast after $fast ms, all after $took ms"
finish
