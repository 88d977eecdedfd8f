#!/bin/sh
# Ten runners at once, one of them killed every second: each message arrives, and at most one message of a killed session twice.
# LEASES_MESSAGES: how many (2000; 10000 in make check-long).
E2E_LIMIT=900
. "${0%/*}/../lib.sh"

messages=${LEASES_MESSAGES:-2000}
domains=10
slots=10
n=1
while [ $n -le $domains ]; do
	dns_zone d$n.test signed <<Z
@ MX 10 mx
mx A 127.0.1.$n
Z
	n=$((n + 1))
done
dns_zone slow.test signed <<Z
@ MX 10 mx
mx A 127.0.0.2
Z
dns_start
listen=$(n=1; while [ $n -le $domains ]; do printf '"127.0.1.%d:25", ' $n; n=$((n + 1)); done)
# two processes: a runner is faster than one of them
for peer in even odd; do
	peer_start <<J
[{"name": "mx", "listen": [${listen%, }], "rules": [{"on": "EOM", "delay": 0.1}]}]
J
done
peer_start <<J
[{"name": "slow", "listen": ["127.0.0.2:25"], "rules": [{"on": "EOM", "delay": 3}]}]
J
config <<C
queue.limit.sessions-per-domain = 2
C

# --- a lease that was lost
letter late | submit --quiet -f a@sender.test x@slow.test
tlsq-runner -d "$DB" --once >>"$T/runner.out" 2>>"$T/runner.log" </dev/null &
first=$!
content_sent() { [ "$(wire segments slow '.*\r\n\.\r\n' | wc -l)" -ge "$1" ]; }
wait_for 10 content_sent 1
kill -STOP $first
sql "UPDATE recipient SET claimed_until = unixepoch() - 1 WHERE state = 'active'"
runner --once &
second=$!
wait_for 10 content_sent 2
kill -CONT $first
wait $first
is "the first runner ends well" $? 0
wait $second
is "the second, too" $? 0
is "it is delivered" "$(state_of x@slow.test)" "delivered 2.0.0 -"
is "both attempts are on record" "$(sql "SELECT group_concat(outcome) FROM attempt WHERE domain = 'slow.test'")" \
	"delivered,delivered"
like "the log says that it went out twice" "$(cat "$T/runner.log")" \
	"lost the lease during the attempt: delivery recorded; another runner may have sent a second copy"

# --- ten runners
slot() { # number, options: a runner again and again, as from cron
	slot_number=$1
	shift
	while [ ! -e "$T/over" ]; do
		tlsq-runner -d "$DB" "$@" >>"$T/runner.out" 2>>"$T/runner.log" </dev/null &
		echo $! >"$T/slot.$slot_number"
		wait $!
		slot_code=$?
		case $slot_code in
		0 | 137) ;;
		*) echo "$slot_code" >>"$T/codes" ;;
		esac
		sleep 0.3
	done
}
producer() { # a few at a time, so that no runner gets all
	fed=0
	while [ $fed -lt "$messages" ]; do
		sql "WITH RECURSIVE n(i) AS (SELECT $fed + 1 UNION ALL SELECT i + 1 FROM n WHERE i < $fed + 40)
			INSERT INTO submission(sender, recipients, content)
			SELECT 'a@sender.test', json_array('x' || i || '@d' || (i % $domains + 1) || '.test'),
				'Subject: ' || i || char(10) || char(10) || 'text' FROM n" || echo "producer $?" >>"$T/codes"
		fed=$((fed + 40))
		sleep 0.1
	done
	touch "$T/fed"
}
at_work() { sql "SELECT count(*) FROM recipient WHERE finished_at IS NULL"; }
# of the runners that have claims, any
claimant() {
	sql "SELECT claimed_by FROM recipient WHERE state = 'active' GROUP BY 1 ORDER BY random() LIMIT 1" | cut -d/ -f3
}
begin=$(now_ms)
start slot 0 --daemon 2>/dev/null
slot_pids=$started
i=1
while [ $i -lt $slots ]; do
	start slot $i --once 2>/dev/null
	slot_pids="$slot_pids $started"
	i=$((i + 1))
done
start producer
slot_pids="$slot_pids $started"
killed=0
end=$(($(date +%s) + 600))
while { [ ! -e "$T/fed" ] || [ "$(at_work)" -gt 0 ]; } && [ "$(date +%s)" -lt $end ]; do
	sleep 1
	victim=$(claimant)
	[ -n "$victim" ] && kill -9 "$victim" 2>/dev/null && killed=$((killed + 1))
done
took=$(($(now_ms) - begin))
touch "$T/over"
kill "$(cat "$T/slot.0")" 2>/dev/null
wait $slot_pids 2>/dev/null
# what the last one killed left behind
runner_once
diag "$messages messages in $took ms, $killed runners killed," \
	"$(wire connections mx | wc -l) sessions, $(wire repeated mx | wc -l) with a message sent again"

ok "some were killed at work" test $killed -ge 3
is "no other end than 0, or by our hand" "$(sort -u "$T/codes" 2>/dev/null)" ""
is "all are delivered" "$(sql "SELECT state, count(*) FROM recipient WHERE domain <> 'slow.test' GROUP BY state")" \
	"delivered|$messages"
is "all are there" "$(wire accepted mx | sort -u | wc -l)" "$messages"
is "no session's kill repeated more than one" "$(wire repeated mx | awk '$2 > 1')" ""
extra=$(($(wire accepted mx | wc -l) - messages))
ok "at most one for each session of a killed runner ($extra, $killed killed)" \
	test $extra -le $((killed * domains * 2))
is "nobody claims anything" "$(sql "SELECT count(*) FROM recipient WHERE claimed_by IS NOT NULL; SELECT count(*) FROM runner" |
	tr '\n' ' ')" "0 0 "
is "no lock files are left" "$(cd "$T/spool" && ls | grep lock)" ""
finish
