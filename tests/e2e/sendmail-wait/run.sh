#!/bin/sh
# milter.wait: Sendmail's client learns the result of its message, and nothing is lost whoever fails, and whenever.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

long=$(printf 'of which %s there is much to say %.0s' $(seq 30) | cut -c1-900)
cert_make mx dns=mx.remote.test
cert_make other dns=mx.else.test
dns_zone remote.test signed <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_zone dane.test signed <<X
@ MX 10 mx
mx A 127.0.0.3
_25._tcp.mx TLSA $(tlsa_of other 3 1 1)
X
dns_start
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [
   {"on": "^RCPT TO:<none", "say": "550 5.1.1 no such user: 100% sure"},
   {"on": "^RCPT TO:<full", "say": "552-5.2.2 the mailbox\n552 5.2.2 is full"},
   {"on": "^RCPT TO:<long", "say": "550 5.7.1 $long"},
   {"on": "^RCPT TO:<later", "say": "450 4.2.0 later"},
   {"on": "^RCPT TO:<slow", "delay": 2, "say": "550 5.1.1 took its time"},
   {"on": "^RCPT TO:<patient", "delay": 8, "say": "550 5.1.1 took its time"},
   {"on": "^RCPT TO:<never", "delay": 60, "say": "550 5.1.1 too late"}]},
 {"name": "dane", "listen": ["127.0.0.3:25"], "cert": "mx"},
 {"name": "local", "listen": ["127.0.0.5:25"]}]
X
more() {
	cat <<-X
	[milter]
	wait = "$1"
	[queue.tls.default]
	on-policy-failure = "bounce"
	[queue.route.local]
	type = "relay"
	address = "127.0.0.5"
	X
}
more 20s | config
milter_start
sendmail_start </dev/null
# so that only smfi_progress makes it wait for longer
stop "$sendmail_pid"
sed -i 's/R:1m/R:5s/' /etc/mail/sendmail.cf
sendmail_daemon
daemon_start
answer() { sed -n 's/^DOT //p' "$T/out"; }
qid() { sed -n 's/^DOT 250 2\.0\.0 \([^ ]*\).*/\1/p' "$T/out"; }
states() { sql "SELECT address, state FROM recipient WHERE address LIKE '$1' ORDER BY id" | tr '\n' ' '; }
told() { wire messages local | grep -c "<$1@sender.test>"; }
is_told() { [ "$(told "$1")" -ge 1 ]; }
finished() { [ "$(sql 'SELECT count(*) FROM message WHERE finished_at IS NULL')" = 0 ]; }
send() { # name recipients...
	name=$1
	shift
	letter "$name" | smtp --from "$name@sender.test" "$@" >"$T/out"
}

send good bob@remote.test
like "delivered: yes" "$(answer)" '^250 2\.0\.0 '
is "after the delivery" "$(states bob@%)" "bob@remote.test|delivered "
ok "Sendmail has nothing left" sendmail_idle
send none none@remote.test
is "a remote 550 is the client's, with its words" "$(answer)" "550 5.1.1 no such user: 100% sure"
is "the recipient is withdrawn" "$(states none@%)" "none@remote.test|withdrawn "
send full full@remote.test none@remote.test
is "two that failed: the first one's" "$(answer)" "552 5.2.2 the mailbox is full"
send long long@remote.test
is "a long reply has lines" "$(answer | sed 's,^550-,550 ,; s, / 5\.7\.1,,g')" "550 5.7.1 $long"
send refused ann@dane.test
like "a refusal by policy" "$(answer)" '^550 5\.7\.5 .*mx\.dane\.test'
is "which the server saw no mail of" "$(wire commands dane ^MAIL)" ""
send patient patient@remote.test
is "Sendmail has patience" "$(answer)" "550 5.1.1 took its time"

ok "all that is over" wait_for 10 finished
is "and nobody is told by another way" "$(wire messages local)" ""
tlsq_ retry --all >"$T/out" 2>&1
is "withdrawn is for good" "$(states none@%)" \
	"none@remote.test|withdrawn none@remote.test|withdrawn "

send later later@remote.test
like "deferred: yes" "$(answer)" '^250 2\.0\.0 '
is "and it is queued" "$(states later@%)" "later@remote.test|deferred "
is "nobody waits for it" "$(sql "SELECT coalesce(wait_until, 0) FROM message WHERE mta_id = '$(qid)'")" 0
send two bob@remote.test none@remote.test
like "one of two fails: yes" "$(answer)" '^250 2\.0\.0 '
ok "and a report" wait_for 10 is_told two
send mixed ann@local.test none@remote.test
like "a local one beside it: yes" "$(answer)" '^250 2\.0\.0 '
ok "and a report" wait_for 10 is_told mixed
ok "and local delivery" wait_for 10 mbox_has ann 'about mixed'
letter null | smtp --from '<>' none@remote.test >"$T/out"
like "a bounce waits for nothing" "$(answer)" '^250 2\.0\.0 '
is "of its messages none did" "$(sql "SELECT count(*) FROM message WHERE sender = '' AND wait_until > 0")" 0

# who waits holds nobody up
send wait1 slow@remote.test &
waiters=$!
for i in 2 3 4 5 6; do
	letter "wait$i" | smtp --from "wait$i@sender.test" slow@remote.test >"$T/out.$i" &
	waiters="$waiters $!"
done
sleep 0.5
begun=$(now_ms)
letter quick | smtp ann@local.test >"$T/quick"
quick_ms=$(($(now_ms) - begun))
ok "local mail goes by those who wait ($quick_ms ms)" test "$quick_ms" -lt 2500
wait $waiters
is "they have their answers" "$(cat "$T/out" "$T"/out.[2-6] | grep -c '^DOT 550 5.1.1 took its time')" 6

more 2s | config
sleep 0.6
begun=$(now_ms)
send never never@remote.test
took_ms=$(($(now_ms) - begun))
like "the time is over: yes" "$(answer)" '^250 2\.0\.0 '
ok "after two seconds ($took_ms ms)" test "$took_ms" -ge 1000 -a "$took_ms" -lt 6000
is "and the runner goes on" "$(states never@%)" "never@remote.test|active "

# somebody dies while the milter waits
more 5s | config
sleep 0.6
kill -STOP "$daemon_pid"
letter orphan | smtp --from orphan@sender.test none@remote.test >"$T/out" &
client=$!
has_wait() { [ "$(sql "SELECT count(*) FROM message WHERE sender = '$1@sender.test' AND wait_until > unixepoch()")" = 1 ]; }
ok "a message that is waited for" wait_for 10 has_wait orphan
kill -9 "$milter_pid"
wait "$client"
like "the milter is killed: come again" "$(answer)" '^451 '
kill -CONT "$daemon_pid"
ok "and it was in the spool: a report" wait_for 30 is_told orphan
milter_start
letter lost | smtp --from lost@sender.test slow@remote.test >"$T/out" &
client=$!
in_delivery() { wire commands mx '^MAIL FROM:<lost' | grep -q .; }
ok "one in delivery" wait_for 10 in_delivery
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
wait "$client"
like "the runner is killed: yes, when the time is over" "$(answer)" '^250 2\.0\.0 '
daemon_start
ok "the next one makes the report" wait_for 30 is_told lost
if [ "$E2E_FAILPOINTS" = yes ]; then
	for point in before after; do
		milter_stop
		TLSQ_FAILPOINT=withdraw.$point-commit milter_start
		send "$point" none@remote.test
		wait "$milter_pid" 2>"$T/err"
		is "the milter is killed $point it is withdrawn" $? 137
		like "$point: come again" "$(answer)" '^451 '
	done
	milter_start
	ok "a report where it was not withdrawn yet" wait_for 30 is_told before
	is "what is withdrawn stays so" "$(sql "SELECT state, dsn_owed FROM recipient JOIN message ON message.id = message_id
		WHERE sender = 'after@sender.test'")" "withdrawn|"
	withdrawn_ended() { [ "$(sql "SELECT finished_at > 0 FROM message WHERE sender = 'after@sender.test'")" = 1 ]; }
	ok "and its message ends" wait_for 10 withdrawn_ended
fi
more 60s | config
sleep 0.6
letter ending | smtp --from ending@sender.test never@remote.test >"$T/out" &
client=$!
ok "another that is waited for" wait_for 10 has_wait ending
milter_stop
wait "$client"
is "SIGTERM ends it with 0" "$milter_code" 0
like "and who waits with yes" "$(answer)" '^250 2\.0\.0 '
is "reports are one each" "$(for n in two mixed orphan lost; do told $n; done | tr '\n' ' ')" "1 1 1 1 "
is "no one was told twice" "$(for n in none full long refused patient wait2 after; do told $n; done | tr '\n' ' ')" "0 0 0 0 0 0 0 "
stop "$daemon_pid"
finish
