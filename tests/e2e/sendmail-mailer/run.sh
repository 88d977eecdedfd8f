#!/bin/sh
# What no filter sees (aliases to remote addresses, Sendmail's bounces, its command line) reaches the spool through the mailer.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

dns_zone remote.test signed <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_zone sender.test signed <<X
@ MX 10 mx.remote.test.
X
dns_start
cert_make mx dns=mx.remote.test
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}]
X
config </dev/null
milter_start -v
sendmail_start </dev/null
has() { [ "$(sql "SELECT count(*) FROM recipient WHERE address = '$1'")" = 1 ]; }
of() { # address; columns
	sql "SELECT $2 FROM recipient r JOIN message m ON m.id = r.message_id WHERE address = '$1'"
}

letter direct | smtp dora@remote.test >"$T/out"
like "with the mailer as SMART_HOST the filter still takes what comes by SMTP" "$(of dora@remote.test source,mta_id)" '^milter\|'

# aliases(5) of the harness: list is bob@remote.test
letter alias | smtp --from '<a@sender.test> RET=HDRS ENVID=e1 BODY=8BITMIME' 'list@local.test NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;list@local.test' >"$T/out"
qid=$(sed -n 's/^DOT 250 2\.0\.0 \([^ ]*\).*/\1/p' "$T/out")
ok "an alias that is remote" wait_for 10 has bob@remote.test
is "with sender, DSN parameters and Sendmail's queue id" "$(of bob@remote.test sender,ret,envid,notify,orcpt)" \
	"a@sender.test|HDRS|e1|SUCCESS,FAILURE|rfc822;list@local.test"
is "and Sendmail's queue id" "$(of bob@remote.test mta_id)" "$qid"
stored "$(of bob@remote.test m.id)" "$T/got"
is "one Received field, Sendmail's" "$(grep -c '^Received: from client.test' "$T/got")" 1

letter literal | smtp literal@local.test >/dev/null
ok "an alias that is an address literal" wait_for 10 has 'x@[127.0.0.2]'

letter bounce | smtp --from ann@sender.test daemon@local.test >/dev/null
# Not written in place: Sendmail may be about to run it.
printf '#!/bin/sh\nexit 67\n' >"$SM/refuse.sh"
chmod 755 "$SM/refuse.sh"
mv "$SM/refuse.sh" "$SM/deliver.sh"
letter bounce | smtp --from fail@sender.test daemon@local.test >"$T/out"
ok "a bounce of Sendmail's to a remote sender" wait_for 10 has fail@sender.test
is "comes from the null sender" "$(of fail@sender.test "'<' || sender || '>'")" "<>"
stored "$(of fail@sender.test m.id)" "$T/got"
like "it is a DSN" "$(cat "$T/got")" 'report-type=delivery-status'

letter line | "$SENDMAIL" -Am -i -f root@local.test eve@remote.test 2>"$T/err"
ok "mail from the command line, past any filter" wait_for 10 has eve@remote.test
printf 'Subject: no date\n\n.\n..x\nend' | "$SENDMAIL" -Am -i -f root@local.test dots@remote.test many@remote.test 2>"$T/err"
ok "more than one recipient" wait_for 10 has many@remote.test
stored "$(of dots@remote.test m.id)" "$T/got"
is "dots are kept" "$(tr -d '\r' <"$T/got" | sed '1,/^$/d' | tr '\n' '|')" '.|..x|end|'
is "in one message" "$(sql "SELECT count(DISTINCT message_id) FROM recipient WHERE address IN ('dots@remote.test', 'many@remote.test')")" 1

# the spool is closed: Sendmail keeps the mail and its queue says why
chmod 0 "$T/spool"
letter closed | "$SENDMAIL" -Am -i -f root@local.test late@remote.test 2>"$T/err"
queued_with_reason() { grep -q 'M.*4\.3\.0' "$SM"/mqueue/qf*; }
ok "where the spool is closed Sendmail keeps the mail, with the reason" wait_for 10 queued_with_reason
chmod 2770 "$T/spool"
"$SENDMAIL" -q 2>"$T/err"
ok "and delivers it into the spool later" wait_for 10 has late@remote.test
ok "Sendmail has nothing left" wait_for 10 sendmail_idle
runner_once
is "all is delivered over verified TLS" "$(sql "SELECT DISTINCT state FROM recipient WHERE domain NOT LIKE '[%' UNION ALL SELECT DISTINCT tls FROM session WHERE mx NOT LIKE '[%'" | tr '\n' ' ')" "delivered pkix "
is "and nothing by Sendmail itself" "$(wire commands mx '^EHLO' | sort -u | cut -d' ' -f2- | sort -u)" " EHLO runner.test
EHLO runner.test"
finish
