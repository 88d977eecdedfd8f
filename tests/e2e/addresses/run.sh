#!/bin/sh
# The milter, LMTP, submit and SQL accept and reject the same addresses, send them unchanged, and let none of them inject anything.
. "${0%/*}/../lib.sh"
MILTER_SOCKET=unix:$T/run/milter.sock
. "$E2E/sendmail.sh"

dns_zone ok.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_start
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "rules": [{"on": "^RCPT TO:<.*nobody", "say": "550 5.1.1 no such user"}]},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
X
config </dev/null
milter_start
is "the doors agree" "$("$E2E/addresses/doors.py" "$DB" "$T/run/milter.sock" "$E2E/addresses/table.txt" 2>&1)" \
	"$(grep -vc '^#' "$E2E/addresses/table.txt") addresses, 4 doors"

V=bounces-0102018f3c5d7e9a-4b6c8d0e-2f4a-6b8c-0d2e-4f6a8b0c2d4e-000000-user=example.com
N='"no, stat=Sent (ok) nobody"@ok.test'
letter one | submit --quiet -f "$V@s.test" -- "$V@ok.test" .a..b.@ok.test '"a> RSET"@ok.test'
letter two | submit --quiet -f 'a..b@s.test' -- "$N" "$V-nobody@ok.test"
runner_once
is "the commands say what was given" "$(wire commands mx '^(MAIL|RCPT)' | sed 's/ \(SIZE\|BODY\|NOTIFY\|RET\)=[^ ]*$//; s/^[a-z]* //' | sort)" \
	"$(sort <<X
MAIL FROM:<$V@s.test>
RCPT TO:<$V@ok.test>
RCPT TO:<.a..b.@ok.test>
RCPT TO:<"a> RSET"@ok.test>
MAIL FROM:<a..b@s.test>
RCPT TO:<$N>
RCPT TO:<$V-nobody@ok.test>
X
)"
is "and are taken" "$(sql "SELECT count(*) FROM recipient WHERE state = 'delivered' AND domain = 'ok.test'")" 3
is "the sender is told, under the same address" "$(wire messages local | cut -d' ' -f2-3)" "<> <a..b@s.test>"
dsn_of a..b@s.test
is "of the address that was given" "$(dsn 1 Final-Recipient) $(dsn 2 Final-Recipient)" "rfc822; $N rfc822; $V-nobody@ok.test"
like "a long address is whole in the log" "$(cat "$T/runner.log")" "to=<$V@ok.test>, .* stat=Sent"
finish
