#!/bin/sh
# The disk is full before and during delivery: the messages are clear, nothing is lost and nothing is sent twice.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.example.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [{"on": "EOM", "delay": 3}]}]
E
small=$T/spool
mount -t tmpfs -o "size=1500k,mode=$(stat -c %a "$small"),gid=$(stat -c %g "$small")" none "$small" ||
	skip_all "no tmpfs can be mounted here"
config </dev/null
fill() { dd if=/dev/zero of="$small/ballast" bs=4k 2>/dev/null; }
letter first | submit --quiet -f a@sender.test first@example.test
head -c 3000000 /dev/zero | base64 >"$T/big"
exits "a message that does not fit" 74 sh -c "tlsq -d $DB submit -f a@sender.test big@example.test <$T/big"
like "says why" "$(cat "$T/err")" "^tlsq: $small.*(No space left|disk is full)"
is "and leaves nothing behind" "$(sql 'SELECT count(*) FROM message') $(find "$small" -type f ! -name '*-reserve' | sort | tr '\n' ' ')" \
	"1 $DB "
fill
letter x >"$T/letter"
for program in "tlsq -d $DB submit -f a@sender.test x@example.test" "tlsq-runner -d $DB --once"; do
	exits "no room at all: ${program%% *}" 74 sh -c "$program <$T/letter"
	like "says so in one line" "$(grep -c . "$T/err") $(cat "$T/err")" "^1 ${program%% *}: $DB: the disk is full"
done
is "nothing was sent" "$(wire connections mx)" ""
rm "$small/ballast"
runner_once
is "with room again the mail goes" "$(state_of first@example.test)" "delivered 2.0.0 -"

letter second | submit --quiet -f a@sender.test second@example.test
daemon_start
offered() { [ "$(wire_count commands mx DATA)" = 2 ]; }
ok "the next is being sent" wait_for 10 offered
fill
waits() { grep -q 'the disk is full.*holding results' "$T/runner.log"; }
ok "its result waits while the disk is full" wait_for 20 waits
rm "$small/ballast"
recorded() { [ "$(state_of second@example.test)" = "delivered 2.0.0 -" ]; }
ok "and is recorded when there is room" wait_for 20 recorded
letter third | submit --quiet -f a@sender.test third@example.test
third() { [ "$(state_of third@example.test)" = "delivered 2.0.0 -" ]; }
ok "the daemon goes on" wait_for 20 third
stop $daemon_pid
is "SIGTERM ends it with 0" $? 0
is "each message was sent once" "$(wire_count offered mx)" 3
finish
