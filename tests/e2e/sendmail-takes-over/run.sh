#!/bin/sh
# Sendmail keeps local mail and gives remote mail to the spool, with the envelope, the client and its queue id.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

dns_zone remote.test signed <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_start
cert_make mx dns=mx.remote.test
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}]
X
ip addr add 192.0.2.7/32 dev lo
config </dev/null
milter_start -v
mkdir -p "$SM"
printf 'sales@local.test\tcarol@remote.test\n' >"$T/virtuser"
printf 'partner.test\tesmtp:[127.0.0.9]\nbranch.test\tlocal:branch\n' >"$T/mailertable"
for map in virtuser mailertable; do
	"$MAKEMAP" -C /dev/null hash "$T/$map" <"$T/$map" 2>"$T/makemap.err" || skip_all "makemap does not run"
done
sendmail_start <<X
FEATURE(\`accept_unqualified_senders')dnl
FEATURE(\`virtusertable', \`hash -o $T/virtuser')dnl
FEATURE(\`mailertable', \`hash -o $T/mailertable')dnl
define(\`RELAY_MAILER_ARGS', \`TCP \$h 25')dnl
X
message_with() { # mta_id; columns
	sql "SELECT $2 FROM message WHERE mta_id = '$1'"
}
rcpts_of() { # mta_id; columns
	sql "SELECT $2 FROM recipient r JOIN message m ON m.id = r.message_id
		WHERE mta_id = '$1' ORDER BY r.id" | tr '\n' ' '
}
qid() { sed -n 's/^DOT 250 2\.0\.0 \([^ ]*\).*/\1/p' "$T/out"; }

letter remote | smtp bob@remote.test >"$T/out"
like "Sendmail says yes" "$(cat "$T/out")" '^DOT 250 2\.0\.0'
is "the message is in the spool under Sendmail's queue id" \
	"$(message_with "$(qid)" 'sender, source, body_type, smtputf8, client_ip, client_name, auth_user')" \
	"a@sender.test|milter|7BIT|0|127.0.0.1|localhost|"
is "with its recipient" "$(rcpts_of "$(qid)" address,domain,state)" "bob@remote.test|remote.test|queued "
ok "Sendmail has nothing left" wait_for 10 sendmail_idle
like "the milter's log says it in Sendmail's words" "$(cat "$T/milter.log")" \
	"[0-9]+: from=<a@sender.test>, size=[0-9]+, nrcpts=1, mta_id=$(qid), proto=ESMTP, relay=localhost \\[127.0.0.1\\]"

letter mixed | smtp ann@local.test bob@remote.test carl@local.test dora@remote.test >"$T/out"
like "a mixed message is accepted" "$(cat "$T/out")" '^DOT 250'
ok "ann has it" wait_for 10 mbox_has ann 'about mixed'
ok "carl has it" wait_for 10 mbox_has carl 'about mixed'
is "the remote ones are in the spool" "$(rcpts_of "$(qid)" address)" "bob@remote.test dora@remote.test "
ok "and not with Sendmail" wait_for 10 sendmail_idle

letter local | smtp ann@local.test >"$T/out"
ok "local mail stays local" wait_for 10 mbox_has ann 'about local'
is "the spool has not seen it" "$(message_with "$(qid)" id)" ""

letter dsn | smtp --from '<a@sender.test> RET=HDRS ENVID=QQ+2B1 BODY=8BITMIME SIZE=1000' \
	'<bob@remote.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob+2Bx@remote.test' \
	'<dora@remote.test> NOTIFY=NEVER' >"$T/out"
is "RET, ENVID and BODY are kept" "$(message_with "$(qid)" ret,envid,body_type)" "HDRS|QQ+1|8BITMIME"
is "so are NOTIFY and ORCPT" "$(rcpts_of "$(qid)" notify,orcpt)" \
	"SUCCESS,DELAY|rfc822;bob+x@remote.test NEVER| "

unlike "nobody promises a time" "$(grep '^[0-9]* >>> 250' "$SM/transcript")" DELIVERBY

letter odd | smtp --from '<>' 'Bob.X@REMOTE.test' '<"a b"@remote.test>' '<@x.test,@y.test:route@remote.test>' \
	'lit@[192.0.2.9]' bob@remote.test bob@remote.test >"$T/out"
is "null sender" "$(message_with "$(qid)" "'<' || sender || '>'")" "<>"
is "case, quotes, routes, literals, duplicates" "$(rcpts_of "$(qid)" address)" \
	'Bob.X@remote.test "a b"@remote.test route@remote.test lit@[192.0.2.9] bob@remote.test '
ok "nothing odd is left with Sendmail" wait_for 10 sendmail_idle

letter virtual | smtp sales@local.test >"$T/out"
is "virtusertable's target is the recipient" "$(rcpts_of "$(qid)" address,orcpt)" \
	"carol@remote.test|rfc822;sales@local.test "
letter table | smtp x@partner.test y@branch.test bob@remote.test >"$T/out"
is "mailertable's entries stay Sendmail's" "$(rcpts_of "$(qid)" address)" "bob@remote.test "
ok "one is delivered" wait_for 10 mbox_has branch 'about table'

letter user | smtp --from root --bind 192.0.2.7 bob@remote.test >"$T/out"
is "a sender without a domain gets ours; a client by name" \
	"$(message_with "$(qid)" sender,client_ip,client_name)" "root@mail.local.test|192.0.2.7|stranger.test"

letter twice | smtp --times 3 bob@remote.test ann@local.test >"$T/out"
is "three messages in one connection" "$(grep -c '^DOT 250' "$T/out")" 3
is "are three in the spool" "$(for i in $(qid); do rcpts_of "$i" address; done)" \
	"bob@remote.test bob@remote.test bob@remote.test "
letter reset | smtp --reset bob@remote.test >"$T/out"
is "RSET forgets" "$(rcpts_of "$(qid)" address)" "bob@remote.test "

before=$(sql 'SELECT count(*) FROM message')
for when in mail rcpt data half; do
	letter "gone-$when" | smtp --stop $when bob@remote.test >"$T/out"
done
ok "the milter serves on" sh -c "printf 'Subject: x\n\nx\n' | '$E2E/smtp.py' ann@local.test"
is "of clients that went away nothing is stored" "$(sql 'SELECT count(*) FROM message')" "$before"

seq -f 'u%g@remote.test' 1000 >"$T/rcpts"
letter many | smtp $(cat "$T/rcpts") >"$T/out"
is "1,000 recipients" "$(sql "SELECT count(*) FROM recipient r JOIN message m ON m.id = r.message_id
	WHERE mta_id = '$(qid)'")" 1000
sql "PRAGMA foreign_keys = ON; DELETE FROM message WHERE id IN (
	SELECT message_id FROM recipient WHERE domain LIKE '[%')"

is "a live SIGHUP changes nothing" "$(kill -HUP "$milter_pid"; sleep 0.2
	letter hup | smtp bob@remote.test | grep -c '^DOT 250')" 1

runner_once
is "all is delivered" "$(sql "SELECT DISTINCT state FROM recipient")" delivered
is "over verified TLS" "$(sql "SELECT DISTINCT tls FROM session")" pkix
milter_stop
is "SIGTERM ends it with 0" "$milter_code" 0
finish
