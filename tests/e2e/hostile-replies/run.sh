#!/bin/sh
# Replies that no server should send: they are bounded, never count as a delivery, and never forge a log line.
. "${0%/*}/../lib.sh"

i=0
script=
hostile() { # name rules
	i=$((i + 1))
	dns_zone $1.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$i
	E
	script="$script${script:+,
}{\"name\": \"$1\", \"listen\": [\"127.0.1.$i:25\"], \"rules\": $2}"
	names="$names $1"
}
x() { head -c "$1" /dev/zero | tr '\0' "${2:-x}"; }
hostile longline "[{\"on\": \"EOM\", \"raw\": \"250 $(x 200000)\"}, {\"on\": \"^QUIT\", \"then\": \"close\"}]"
hostile longgreeting "[{\"on\": \"CONNECT\", \"raw\": \"$(x 300000)\"}]"
hostile manylines "[{\"on\": \"^(EHLO|HELO)\", \"raw\": \"$(for n in $(seq 20000); do printf '250-X%d\\r\\n' $n; done)250 end\r\n\"}]"
hostile fourdigits '[{"on": "EOM", "raw": "2500 ok\r\n"}]'
hostile threedigits '[{"on": "EOM", "raw": "999 ok\r\n"}]'
hostile onehundred '[{"on": "EOM", "raw": "150 wait\r\n"}]'
hostile threehundred '[{"on": "EOM", "raw": "354 more\r\n"}]'
hostile mixed '[{"on": "EOM", "raw": "250-2.0.0 ok\r\n550 5.0.0 no\r\n"}]'
hostile mixedmail '[{"on": "^MAIL", "raw": "250-ok\r\n550 no\r\n"}]'
hostile nocode '[{"on": "EOM", "raw": "ok\r\n"}]'
hostile blank '[{"on": "EOM", "raw": "\r\n\r\n\r\n"}]'
hostile minus '[{"on": "EOM", "raw": "-50 ok\r\n"}]'
hostile badsep '[{"on": "EOM", "raw": "250_ok\r\n"}]'
hostile binary '[{"on": "CONNECT", "raw": "\u0000\u0001\u00ff\u00fe\u0080\r\n"}]'
hostile early '[{"on": "CONNECT", "raw": "220 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 done\r\n", "then": "stall"}]'
dns_start
printf "[%s]\n" "$script" | peer_start
config <<E
[queue.connection.default.timeout]
greeting = "3s"
ehlo = "3s"
mail-from = "3s"
rcpt-to = "3s"
data = "3s"
E
for d in $names; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
runner_once
for d in $names; do
	like "$d: deferred" "$(state_of x@$d.test)" '^deferred 4\.[0-9]+\.[0-9]+ '
done
is "mixed codes have their code" "$(sql "SELECT status FROM recipient WHERE domain IN ('mixed.test', 'mixedmail.test')")" "4.5.0
4.5.0"
is "replies are stored within bounds" "$(sql 'SELECT count(*) FROM attempt WHERE length(reply) > 4096')" 0
is "nothing was delivered" "$(sql "SELECT count(*) FROM recipient WHERE state NOT IN ('deferred')")" 0
finish
