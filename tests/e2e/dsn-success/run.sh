#!/bin/sh
# NOTIFY=SUCCESS: a host with DSN support takes over; for a host without it, tlsq sends "relayed".
. "${0%/*}/../lib.sh"

dns_zone knows.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone lacks.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
peer_start <<E
[{"name": "knows", "listen": ["127.0.0.2:25"]},
 {"name": "lacks", "listen": ["127.0.0.3:25"], "ehlo": ["PIPELINING", "8BITMIME"],
  "rules": [{"on": "^RCPT TO:<gone", "say": "550 5.1.1 gone"}]},
 {"name": "local", "listen": ["127.0.0.1:25"], "rules": [{"on": "^RCPT TO:<nobody", "say": "550 5.1.1 who?"}]}]
E
config </dev/null
letter knows | submit --quiet -f a@sender.test --notify success x@knows.test
letter lacks | submit --quiet -f b@sender.test --notify success,failure --ret full --envid E1 x@lacks.test gone@lacks.test
letter failure | submit --quiet -f c@sender.test --notify failure x@lacks.test
letter unasked | submit --quiet -f d@sender.test x@lacks.test
letter never | submit --quiet -f e@sender.test --notify never x@lacks.test
letter null | submit --quiet -f '' --notify success x@lacks.test
letter lost | submit --quiet -f nobody@sender.test --notify success x@lacks.test
runner_once
is "the host that knows DSN was asked" "$(wire commands knows RCPT)" "clear RCPT TO:<x@knows.test> NOTIFY=SUCCESS"
is "the one that does not was not" "$(wire commands lacks 'NOTIFY|ENVID|RET=')" ""
is "only who asked for it gets a receipt, and only from us where nobody else will" \
	"$(wire messages local | awk '{ print $3 }' | sort | paste -sd' ')" "<b@sender.test>"
dsn_of b@sender.test
is "relayed, and failed, in one report" "$(dsn 1 Action) $(dsn 1 Status) $(dsn 2 Action) $(dsn 2 Status)" \
	"relayed 2.0.0 failed 5.1.1"
like "Diagnostic-Code" "$(dsn 1 Diagnostic-Code)" "^smtp; 250 2.0.0 queued"
is "Remote-MTA" "$(dsn 1 Remote-MTA)" "dns; mx.lacks.test"
is "Original-Envelope-Id" "$(dsn 0 Original-Envelope-Id)" E1
like "words for people" "$(dsn words)" "<x@lacks.test>: relayed to a host that does not send delivery"
is "a report that nobody takes makes no other" "$(state_of nobody@sender.test)" "failed 5.1.1 unexpected-reply"
is "and that is all" "$(sql "SELECT count(*) FROM message WHERE source = 'dsn'")" 2
finish
