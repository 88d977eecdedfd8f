#!/bin/sh
# Envelope and DATA are sent in one write with PIPELINING, else one by one; EHLO falls back to HELO.
. "${0%/*}/../lib.sh"

i=0
for d in pipe nopipe helo notls; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$i
	E
done
dns_start
cert_make mx dns=mx.pipe.test
peer_start <<E
[{"name": "pipe", "listen": ["127.0.1.1:25"], "cert": "mx"},
 {"name": "nopipe", "listen": ["127.0.1.2:25"], "ehlo": ["8BITMIME"], "rules": [{"on": ".", "delay": 0.02}]},
 {"name": "helo", "listen": ["127.0.1.3:25"], "rules": [{"on": "^EHLO", "say": "502 5.5.1 what?"}]},
 {"name": "notls", "listen": ["127.0.1.4:25"], "rules": [{"on": "^EHLO", "say": "500 5.5.1 what?"}]}]
E
config <<E
[queue.limit]
sessions-per-domain = 1
[queue.tls.secure]
starttls = "require"
E
for d in pipe nopipe helo; do
	letter one | submit --quiet -f a@sender.test x@$d.test y@$d.test
	letter two | submit --quiet -f a@sender.test z@$d.test
done
letter secure | submit --quiet --strategy secure -f a@sender.test x@notls.test
runner_once
for d in pipe nopipe helo; do
	is "$d: all delivered" "$(sql "SELECT count(*) FROM recipient WHERE domain = '$d.test' AND state = 'delivered'")" 3
	is "$d: one session for both messages" "$(wire_count connections $d)" 1
done
ok "MAIL, RCPT, RCPT and DATA in one write" test -n \
	"$(wire segments pipe '(.*\r\n)?MAIL FROM:[^\r]*\r\nRCPT TO:[^\r]*\r\nRCPT TO:[^\r]*\r\nDATA\r\n')"
is "without PIPELINING each command is alone" \
	"$(wire segments nopipe '.*(MAIL|RCPT)[^\r]*\r\n.+')" ""
is "HELO after EHLO was refused" "$(wire commands helo | head -n 2)" "clear EHLO runner.test
clear HELO runner.test"
is "HELO cannot give TLS: deferred where it is required" "$(state_of x@notls.test)" "deferred 4.7.4 tls"
finish
