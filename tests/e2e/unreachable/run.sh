#!/bin/sh
# A domain that cannot be reached is tried once for many messages; when it is reachable again, all waiting mail is delivered.
. "${0%/*}/../lib.sh"

for d in down other; do
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.0.$([ $d = down ] && echo 9 || echo 2)
	E
done
dns_start
peer_start <<E
[{"name": "other", "listen": ["127.0.0.2:25"]}]
E
config <<E
[queue.schedule.default]
retry = ["1h"]
E
tries() { sql "SELECT count(*) FROM attempt WHERE domain = 'down.test'"; }
letter one | submit --quiet -f a@sender.test first@down.test
runner_once
is "the first letter is tried" "$(state_of first@down.test) $(tries)" "deferred 4.4.1 connection 1"
for n in 1 2 3 4 5; do
	letter "more $n" | submit --quiet -f a@sender.test more$n@down.test
done
letter other | submit --quiet -f a@sender.test x@other.test
runner_once
is "the next ones wait for it, untried" "$(tries) $(sql "SELECT state, attempts, count(*) FROM recipient
	WHERE address LIKE 'more%' GROUP BY 1, 2")" "1 queued|0|5"
is "at most five minutes" "$(sql "SELECT count(*) FROM recipient WHERE address LIKE 'more%'
	AND next_attempt_at BETWEEN unixepoch() + 280 AND unixepoch() + 300")" 5
like "and say why" "$(sql "SELECT last_error, reply FROM queue WHERE recipient = 'more1@down.test'")" \
	'^connection\|not tried yet: at 20.*Z no host of the domain could be reached: .*refused'
is "nobody else waits" "$(state_of x@other.test)" "delivered 2.0.0 -"
sql "UPDATE recipient SET next_attempt_at = unixepoch() WHERE address LIKE 'more%'"
runner_once
is "when that time has come they are tried, together" "$(tries) $(sql "SELECT state, count(*) FROM recipient
	WHERE domain = 'down.test' GROUP BY 1")" "6 deferred|6"
is "each once" "$(sql "SELECT count(*) FROM recipient WHERE domain = 'down.test' AND attempts = 1")" 6
letter now | submit --quiet -f a@sender.test now@down.test
runner_once --now --domain down.test
is "--now waits for nothing" "$(sql "SELECT count(*) FROM recipient WHERE domain = 'down.test' AND state = 'deferred'")" 7

# the domain comes back: the next letter that is tried brings all with it
peer_start <<E
[{"name": "down", "listen": ["127.0.0.9:25"]}]
E
sql "UPDATE recipient SET next_attempt_at = unixepoch() WHERE address = 'first@down.test'"
runner_once
is "the backlog leaves at once" "$(sql "SELECT state, count(*) FROM recipient WHERE domain = 'down.test' GROUP BY 1")" \
	"delivered|7"
is "and the domain has no problem any more" "$(sql "SELECT count(*) FROM problems")" 0
letter later | submit --quiet -f a@sender.test later@down.test
runner_once
is "the next letter waits for nothing" "$(state_of later@down.test)" "delivered 2.0.0 -"
finish
