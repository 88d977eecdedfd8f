#!/bin/sh
# SIZE, 8BITMIME, SMTPUTF8 and DSN are used where the server offers them; elsewhere mail is sent without them or fails.
. "${0%/*}/../lib.sh"

i=0
for d in all none small; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$i
	E
done
dns_start
peer_start <<E
[{"name": "all", "listen": ["127.0.1.1:25"], "ehlo": ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN"], "size": 100000},
 {"name": "none", "listen": ["127.0.1.2:25"], "ehlo": []},
 {"name": "small", "listen": ["127.0.1.3:25"], "size": 1000}]
E
config </dev/null
eightbit() { letter eightbit; echo 'Grüße'; }
utf8() { letter utf8 | sed 's/^Subject:.*/Subject: Grüße/'; }
big() { letter big; seq 1 500; }
for d in all none; do
	eightbit | submit --quiet --body 8bitmime -f a@sender.test eight@$d.test
	utf8 | submit --quiet --smtputf8 -f "jürgen@sender.test" "jörg@$d.test"
	letter dsn | submit --quiet --notify success,failure --ret hdrs --envid 'id+1' \
		--orcpt 'someone@else.test' -f a@sender.test dsn@$d.test
	letter never | submit --quiet --notify never -f a@sender.test never@$d.test
done
# labels over plain ASCII, and none over what is not
letter ascii | submit --quiet --body 8bitmime -f a@sender.test labelled@none.test
letter ascii | submit --quiet --smtputf8 -f a@sender.test utf8labelled@none.test
letter both | submit --quiet --smtputf8 --body 8bitmime -f a@sender.test both@all.test
letter itself | submit --quiet -f a@sender.test "müller@all.test"
eightbit >"$T/eight.eml"
for d in all none; do
	sql "BEGIN; INSERT INTO message (sender, size, body_type) VALUES ('a@sender.test', $(stat -c %s "$T/eight.eml"), '7BIT');
		INSERT INTO content (message_id, seq, data) VALUES ((SELECT max(id) FROM message), 0, readfile('$T/eight.eml'));
		INSERT INTO recipient (message_id, address, domain) VALUES ((SELECT max(id) FROM message), 'unlabelled@$d.test', '$d.test'); COMMIT"
done
big | submit --quiet -f a@sender.test big@small.test
letter little | submit --quiet -f a@sender.test little@small.test
runner_once
is "8BITMIME: taken" "$(state_of eight@all.test)" "delivered 2.0.0 -"
like "BODY=8BITMIME was said" "$(wire commands all '^MAIL FROM:<a@')" 'BODY=8BITMIME'
is "8-bit content the server cannot take" "$(state_of eight@none.test)" "failed 5.6.3 unexpected-reply"
is "plain ASCII goes there, whatever its label" "$(state_of labelled@none.test) $(state_of utf8labelled@none.test)" \
	"delivered 2.0.0 - delivered 2.0.0 -"
is "labels that fit are used" "$(state_of both@all.test)" "delivered 2.0.0 -"
is "an address in UTF-8 says SMTPUTF8 itself" "$(state_of müller@all.test)" "delivered 2.0.0 -"
is "8-bit content without its label is sent as what it is" "$(state_of unlabelled@all.test) $(state_of unlabelled@none.test)" \
	"delivered 2.0.0 - failed 5.6.3 unexpected-reply"
is "SMTPUTF8: taken" "$(sql "SELECT state FROM recipient WHERE address LIKE 'j%' AND domain = 'all.test'" | sort -u)" delivered
like "SMTPUTF8 was said" "$(wire commands all 'SMTPUTF8')" 'MAIL FROM:<.*> .*SMTPUTF8'
is "SMTPUTF8 the server cannot take" \
	"$(sql "SELECT state, status FROM recipient WHERE address LIKE 'j%' AND domain = 'none.test'")" "failed|5.6.7"
like "SIZE was said" "$(wire commands all '^MAIL' | head -n 1)" 'SIZE=[0-9]+'
dsn=$(wire commands all 'ENVID')
like "RET and ENVID, as xtext" "$dsn" 'RET=HDRS'
like "ENVID as xtext" "$dsn" 'ENVID=id\+2B1'
rcpt=$(wire commands all '^RCPT TO:<dsn@')
like "NOTIFY" "$rcpt" 'NOTIFY=SUCCESS,FAILURE'
like "ORCPT" "$rcpt" 'ORCPT=rfc822;someone@else\.test'
like "NOTIFY=NEVER" "$(wire commands all '^RCPT TO:<never@')" 'NOTIFY=NEVER'
is "DSN not offered: taken, without parameters" "$(state_of dsn@none.test)" "delivered 2.0.0 -"
is "no parameter was said that was not offered" \
	"$(wire commands none '^(MAIL|RCPT)' | grep -E '(SIZE|BODY|RET|NOTIFY|ORCPT|SMTPUTF8)')" ""
is "larger than the SIZE offered" "$(state_of big@small.test)" "failed 5.3.4 unexpected-reply"
is "and MAIL was not even said" "$(wire commands small '^MAIL' | grep -c .)" 1
is "a small one fits" "$(state_of little@small.test)" "delivered 2.0.0 -"
finish
