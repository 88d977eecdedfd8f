#!/bin/sh
# A runner is killed between a failure and its DSN: the DSN is neither lost nor sent twice.
. "${0%/*}/../lib.sh"

dns_zone bank.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone slow.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
peer_start <<E
[{"name": "bank", "listen": ["127.0.0.2:25"], "rules": [{"on": "^RCPT", "say": "550 5.1.1 nobody"}]},
 {"name": "slow", "listen": ["127.0.0.3:25"], "rules": [{"on": "^RCPT", "say": null, "then": "stall", "times": 1}]},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
E
config </dev/null
letter both | submit --quiet -f a@sender.test x@bank.test y@slow.test
daemon_start
is_owed() { [ "$(sql "SELECT count(*) FROM recipient WHERE dsn_owed = 'failed'")" = 1 ]; }
ok "the failure is recorded, and what it owes" wait_for 20 is_owed
sleep 1
is "no report while the other one is in delivery" "$(sql "SELECT count(*) FROM message WHERE source = 'dsn'")" 0
kill -9 "$daemon_pid"
wait_for 10 gone "$daemon_pid"
is "the mark outlives the runner" "$(sql "SELECT state, dsn_owed FROM recipient WHERE address = 'x@bank.test'")" "failed|failed"
is "and keeps the content" "$(sql "SELECT count(*) FROM content")" 1
runner_once
is "the next one delivers the rest" "$(state_of y@slow.test)" "delivered 2.0.0 -"
is "and makes the report" "$(wire messages local | awk '{ print $3 }')" "<a@sender.test>"

# at any moment: each message is owed one report, and gets one
n=40
i=0
while [ $i -lt $n ]; do
	letter "kill $i" | submit --quiet -f "k$i@sender.test" x@bank.test
	i=$((i + 1))
done
undone() { sql "SELECT (SELECT count(*) FROM message WHERE finished_at IS NULL)"; }
i=0
while [ "$(undone)" != 0 ] && [ $i -lt 60 ]; do
	tlsq-runner -d "$DB" --once >>"$T/runner.out" 2>>"$T/runner.log" </dev/null &
	pid=$!
	sleep "0.0$((i * 7 % 90 + 10))"
	[ $i -ge 50 ] || kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	i=$((i + 1))
done
is "all is done in the end" "$(undone)" 0
is "one report for each failure, and no more" \
	"$(sql "SELECT count(*), count(DISTINCT r.address) FROM message AS m JOIN recipient AS r ON r.message_id = m.id
		WHERE m.source = 'dsn' AND r.address GLOB 'k*'")" "$n|$n"
is "all are with the local server" "$(wire messages local | awk '{ print $3 }' | grep '<k' | sort -u | wc -l)" "$n"

# runners beside each other
i=0
while [ $i -lt $n ]; do
	letter "beside $i" | submit --quiet -f "b$i@sender.test" x@bank.test
	i=$((i + 1))
done
for i in 1 2 3 4; do
	tlsq-runner -d "$DB" --once >>"$T/runner.out" 2>>"$T/runner.log" </dev/null &
	ends="$ends $!"
done
wait $ends
runner_once
is "four runners make one report for each failure" "$(wire messages local | awk '{ print $3 }' | grep '<b' | sort | uniq -c |
	awk '{ n += $1 } END { print NR, n }')" "$n $n"
is "nothing is owed" "$(sql "SELECT count(*) FROM recipient WHERE dsn_owed IS NOT NULL")" 0
finish
