#!/bin/sh
# The system's clock is set back and forward under a daemon: mail is tried when it is due by the clock that rules then.
. "${0%/*}/../lib.sh"
faketime=$(echo /usr/lib/*/faketime/libfaketimeMT.so.1)
[ -e "$faketime" ] || skip_all "needs libfaketime"
[ "${E2E_SANITIZED:-}" = "" ] || skip_all "a sanitizer has to be loaded before libfaketime"

dns_zone back.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_zone ahead.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.3
X
dns_start
peer_start <<X
[{"name": "back", "listen": ["127.0.0.2:25"], "rules": [{"on": "^RCPT", "say": "450 4.2.0 later"}]},
 {"name": "ahead", "listen": ["127.0.0.3:25"], "rules": [{"on": "^RCPT", "say": "450 4.2.0 later", "times": 1}]}]
X
config <<X
[queue.schedule.default]
retry = ["6s"]
X
set_clock() { echo "$1" >"$T/clock.new" && chmod 644 "$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
attempts() { sql "SELECT attempts FROM recipient WHERE address = '$1'"; }
tried() { [ "$(attempts "$1")" -ge "$2" ]; }
log_says() { grep -q "$1" "$T/runner.log"; }
set_clock +0d
LD_PRELOAD=$faketime FAKETIME_TIMESTAMP_FILE=$T/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
	tlsq-runner -d "$DB" --daemon 2>>"$T/runner.log" &
daemon_pid=$!
pids="$pids $daemon_pid"
wait_for 20 daemon_seen

letter back | submit --quiet -f a@sender.test x@back.test
wait_for 20 tried x@back.test 1
set_clock -3d
wait_for 10 log_says 'clock was set back by 259[12]'
is "it is said that the clock was set back" "$?" 0
sleep 7
set_clock +0d
wait_for 10 log_says 'clock was set forward by 259[12]'
is "and forward again" "$?" 0
wait_for 15 tried x@back.test 2
is "what fell due meanwhile is tried" "$?" 0
tlsq -d "$DB" delete --domain back.test >/dev/null

# The other way round times ahead are written, and stay: they are said.
set_clock +3d
wait_for 10 log_says 'clock was set forward by 25920*.*forward by 259'
letter ahead | submit --quiet -f "" x@ahead.test
wait_for 20 tried x@ahead.test 1
set_clock +0d
sleep 2
is "three days ahead, by the clock that was" \
	"$(sql "SELECT next_attempt_at - unixepoch() > 250000 FROM recipient WHERE address = 'x@ahead.test'")" 1
tlsq -d "$DB" check >"$T/out" 2>"$T/err"
like "tlsq check says so" "$(cat "$T/err")" 'clock: 1 recipients are not due before .*tlsq retry'
like "and speaks of the caches" "$(cat "$T/err")" 'clock: 0 leases and [1-9][0-9]* cached answers'
tlsq -d "$DB" retry --domain ahead.test >/dev/null
wait_for 20 eval '[ "$(state_of x@ahead.test)" = "delivered 2.0.0 -" ]'
is "tlsq retry makes it due" "$?" 0
tlsq -d "$DB" check >"$T/out" 2>"$T/err"
like "nothing is said of a clock that is right" "$(grep -c 'clock: . recip' "$T/err")" '^0$'
finish
