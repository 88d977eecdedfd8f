#!/bin/sh
# A DSN from tlsq goes to the local Sendmail: for a local sender it is delivered there, for a remote sender it comes back and is sent.
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
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx",
  "rules": [{"on": "^RCPT TO:<none", "say": "550 5.1.1 no such user"}]}]
X
config <<X
[queue.route.local]
type = "relay"
address = "127.0.0.1"
port = 25
X
milter_start -v
sendmail_start </dev/null
of() { # address; columns
	sql "SELECT $2 FROM recipient r JOIN message m ON m.id = r.message_id WHERE address = '$1' ORDER BY m.id" | tr '\n' ' '
}

letter lost | smtp --from nobody@local.test none@remote.test >"$T/out"
like "mail of a local user to nobody" "$(cat "$T/out")" '^DOT 250'
letter lost | smtp --from ann@sender.test none@remote.test >"$T/out"
runner_once
is "fails" "$(sql "SELECT DISTINCT state, status FROM recipient WHERE address = 'none@remote.test'")" "failed|5.1.1"
ok "the local sender has the DSN" wait_for 10 mbox_has nobody 'no such user'
is "it went straight to Sendmail" "$(of nobody@local.test source,state)" "dsn|delivered "
ok "Sendmail gave the other one back to us" wait_for 10 sendmail_idle
runner_once
is "from the null sender, by the milter, and on its way" \
	"$(of ann@sender.test "'<' || sender || '>'",source,state)" "<>|dsn|delivered <>|milter|delivered "
is "it arrived once" "$(wire messages mx | grep -c '<ann@sender.test>')" 1
runner_once
is "and nothing goes round" "$(sql 'SELECT count(*) FROM message')" 5
sql "SELECT address FROM recipient WHERE message_id IN (SELECT id FROM message WHERE source = 'dsn')" >"$T/sendmail.sent"
EXTRA_ACCEPTED=$T/sendmail.sent
finish
