#!/bin/sh
# Two filters before tlsq: it stores what they made of a message, and does not get what they reject, discard or quarantine.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

dns_zone remote.test signed <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_zone xn--bcher-kva.test signed <<X
@ MX 10 mx.remote.test.
X
dns_start
cert_make mx dns=mx.remote.test
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}]
X
config </dev/null
milter_start
start "$E2E/filter.py" 8891 "$T/filter1"
start "$E2E/filter.py" 8892 "$T/filter2"
wait_for 10 test -e "$T/filter1" -a -e "$T/filter2"
sendmail_start <<X
INPUT_MAIL_FILTER(\`first', \`S=inet:8891@127.0.0.1, F=T')dnl
INPUT_MAIL_FILTER(\`second', \`S=inet:8892@127.0.0.1, F=T')dnl
X
answer() { sed -n 's/^DOT //p' "$T/out"; }
rcpts() { # source; subject is in $name
	sql "SELECT r.address FROM recipient r JOIN message m ON m.id = r.message_id
		WHERE m.sender = '$name@sender.test' AND m.source = '$1' ORDER BY r.id" | tr '\n' ' '
}
message_id() { sql "SELECT max(id) FROM message WHERE sender = '$name@sender.test' AND source = '$1'"; }
send() { # subject recipients...
	name=$1
	shift
	letter "$name" | smtp --from "$name@sender.test" "$@" >"$T/out"
}
has() { [ -n "$(rcpts "$1")" ]; }

send plain bob@remote.test
like "a message by three filters" "$(answer)" '^250 2\.0\.0'
is "is ours" "$(rcpts milter)" "bob@remote.test "
ok "and was shown to the others" grep -q '^E' "$T/filter2"
ok "it is not with Sendmail" sendmail_idle

send add bob@remote.test
like "a filter adds a recipient and a field" "$(answer)" '^250'
is "the client's recipient comes by the filter" "$(rcpts milter)" "bob@remote.test "
stored "$(message_id milter)" "$T/got"
like "with the field, of both" "$(tr -d '\r' <"$T/got" | grep -c '^X-Filter: was here')" '^2$'
ok "the new one by the mailer" wait_for 10 has submit
is "once" "$(rcpts submit)" "extra@remote.test "
stored "$(message_id submit)" "$T/got"
like "with the field" "$(cat "$T/got")" '^X-Filter: was here'

send body bob@remote.test
stored "$(message_id milter)" "$T/got"
is "a changed body is what is stored" "$(tr -d '\r' <"$T/got" | sed '1,/^$/d')" "Another body."

send refusal bob@remote.test refused@remote.test
like "a recipient that they refuse" "$(cat "$T/out")" '^RCPT 550 5\.7\.1 .*not through this filter'
is "is not stored" "$(rcpts milter)" "bob@remote.test "

send discard bob@remote.test
like "what they discard" "$(answer)" '^250'
is "is nowhere" "$(rcpts milter)$(rcpts submit)$(sendmail_queue)" ""

send quarantine bob@remote.test ann@local.test
like "what they quarantine" "$(answer)" '^250'
is "is not ours" "$(rcpts milter)" ""
is "Sendmail keeps it, for all" "$(sed -n 's/^R[^:]*:<\{0,1\}\([^>]*\)>\{0,1\}$/\1/p' "$SM"/mqueue/hf* | sort | tr '\n' ' ')" \
	"ann@local.test bob@remote.test "
"$SENDMAIL" -Q -qQ >"$T/released" 2>&1
"$SENDMAIL" -q >>"$T/released" 2>&1
ok "released, it comes by the mailer" wait_for 20 has submit
is "whole" "$(rcpts submit)" "bob@remote.test "
ok "the local one is delivered" wait_for 10 mbox_has ann 'about quarantine'

send drop bob@remote.test gone@remote.test
is "a recipient that they drop at the end was ours by then" "$(rcpts milter)" "bob@remote.test gone@remote.test "

# SMTPUTF8: Debian compiles Sendmail without USE_EAI
"$SENDMAIL" -d0.1 -bt </dev/null >"$T/compiled" 2>&1
unlike "Sendmail is without USE_EAI" "$(cat "$T/compiled")" USE_EAI
letter utf8 | smtp --from '<a@sender.test> SMTPUTF8' bob@remote.test >"$T/out" 2>&1
like "so it refuses SMTPUTF8" "$(sed -n 's/^MAIL //p' "$T/out")" '^5'
letter utf8 | smtp --from utf8@sender.test 'jürgen@remote.test' >"$T/out" 2>&1
like "and we an address whose local part would need it" "$(sed -n 's/^RCPT //p' "$T/out")" '^553 5\.1\.3 .*local part is not ASCII'
is "nothing of that is stored" "$(sql "SELECT count(*) FROM message WHERE smtputf8 OR sender = 'utf8@sender.test'")" 0
letter ulabel | smtp --from ulabel@sender.test 'bob@bücher.test' >"$T/out" 2>&1
like "a domain may have such letters" "$(sed -n 's/^DOT //p' "$T/out")" '^250'
is "and has its A-labels from then on" "$(sql "SELECT address, domain FROM recipient WHERE domain LIKE 'xn--%'")" \
	"bob@xn--bcher-kva.test|xn--bcher-kva.test"

runner_once
is "all that was stored is delivered" "$(sql "SELECT DISTINCT state FROM recipient")" delivered
finish
