#!/bin/sh
# 4xx and 5xx replies at each step: what is final, for which recipients, and with which code.
. "${0%/*}/../lib.sh"
i=0

steps='crcr garbage last blanks greet250 control many ehlo5 mail4 mail5 rcpt5 data4 data5 eom4 eom5 eom5multi quit5 rset5 noenh badenh'
for d in $steps; do
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$((i = i + 1))
	E
done
dns_start
n=0
peer() { # name event reply
	n=$((n + 1))
	printf '%s\n' "{\"name\": \"$1\", \"listen\": [\"127.0.1.$n:25\"], \"rules\": [{\"on\": \"$2\", \"$say\": $3}]}${4-,}"
}
{
	echo '['
	say=raw
	peer crcr '^MAIL' '"250 ok\r\r\n"'
	peer garbage '^EHLO' '"250 Nice to meet you.\r\nSIZE\r\n"'
	peer last '^RCPT' '"550-sorry\r\n550 5.1.1 no such user\r\n"'
	peer blanks '^RCPT' '"550  5.1.1 no such user\r\n"'
	peer greet250 CONNECT '"250 mx\r\n"'
	peer control '^RCPT' '"550 5.1.1 no\r\u0000\u001b[2J\u009b2J\r\n"'
	peer many '^EHLO' "\"$(for n in $(seq 300); do printf '250-X%d\\r\\n' $n; done)250 end\\r\\n\""
	say=say
	peer ehlo5 '^(EHLO|HELO)' '"550 5.7.1 go away"'
	peer mail4 '^MAIL' '"451 4.3.0 later"'
	peer mail5 '^MAIL' '"550 5.7.1 sender unwanted"'
	peer rcpt5 '^RCPT' '"550 5.1.1 nobody"'
	peer data4 '^DATA' '"451 4.3.0 later"'
	peer data5 '^DATA' '"554 5.6.0 never"'
	peer eom4 EOM '"452 4.3.1 disk full"'
	peer eom5 EOM '"550 5.7.1 spam"'
	peer eom5multi EOM '["550-5.7.1 first line", "550 5.7.1 second line"]'
	peer quit5 '^QUIT' '"500 5.5.1 what?"'
	peer rset5 '^RSET' '"500 5.5.1 what?"'
	peer noenh EOM '"552 quota"'
	peer badenh EOM '"550 2.0.0 liar"' ''
	echo ']'
} | peer_start
config </dev/null
for d in $steps; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
runner_once
r=unexpected-reply
is "CR CR LF ends a reply" "$(state_of x@crcr.test)" "delivered 2.0.0 -"
is "a line without a code after the EHLO reply" "$(state_of x@garbage.test)" "delivered 2.0.0 -"
is "the enhanced code on the last line only" "$(state_of x@last.test)" "failed 5.1.1 $r"
is "two blanks before it" "$(state_of x@blanks.test)" "failed 5.1.1 $r"
is "the greeting is 250" "$(state_of x@greet250.test)" "delivered 2.0.0 -"
is "control characters in a refusal" "$(state_of x@control.test)" "failed 5.1.1 $r"
is "none of them is stored" "$(sql "SELECT count(*) FROM attempt WHERE hex(reply) GLOB '*0D*' OR hex(reply) GLOB '*1B*' OR hex(reply) GLOB '*9B*'")" 0
is "300 lines after EHLO" "$(state_of x@many.test)" "delivered 2.0.0 -"
is "5xx to EHLO and HELO" "$(state_of x@ehlo5.test)" "failed 5.7.1 $r"
is "4xx to MAIL" "$(state_of x@mail4.test)" "deferred 4.3.0 $r"
is "5xx to MAIL" "$(state_of x@mail5.test)" "failed 5.7.1 $r"
is "5xx to RCPT" "$(state_of x@rcpt5.test)" "failed 5.1.1 $r"
is "4xx to DATA" "$(state_of x@data4.test)" "deferred 4.3.0 $r"
is "5xx to DATA" "$(state_of x@data5.test)" "failed 5.6.0 $r"
is "4xx to the final dot" "$(state_of x@eom4.test)" "deferred 4.3.1 $r"
is "5xx to the final dot" "$(state_of x@eom5.test)" "failed 5.7.1 $r"
like "a reply of two lines is kept" "$(sql "SELECT reply FROM recipient WHERE domain = 'eom5multi.test'")" 'first line.*second line'
is "an error to QUIT changes nothing" "$(state_of x@quit5.test)" "delivered 2.0.0 -"
is "5xx without an enhanced code" "$(state_of x@noenh.test)" "failed 5.0.0 $r"
like "an enhanced code of another class is not believed" "$(state_of x@badenh.test)" "^failed 5\\."
is "the final outcome is on the attempt too" "$(sql "SELECT outcome, error, status FROM attempt WHERE domain = 'eom5.test'")" \
	"failed|$r|5.7.1"
like "the log says failure" "$(grep 'to=<x@eom5.test>' "$T/runner.log")" 'dsn=5\.7\.1, stat=.*(failure|Failed|failed).*spam'
finish
