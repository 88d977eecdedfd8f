#!/bin/sh
# tlsq submit: addresses of every kind, what it adds, what it rejects without leaving anything behind.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone xn--bcher-kva.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"]}]
E
config </dev/null
ok "several recipients" sh -c "echo text | tlsq -d $DB submit -f a@sender.test b@example.test c@example.test"
ok "the null sender" sh -c "echo text | tlsq -d $DB submit -f '' null@example.test"
ok "also as <>" sh -c "echo text | tlsq -d $DB submit -f '<>' null2@example.test"
ok "an IDN domain" sh -c "echo text | tlsq -d $DB submit -f a@sender.test bob@bücher.test"
ok "a quoted local part" sh -c "echo text | tlsq -d $DB submit -f a@sender.test '\"a b\"@example.test'"
ok "an address literal" sh -c "echo text | tlsq -d $DB submit -f a@sender.test 'x@[127.0.0.2]'"
ok "upper case" sh -c "echo text | tlsq -d $DB submit -f a@sender.test Upper@EXAMPLE.TEST"
is "domains are kept in lower case and A-labels" "$(sql "SELECT DISTINCT domain FROM recipient ORDER BY domain")" \
	"[127.0.0.2]
example.test
xn--bcher-kva.test"
before=$(sql 'SELECT count(*) FROM message')
for bad in bob '@example.test' 'a b@example.test' 'a@b c.test' 'a@' 'x@[999.1.1.1]' \
	'<x@example.test' "x@$(head -c 300 /dev/zero | tr '\0' a).test" 'x@exa_mple..test' "$(printf 'x@example.test\r\nDATA')"; do
	echo text >"$T/text"
	tlsq -d "$DB" submit -f a@sender.test good@example.test "$bad" <"$T/text" >"$T/out" 2>"$T/err"
	is "refused: $(echo "$bad" | head -c 30 | tr -d '\r\n')" "$?" 65
	like "and it says why" "$(cat "$T/err")" '^tlsq: .+'
done
echo text | tlsq -d "$DB" submit -f 'not an address' good@example.test >"$T/out" 2>"$T/err"
is "refused: a bad sender" $? 65
echo text | tlsq -d "$DB" submit -f a@sender.test --strategy nosuch good@example.test >"$T/out" 2>"$T/err"
like "refused: an unknown strategy" $? '^(65|78)$'
echo text | tlsq -d "$DB" submit -f a@sender.test >"$T/out" 2>"$T/err"
is "refused: no recipient" $? 64
echo text | tlsq -d "$DB" submit --nonsense x@example.test >"$T/out" 2>"$T/err"
is "refused: an unknown option" $? 64
is "nothing of these is stored" "$(sql 'SELECT count(*) FROM message')" "$before"
runner_once
is "all went" "$(sql "SELECT state, count(*) FROM recipient GROUP BY state")" "delivered|8"
first=$(cat "$(message_of mx)")
like "a missing Date is added" "$first" '^Date: [A-Z][a-z][a-z], [ 0-9]?[0-9] [A-Z][a-z][a-z] [0-9]{4} [0-9:]{8} [-+][0-9]{4}'
like "a missing Message-ID is added" "$first" '^Message-ID: <[^<>@ ]+@[^<>@ ]+>'
like "the quoted local part is on the wire" "$(wire commands mx)" 'RCPT TO:<"a b"@example\.test>'
like "the null sender is on the wire" "$(wire commands mx)" 'MAIL FROM:<>'
like "the IDN domain is on the wire in A-labels" "$(wire commands mx)" 'RCPT TO:<bob@xn--bcher-kva\.test>'
finish
