#!/bin/sh
# Postfix accepts mail from tlsq over STARTTLS: DSN, SMTPUTF8, 8-bit, pipelining and a large message.
. "${0%/*}/../lib.sh"
. "$E2E/postfix.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.example.test
postfix_start mx <<E
smtpd_tls_security_level = encrypt
message_size_limit = 2000000
smtpd_recipient_limit = 10
E
config <<E
[queue.tls.secure]
starttls = "require"
[queue.limit]
sessions-per-domain = 2
E
letter plain | submit --quiet --strategy secure -f a@sender.test one@example.test two@example.test
{ letter eight; echo 'Grüße'; } | submit --quiet --strategy secure --body 8bitmime -f a@sender.test eight@example.test
letter utf8 | sed 's/^Subject:.*/Subject: Grüße/' |
	submit --quiet --strategy secure --smtputf8 -f 'jürgen@sender.test' 'jörg@example.test'
letter dsn | submit --quiet --strategy secure --notify success --ret full --envid e1 -f a@sender.test dsn@example.test
{ letter dots; printf '.\n..\n.x\n'; } | submit --quiet --strategy secure -f a@sender.test dots@example.test
{ letter large; seq 200000; } | submit --quiet --strategy secure -f a@sender.test large@example.test
{ letter toolarge; seq 400000; } | submit --quiet --strategy secure -f a@sender.test toolarge@example.test
letter bad | submit --quiet --strategy secure -f a@sender.test 'bad@[127.0.0.2]'
runner_once
wait_for 10 postfix_has 7
# the server is not one of ours: what it accepted stands in its log
sed -n 's/.* to=<\([^>]*\)>.*/\1/p' "$T/maillog" >"$T/postfix.sent"
for r in one two eight dsn dots large; do
	is "$r is delivered" "$(state_of $r@example.test)" "delivered 2.0.0 -"
done
is "SMTPUTF8 is delivered" "$(sql "SELECT state FROM recipient WHERE address LIKE 'j%'")" delivered
is "larger than its limit" "$(state_of toolarge@example.test)" "failed 5.3.4 unexpected-reply"
is "all over verified TLS" "$(sql "SELECT DISTINCT s.tls, s.protocol FROM attempt a JOIN session s ON a.session_id = s.id
	WHERE a.outcome = 'delivered' AND a.strategy = 'secure'")" "pkix|TLSv1.3"
mail() { grep -l "^Subject: $1" $(postfix_mail); }
like "Postfix saw TLS" "$(cat $(mail plain) | tr -d '\n')" 'using TLSv1\.3 with cipher'
is "it has the dots" "$(tail -n 3 "$(mail dots)")" ".
..
.x"
is "the large message is whole" "$(tail -n 200000 "$(mail large)" | cksum)" "$(seq 200000 | cksum)"
is "it had nothing to complain about" "$(grep -cE 'improper command pipelining|bare newline|non-SMTP|warning: .*\[127' "$T/maillog")" 0
EXTRA_ACCEPTED=$T/postfix.sent
finish
