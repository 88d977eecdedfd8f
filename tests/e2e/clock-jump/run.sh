#!/bin/sh
# The system clock is set back and forward while the daemon runs: mail is tried when it is due by the new clock.
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

# The other way round: times ahead are written.  The schedule cannot have set them,
# so the runner makes that mail due.
set_clock +3d
forward_twice() { [ "$(grep -c 'clock was set forward by 259' "$T/runner.log")" = 2 ]; }
wait_for 10 forward_twice
is "forward once more" "$?" 0
letter ahead | submit --quiet -f "" x@ahead.test
wait_for 20 tried x@ahead.test 1
set_clock +0d
wait_for 20 eval '[ "$(state_of x@ahead.test)" = "delivered 2.0.0 -" ]'
is "mail deferred by a clock three days ahead is tried when that is set right" "$?" 0

# What a schedule can have set stays, and so does what somebody put there.
config <<X
[queue.schedule.default]
retry = ["4h"]
X
letter far | submit --quiet -f a@sender.test far@back.test
wait_for 20 tried far@back.test 1
stop "$daemon_pid"
letter wish | submit --quiet -f a@sender.test wish@back.test
letter held | submit --quiet -f held@sender.test held@back.test
tlsq -d "$DB" hold --sender held@sender.test >/dev/null
sql "UPDATE recipient SET next_attempt_at = unixepoch() + 864000 WHERE address IN ('wish@back.test', 'held@back.test')"
check_says() { tlsq -d "$DB" check 2>&1 >/dev/null | grep 'clock:'; }
says=$(check_says)
like "what was never tried is said" "$says" 'clock: 1 recipients that were never tried wait until .*tlsq retry makes them due'
is "and nothing else" "$(echo "$says" | wc -l)" 1
runner_once
is "four hours of a schedule, a wish and a hold are left alone" \
	"$(sql "SELECT group_concat(attempts || state, ' ') FROM recipient WHERE finished_at IS NULL AND next_attempt_at > unixepoch() + 14000")" \
	"1deferred 0queued 0held"
sql "UPDATE recipient SET next_attempt_at = unixepoch() + 864000 WHERE address = 'far@back.test'"
like "beyond the schedule: the runner will see to it" "$(check_says)" 'clock: 1 recipients wait until .*the runner makes them due'
runner_once
is "and it did" "$(sql "SELECT attempts FROM recipient WHERE address = 'far@back.test'")" 2
sql "UPDATE recipient SET next_attempt_at = unixepoch() + 7000 WHERE address = 'far@back.test';
	UPDATE message SET received_at = received_at + 3600, wait_until = unixepoch() + 86400
		WHERE id = (SELECT message_id FROM recipient WHERE address = 'far@back.test');
	UPDATE message SET finished_at = finished_at + 86400 WHERE finished_at IS NOT NULL;
	UPDATE mx_cache SET fetched_at = fetched_at + 86400 WHERE domain = 'back.test';
	UPDATE domain_status SET last_attempt_at = last_attempt_at + 86400 WHERE domain = 'back.test'"
check_says >"$T/says"
like "dated an hour ahead: said, with the remedy" "$(cat "$T/says")" 'clock: 1 recipients wait until .*tlsq retry makes them due'
like "it expires late" "$(cat "$T/says")" 'clock: 1 recipients arrived or expire at .*tlsq bounce'
like "the wait of the milter" "$(cat "$T/says")" 'clock: 1 messages wait for the milter until .*the runner corrects it'
like "what is kept longer" "$(cat "$T/says")" 'clock: [2-9] finished messages are dated .*queue.retention'
like "an answer" "$(cat "$T/says")" 'clock: 1 cached answers are dated .*looks them up again'
like "and the domain" "$(cat "$T/says")" 'clock: 1 domains have a last attempt of .*next attempt corrects it'
finish
