#!/bin/sh
# A remote reply cannot forge a log line, a terminal sequence or a line of the views.
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
  "raw": "550 5.1.1 no\u001b[2J\u0007 1: to=<x@y>, stat=Sent\u0085 \u00ff\r\n"}]},
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
is "no control character in the spool" "$(sql "SELECT reply FROM attempt" | LC_ALL=C tr -d '\n' | LC_ALL=C grep -c '[[:cntrl:]]')" 0
finish
