#!/bin/sh
# A message that makes a server drop the connection does not affect other mail; a server that drops every connection is not hammered.
. "${0%/*}/../lib.sh"

i=0
for d in rcpt mail dot content two once every backup; do
	i=$((i + 1))
	dns_zone $d.test unsigned <<-E
	@ MX 10 mx
	$([ $d = backup ] && echo "@ MX 20 second")
	mx A 127.0.1.$i
	second A 127.0.2.1
	E
done
dns_start
drop() { printf '{"name": "%s", "listen": ["127.0.1.%d:25"], "rules": [{"on": "%s", "say": null, "then": "close"%s}]}' "$@"; }
peer_start <<E
[$(drop rcpt 1 '^RCPT TO:<poison' ''), $(drop mail 2 '^MAIL FROM:<poison' ''),
 {"name": "dot", "listen": ["127.0.1.3:25"], "rules": [{"on": "EOM", "say": null, "then": "close", "times": 2}]},
 {"name": "content", "listen": ["127.0.1.4:25"], "rules": [{"on": "^RCPT TO:<poison", "say": "250 2.1.5 ok"},
	{"on": "^DATA", "say": "354 go", "then": "close", "times": 2}]},
 $(drop two 5 '^RCPT TO:<poison' ''), $(drop once 6 '^RCPT' ', "times": 1'), $(drop every 7 '^MAIL' ''),
 $(drop backup 8 '^RCPT TO:<poison' ''), {"name": "second", "listen": ["127.0.2.1:25"]}]
E
config <<X
queue.limit.sessions-per-domain = 1
X
for d in rcpt mail dot content two once every backup; do
	for who in poison $([ $d = two ] && echo poison2) ok1 ok2 ok3 ok4 ok5 ok6; do
		letter $who | submit --quiet -f "$([ $d = mail ] && echo $who || echo a)@sender.test" $who@$d.test
	done
done
runner_once
delivered() { sql "SELECT count(*) FROM recipient WHERE domain = '$1.test' AND state = 'delivered'"; }
for d in rcpt mail two backup; do
	is "$d: the others are delivered in the same pass" "$(sql "SELECT count(*) FROM recipient
		WHERE domain = '$d.test' AND address LIKE 'ok%' AND state = 'delivered'")" 6
done
for d in rcpt mail two; do
	is "$d: the message itself waits" "$(state_of poison@$d.test)" "deferred 4.4.2 connection"
done
is "two: and the other one" "$(state_of poison2@two.test)" "deferred 4.4.2 connection"
is "backup: the next host has it" "$(state_of poison@backup.test)" "delivered 2.0.0 -"
is "backup: and no other" "$(wire_count messages second)" 1
is "dot: two ends without a word defer two messages" "$(delivered dot)" 5
is "dot: they are not sent again in this pass" "$(wire commands dot '^DATA' | wc -l)" 7
ok "content: as that, or tried again, as far as they were sent ($(delivered content))" test "$(delivered content)" -ge 5
is "once: nor one at the start" "$(delivered once)" 7
is "every: nothing is delivered" "$(delivered every)" 0
is "every: all wait, with their attempt" "$(sql "SELECT count(*) FROM recipient
	WHERE domain = 'every.test' AND state = 'deferred' AND attempts = 1 AND last_error = 'connection'")" 7
is "every: after three connections" "$(wire connections every | wc -l)" 3
runner_once --now --domain rcpt.test
is "it goes on like that" "$(state_of poison@rcpt.test)" "deferred 4.4.2 connection"
finish
