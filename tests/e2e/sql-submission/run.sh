#!/bin/sh
# Plain SQL submits mail, and fails with a clear message if something is wrong.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.example.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}]
E
config <<E
[queue.tls.secure]
starttls = "require"
E
letter file >"$T/m.eml"
ok "the example of the manual" sql "INSERT INTO submission(sender, recipients, content, tls_strategy)
	VALUES ('a@x.test', '[\"b@example.test\", \"c@example.test\"]', readfile('$T/m.eml'), 'secure')"
ok "further columns" sql "INSERT INTO submission(sender, recipients, content, mta_id, notify, ret, envid, require_tls, tls_optional, hold)
	VALUES ('', '[\"d@example.test\"]', 'Subject: x', 'Q1', 'NEVER', 'HDRS', 'e1', 0, 0, 1)"
refused() { # description SQL-values pattern
	before=$(sql 'SELECT count(*) FROM message, recipient')
	error=$(sql "INSERT INTO submission(sender, recipients, content, tls_strategy) VALUES ($2)" 2>&1)
	like "$1: refused" "$error" "$3"
	is "$1: nothing is stored" "$(sql 'SELECT count(*) FROM message, recipient')" "$before"
}
refused "an address without domain" "'a@x.test', '[\"bob\"]', 'x', NULL" 'address|recipient'
refused "an address with a line end" "'a@x.test', json_array('b@example.test' || char(13, 10) || 'DATA'), 'x', NULL" 'address|recipient'
refused "a bad sender" "'a b', '[\"b@example.test\"]', 'x', NULL" 'sender|address'
refused "a domain that is not ASCII" "'a@x.test', '[\"b@b\u00fccher.test\"]', 'x', NULL" 'ASCII|A-label|address|recipient'
refused "no recipient" "'a@x.test', '[]', 'x', NULL" 'recipient'
refused "recipients that are no JSON" "'a@x.test', 'b@example.test', 'x', NULL" 'JSON|recipients'
refused "no content" "'a@x.test', '[\"b@example.test\"]', NULL, NULL" 'content'
refused "an unknown strategy" "'a@x.test', '[\"b@example.test\"]', 'x', 'nosuch'" 'strategy'
is "the queue view shows what waits" "$(sql "SELECT sender, recipient, state, strategy FROM queue ORDER BY recipient")" \
	"a@x.test|b@example.test|queued|secure
a@x.test|c@example.test|queued|secure
|d@example.test|held|"
runner_once
is "sent as any other" "$(state_of b@example.test)" "delivered 2.0.0 -"
is "what is held stays" "$(sql "SELECT state FROM recipient WHERE address = 'd@example.test'")" held
letter file | sed 's/$/\r/' >"$T/wanted"
ok "line ends are CRLF on the wire" cmp "$T/wanted" "$(message_of mx)"
like "tls_strategy was obeyed" "$(sql "SELECT DISTINCT strategy FROM attempt")" secure
finish
