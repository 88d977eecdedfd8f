#!/bin/sh
# Each recipient has its own result: some accepted, some rejected, some deferred.
. "${0%/*}/../lib.sh"
i=0

for d in mixed allbad nopipe toomany; do
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$((i = i + 1))
	E
done
dns_start
rules='[{"on": "^RCPT TO:<bad", "say": "550 5.1.1 no such user"},
	{"on": "^RCPT TO:<full", "say": "452 4.2.2 mailbox full"},
	{"on": "^RCPT TO:<plain", "say": "550 unadorned"}]'
peer_start <<E
[{"name": "mixed", "listen": ["127.0.1.1:25"], "rules": $rules},
 {"name": "allbad", "listen": ["127.0.1.2:25"], "rules": $rules},
 {"name": "nopipe", "listen": ["127.0.1.3:25"], "ehlo": ["8BITMIME"], "rules": $rules},
 {"name": "toomany", "listen": ["127.0.1.4:25"], "rules": [{"on": "^RCPT", "skip": 2, "times": 2, "say": "452 4.5.3 too many recipients"}]}]
E
config </dev/null
for d in mixed nopipe; do
	letter $d | submit --quiet -f a@sender.test ok1@$d.test bad@$d.test full@$d.test plain@$d.test ok2@$d.test
done
letter allbad | submit --quiet -f a@sender.test bad1@allbad.test bad2@allbad.test full@allbad.test
letter toomany | submit --quiet -f a@sender.test r1@toomany.test r2@toomany.test r3@toomany.test r4@toomany.test
runner_once
for d in mixed nopipe; do
	is "$d: taken" "$(state_of ok1@$d.test), $(state_of ok2@$d.test)" "delivered 2.0.0 -, delivered 2.0.0 -"
	is "$d: refused" "$(state_of bad@$d.test)" "failed 5.1.1 unexpected-reply"
	is "$d: deferred" "$(state_of full@$d.test)" "deferred 4.2.2 unexpected-reply"
	is "$d: refused without an enhanced code" "$(state_of plain@$d.test)" "failed 5.0.0 unexpected-reply"
	is "$d: the server's words are kept" "$(sql "SELECT reply FROM recipient WHERE address = 'bad@$d.test'")" \
		"550 5.1.1 no such user"
	is "$d: the message went once, to two" "$(wire messages $d | cut -d' ' -f3-)" "<ok1@$d.test> <ok2@$d.test>"
done
is "all refused: nothing was sent" "$(wire_count messages allbad)" 0
is "all refused: each has its state" "$(state_of bad1@allbad.test), $(state_of bad2@allbad.test), $(state_of full@allbad.test)" \
	"failed 5.1.1 unexpected-reply, failed 5.1.1 unexpected-reply, deferred 4.2.2 unexpected-reply"
is "too many at a time: none is lost" "$(sql "SELECT count(*) FROM recipient WHERE domain = 'toomany.test' AND state IN ('delivered', 'deferred')")" 4
is "and nobody got it twice" "$(wire accepted toomany | sort | uniq -d)" ""
finish
