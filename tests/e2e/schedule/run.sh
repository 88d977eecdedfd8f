#!/bin/sh
# When the next attempt is due, what --now, --domain and --message select, and when a message expires.
. "${0%/*}/../lib.sh"

dns_zone down.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone later.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
peer_start <<E
[{"name": "later", "listen": ["127.0.0.3:25"], "rules": [{"on": "^RCPT", "say": "450 4.2.0 later", "times": 2}]}]
E
config <<E
[queue.schedule.default]
retry = ["2m", "10m"]
E
letter down | submit --quiet -f a@sender.test x@down.test
letter later | submit -f a@sender.test x@later.test >"$T/id"
letter held | submit --quiet --hold -f a@sender.test held@later.test
due() { sql "SELECT attempts, next_attempt_at - unixepoch() BETWEEN $2 - 20 AND $2 + 20 FROM recipient WHERE address = '$1'"; }
runner_once
is "deferred with the connection's code" "$(state_of x@down.test)" "deferred 4.4.1 connection"
is "due in two minutes" "$(due x@down.test 120)" "1|1"
runner_once
is "not tried before" "$(due x@down.test 120)" "1|1"
runner_once --now --message "$(cat "$T/id")"
is "--now --message tries that one" "$(due x@later.test 600)" "2|1"
is "and no other" "$(due x@down.test 120)" "1|1"
runner_once --now --domain later.test
is "--now --domain too" "$(state_of x@later.test)" "delivered 2.0.0 -"
is "what is held is never tried" "$(sql "SELECT state, attempts FROM recipient WHERE address = 'held@later.test'")" "held|0"
config <<E
[queue.schedule.default]
retry = ["2m"]
max-attempts = 2
E
runner_once --now --domain down.test
is "after max-attempts it is over" "$(sql "SELECT state, status, last_error FROM recipient WHERE address = 'x@down.test'")" \
	"expired|4.4.7|connection"
runner_once --now
is "and is not tried again" "$(sql "SELECT attempts FROM recipient WHERE address = 'x@down.test'")" 2
finish
