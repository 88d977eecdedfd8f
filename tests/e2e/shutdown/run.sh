#!/bin/sh
# SIGTERM: deliveries in progress get ten seconds, a server that may have accepted a message gets a minute to reply, and the rest is released.
. "${0%/*}/../lib.sh"

i=1
for d in slow stuck; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.0.$i
	E
done
dns_start
peer_start <<E
[{"name": "slow", "listen": ["127.0.0.2:25"], "rules": [{"on": "EOM", "delay": 14}]},
 {"name": "stuck", "listen": ["127.0.0.3:25"], "rules": [{"on": "^RCPT", "say": null, "then": "stall"}]}]
E
config </dev/null
letter slow | submit --quiet -f a@sender.test x@slow.test
letter stuck | submit --quiet -f a@sender.test x@stuck.test
daemon_start
sent() { wire messages slow >/dev/null; wire commands slow '^DATA' | grep -q . && wire commands stuck '^RCPT' | grep -q .; }
wait_for 10 sent
began=$(now_ms)
stop "$daemon_pid"
is "it ends with 0" $? 0
took=$(($(now_ms) - began))
ok "when the server has answered, after its 14 seconds (took $took ms)" test "$took" -gt 11000 -a "$took" -lt 30000
is "what the server took is recorded" "$(sql "SELECT count(*) FROM recipient WHERE domain = 'slow.test'
	AND state = 'delivered'")" "$(wire_count accepted slow)"
is "what was not sent is released, and was not tried" "$(sql "SELECT DISTINCT state, attempts FROM recipient
	WHERE state <> 'delivered'")" "queued|0"
is "nothing is claimed" "$(sql "SELECT count(*) FROM recipient WHERE claimed_by IS NOT NULL")" 0
finish
