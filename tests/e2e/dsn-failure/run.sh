#!/bin/sh
# Mail that a server rejects is returned: the sender gets one DSN, through the same spool.
. "${0%/*}/../lib.sh"

dns_zone bank.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone shop.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
peer_start <<E
[{"name": "bank", "listen": ["127.0.0.2:25"], "rules": [{"on": "^RCPT TO:<later", "say": "450 4.2.1 later"}, {"on": "^RCPT TO:<(nobody|gone)", "say": "550 5.1.1 no such user here"}]},
 {"name": "shop", "listen": ["127.0.0.3:25"], "rules": [{"on": "EOM", "say": ["554-5.7.1 we do not", "554 5.7.1 like it"]}]},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
E
config </dev/null
letter hello | submit -f a@sender.test --envid QQ314 --orcpt 'rfc822;Old+Name@bank.test' nobody@bank.test >"$T/id"
letter second | submit --quiet -f b@sender.test gone@bank.test x@shop.test alice@bank.test
letter null | submit --quiet -f '' nobody@bank.test
letter never | submit --quiet -f c@sender.test --notify never nobody@bank.test
letter success | submit --quiet -f d@sender.test --notify success nobody@bank.test
letter wanted | submit --quiet -f e@sender.test --notify failure,delay nobody@bank.test
runner_once

is "the recipient failed" "$(sql "SELECT state, status FROM recipient WHERE message_id = $(cat "$T/id")")" "failed|5.1.1"
is "those who are to be told are, and nobody else" \
	"$(wire messages local | cut -d' ' -f2- | sort)" \
	"$(printf '<> <%s@sender.test> NOTIFY=NEVER\n' a b e)"
is "nothing is owed any more" "$(sql "SELECT count(*) FROM recipient WHERE dsn_owed IS NOT NULL")" 0
is "the content of what failed is gone" "$(sql "SELECT count(*) FROM content")" 0
is "a report has the source dsn and the null sender" \
	"$(sql "SELECT DISTINCT m.source, m.sender, r.notify FROM message AS m JOIN recipient AS r ON r.message_id = m.id
		WHERE m.source = 'dsn'")" "dsn||NEVER"
like "the log names both messages" "$(grep DSN "$T/runner.log")" "$(cat "$T/id"): DSN: failed: message [0-9]+ to <a@sender.test>"

dsn_of a@sender.test
is "a multipart/report" "$(dsn type)" "multipart/report delivery-status"
is "that Python's email package takes" "$(dsn defects)" "[]"
is "its parts" "$(dsn parts)" "text/plain message/delivery-status message/rfc822"
is "Original-Envelope-Id" "$(dsn 0 Original-Envelope-Id)" QQ314
is "Reporting-MTA" "$(dsn 0 Reporting-MTA)" "dns; runner.test"
is "Original-Recipient is decoded" "$(dsn 1 Original-Recipient)" "rfc822; Old+Name@bank.test"
is "Final-Recipient" "$(dsn 1 Final-Recipient)" "rfc822; nobody@bank.test"
is "Action" "$(dsn 1 Action)" failed
is "Status" "$(dsn 1 Status)" 5.1.1
is "Remote-MTA" "$(dsn 1 Remote-MTA)" "dns; mx.bank.test"
is "Diagnostic-Code" "$(dsn 1 Diagnostic-Code)" "smtp; 550 5.1.1 no such user here"
is "Final-Log-Id" "$(dsn 1 Final-Log-Id)" "$(cat "$T/id")"
is "no Will-Retry-Until" "$(dsn 1 Will-Retry-Until)" ""
like "words for people" "$(dsn words)" 'refused it: Host: mx.bank.test \[127.0.0.2\] Found: 550 5.1.1 no such user here'
like "the message is returned whole" "$(dsn returned)" 'This is about hello'
is "to the sender, and answered by no machine" "$(dsn header To Auto-Submitted)" "a@sender.test auto-replied"

letter bounced | submit -f f@sender.test later@bank.test >"$T/id3"
runner_once
tlsq_ bounce "$(cat "$T/id3")" >/dev/null
runner_once
dsn_of f@sender.test
is "tlsq bounce: one report too" "$(dsn 1 Action) $(dsn 1 Status)" "failed 5.0.0"
is "that does not blame the server for it" "$(dsn 1 Remote-MTA)$(dsn 1 Diagnostic-Code)" \
	"x-tlsq; returned to the sender by the administrator (the last attempt: 450 4.2.1 later)"

dsn_of b@sender.test
is "one report speaks of all that failed" \
	"$(for n in 1 2 3; do dsn $n Final-Recipient; done | paste -sd' ')" "rfc822; gone@bank.test rfc822; x@shop.test "
like "with each one's own reply" "$(dsn 2 Diagnostic-Code)" "smtp; 554 5.7.1 we do not .*like it"
finish
