#!/bin/sh
# Connections that end at a bad moment: only a message with a 2xx reply counts as delivered.
. "${0%/*}/../lib.sh"

dns_zone dot.test signed <<E
@ MX 10 mx
mx A 127.0.1.1
E
dns_zone reset.test signed <<E
@ MX 10 mx
mx A 127.0.1.2
E
dns_zone half.test signed <<E
@ MX 10 mx
mx A 127.0.1.3
E
dns_zone verdict.test signed <<E
@ MX 10 mx
mx A 127.0.1.4
E
dns_zone truncated.test signed <<E
@ MX 10 mx
mx A 127.0.1.5
E
dns_zone goodbye.test signed <<E
@ MX 10 mx
mx A 127.0.1.6
E
dns_start
cert_make mx dns=mx.dot.test
peer_start <<E
[{"name": "dot", "listen": ["127.0.1.1:25"], "cert": "mx", "rules": [{"on": "EOM", "say": null, "then": "close", "times": 1}]},
 {"name": "reset", "listen": ["127.0.1.2:25"], "rules": [{"on": "EOM", "say": null, "then": "reset"}]},
 {"name": "half", "listen": ["127.0.1.3:25"], "rules": [{"on": "^DATA", "say": "354 go", "then": "close"}]},
 {"name": "verdict", "listen": ["127.0.1.4:25"],
  "rules": [{"on": "^RCPT", "say": "550 5.1.1 no, and good bye", "then": "close"}]},
 {"name": "truncated", "listen": ["127.0.1.5:25"], "rules": [{"on": "EOM", "raw": "250-2.0.0 que", "then": "close"}]},
 {"name": "goodbye", "listen": ["127.0.1.6:25"], "rules": [{"on": "^QUIT", "say": null, "then": "reset"}]}]
E
config </dev/null
for d in dot reset half verdict truncated goodbye; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
runner_once
for d in dot reset half truncated; do
	is "$d: not delivered" "$(state_of x@$d.test)" "deferred 4.4.2 connection"
done
is "the content is still there" "$(sql "SELECT count(DISTINCT message_id) FROM content
	JOIN message ON message.id = message_id WHERE source <> 'dsn'")" 4
is "a refusal that was read before the end stands" "$(state_of x@verdict.test)" "failed 5.1.1 unexpected-reply"
is "a reset after QUIT changes nothing" "$(state_of x@goodbye.test)" "delivered 2.0.0 -"
runner_once --now --domain dot.test
is "the next try delivers it" "$(state_of x@dot.test)" "delivered 2.0.0 -"
is "only the chosen domain was tried" "$(sql "SELECT attempts FROM recipient WHERE domain = 'reset.test'")" 1
finish
