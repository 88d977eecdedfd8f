#!/bin/sh
# Silent policy hosts use up all fetches: mail whose policy could not be fetched is deferred, and not sent without a policy.
. "${0%/*}/../lib.sh"

# 40 domains share a policy host that says nothing; at one address 8 fetches run at a time
seq 40 | awk '{ printf "d%d MX 10 mx\n_mta-sts.d%d TXT \"v=STSv1; id=1;\"\nmta-sts.d%d A 127.0.0.10\n", $1, $1, $1
}
END { print "mx A 127.0.0.3" }' | dns_zone silent.test unsigned
for d in healthy closed; do
	dns_zone $d.test unsigned <<-E
	@ MX 10 mx
	mx A 127.0.0.2
	_mta-sts TXT "v=STSv1; id=1;"
	mta-sts A 127.0.0.8
	E
done
dns_start
cert_make mx dns=mx.healthy.test,mx.closed.test
peer_start <<E
[{"name": "healthy", "listen": ["127.0.0.2:25"], "cert": "mx"},
 {"name": "clear", "listen": ["127.0.0.3:25"]}]
E
sts_mode healthy.test enforce 86400 mx.healthy.test
sts_mode closed.test enforce 86400 mx.closed.test
sts_start
sts_fault closed.test status 404
start python3 -c 'import socket
s = socket.create_server(("127.0.0.10", 443), backlog=500)
kept = []
while True: kept.append(s.accept())'
wait_for 10 sh -c 'ss -tln | grep -q 127.0.0.10:443'
config <<E
[queue.tls.default.timeout]
mta-sts = "3s"
E
for i in $(seq 40); do
	letter slots | submit --quiet -f a@sender.test x@d$i.silent.test
done
letter healthy | submit --quiet -f a@sender.test x@healthy.test
letter closed | submit --quiet -f a@sender.test x@closed.test
runner_once

is "a domain with a policy host that answers" "$(state_of x@healthy.test)" "delivered 2.0.0 -"
is "is sent to under its policy" "$(sql "SELECT a.level, s.tls, s.mta_sts FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id
	JOIN session s ON s.id = a.session_id WHERE r.address = 'x@healthy.test'")" "mta-sts|mta-sts|verified"
is "one whose policy host has none has no policy" "$(state_of x@closed.test)" "delivered 2.0.0 -"
held=$(sql "SELECT count(*) FROM recipient WHERE domain LIKE '%.silent.test' AND state = 'deferred'")
diag "$held of 40 found no slot"
ok "most of the others were not asked for theirs" [ "$held" -ge 20 ]
is "they wait: it is our own failure" "$(sql "SELECT DISTINCT state, status, last_error FROM recipient
	WHERE domain LIKE '%.silent.test' AND state <> 'delivered'")" "deferred|4.4.3|io"
is "not one of them was sent, in clear or otherwise" "$(wire accepted clear | sort -u | wc -l)" $((40 - held))
is "nor is one's policy taken for known" "$(sql "SELECT count(*) FROM mta_sts_cache c JOIN recipient r ON r.domain = c.domain
	WHERE r.state = 'deferred'")" 0
like "the log says why" "$(grep 'stat=Deferred' "$T/runner.log" | head -n 1)" "other fetches are under way"
finish
