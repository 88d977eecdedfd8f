#!/bin/sh
# A program that holds the lock of the spool delays others but loses nothing; if the spool is removed, the daemon exits.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.example.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [{"on": "EOM", "delay": 1}]}]
E
config </dev/null
letter first | submit --quiet -f a@sender.test first@example.test
lock() { # holds the write lock until the file $T/unlock is there
	rm -f "$T/locked" "$T/unlock"
	start /usr/bin/python3 -c 'import os, sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
c.execute("BEGIN IMMEDIATE")
open(sys.argv[2] + "/locked", "w")
while not os.path.exists(sys.argv[2] + "/unlock"):
    time.sleep(0.05)' "$DB" "$T"
	lock_pid=$started
	wait_for 20 test -e "$T/locked"
}
unlock() { : >"$T/unlock"; wait "$lock_pid"; }

lock
letter x >"$T/letter"
for program in "tlsq -d $DB submit -f a@sender.test x@example.test" "tlsq-runner -d $DB --once" \
	"tlsq -d $DB load $T/tlsq.toml"; do
	exits "locked: $program" 75 sh -c "timeout 20 $program <$T/letter"
	like "says so in one line" "$(grep -c . "$T/err") $(cat "$T/err")" "^1 ${program%% *}: $DB: locked by another program"
done
exits "readers do not wait" 0 tlsq_ list
unlock
is "nothing happened" "$(sql 'SELECT count(*) FROM message') $(state_of first@example.test)" "1 queued - -"

daemon_start
offered() { [ "$(wire_count commands mx DATA)" = 1 ]; }
ok "a message is being sent" wait_for 10 offered
lock
waits() { grep -q 'locked by another program.*holding results' "$T/runner.log"; }
ok "its result waits for the lock" wait_for 20 waits
unlock
recorded() { [ "$(state_of first@example.test)" = "delivered 2.0.0 -" ]; }
ok "and is recorded after it" wait_for 20 recorded
is "it was sent once" "$(wire_count offered mx)" 1

mkdir "$T/away"
mv "$T"/spool/spool.db* "$T/away"
ended() { gone $daemon_pid || grep -q '; shutting down' "$T/runner.log"; }
ok "a spool that is moved away ends the daemon" wait_for 10 ended
wait $daemon_pid
is "with an exit code that has it started again" $? 74
like "and it says why" "$(cat "$T/runner.log")" "$DB: removed or replaced while it was open; shutting down"
mv "$T"/away/spool.db* "$T/spool"
finish
