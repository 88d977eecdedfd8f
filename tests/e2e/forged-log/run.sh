#!/bin/sh
# Neither a server's reply nor an address can forge a log line, a terminal sequence or a row of the views.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone lines.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
peer_start <<E
[{"name": "escape", "listen": ["127.0.0.2:25"], "rules": [{"on": "^RCPT",
  "raw": "550 5.1.1 no\u001b[2J\u0007 1: to=<x@y>, stat=Sent\u0085 \u00c2\u009b31m \u00ff\r\n"}]},
 {"name": "lines", "listen": ["127.0.0.3:25"], "rules": [{"on": "^RCPT",
  "raw": "550-5.1.1 no\r\n550-\n1: to=<forged@lines.test>, stat=Sent\r\n550 5.1.1 end\r\n"}]}]
E
config </dev/null
letter one | submit --quiet -f a@sender.test x@example.test
letter two | submit --quiet -f a@sender.test x@lines.test
runner_once
is "refused as the server said" "$(state_of x@example.test)" "failed 5.1.1 unexpected-reply"
is "no control character in the log" "$(LC_ALL=C tr -d '\n\t' <"$T/runner.log" | LC_ALL=C grep -c '[[:cntrl:]]')" 0
is "no log line is forged" "$(grep -c '^[^ ]*1: to=<forged' "$T/runner.log")" 0
# C1 too, which grep's classes do not know
controls() { python3 -c 'import sys
print(sum(c < " " or "\x7f" <= c < "\xa0" for c in sys.stdin.read() if c != "\n"))'; }
is "nor in the spool, C1 included" "$(sql "SELECT (SELECT group_concat(reply) FROM attempt), (SELECT group_concat(reply) FROM recipient),
	(SELECT group_concat(last_reply) FROM domain_status)" | controls)" 0
like "what is harmless stays" "$(sql "SELECT reply FROM attempt WHERE reply LIKE '%forged%'; SELECT reply FROM attempt")" '550 5.1.1 no.*stat=Sent'
letter three | submit --quiet -f '"s, stat=Sent"@sender.test' -- '"x>, stat=Sent (250 ok)"@example.test'
runner_once
is "neither it nor an address can look like a success in the log" "$(grep -c 'stat=Sent' "$T/runner.log")" 0
like "and can be read there" "$(cat "$T/runner.log")" 'to=<"x\+3E\+2C\+20stat\+3DSent\+20\+28250\+20ok\+29"@example.test>, .* stat=User failure'
finish
