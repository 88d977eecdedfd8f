#!/bin/sh
# Postfix as the local MTA, with its strictest MIME checks, accepts every kind of DSN.
. "${0%/*}/../lib.sh"
. "$E2E/postfix.sh"

dns_zone bank.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=localhost
postfix_start mx <<E
inet_interfaces = 127.0.0.1
strict_mime_encoding_domain = yes
strict_8bitmime_body = yes
message_size_limit = 4000000
E
peer_start <<E
[{"name": "bank", "listen": ["127.0.0.2:25"], "ehlo": ["8BITMIME", "SMTPUTF8"],
  "rules": [{"on": "^RCPT TO:<ok", "say": "250 2.1.5 ok"}, {"on": "^RCPT TO:<late", "say": "450 4.2.1 later"},
   {"on": "^RCPT", "say": "550 5.1.1 nobody"}]}]
E
config <<E
[queue.schedule.default]
retry = ["2m"]
notify = ["1s"]
[report.dsn]
from-name = "Poststelle Zürich"
E
green=$(printf 'gr\303\274n')
letter failed | submit --quiet -f failed@sender.test x@bank.test
mime() { # subject: what a user agent makes of 8-bit text
	letter "$1" | sed "s/^From:/MIME-Version: 1.0\nContent-Type: text\/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n&/"
	echo "$green"
}
mime eight | submit --quiet -f eight@sender.test --body 8bitmime x@bank.test
mime hdrs | submit --quiet -f hdrs@sender.test --ret hdrs --body 8bitmime x@bank.test
{ letter large; seq 200000; } | submit --quiet -f large@sender.test --ret full x@bank.test
letter utf8 | sed "s/^Subject:.*/Subject: $green/" | submit --quiet -f utf8@sender.test --smtputf8 "$green@bank.test"
letter sender | submit --quiet -f "$green@sender.test" --smtputf8 x@bank.test
letter relayed | submit --quiet -f relayed@sender.test --notify success ok@bank.test
letter delayed | submit --quiet -f delayed@sender.test late@bank.test
sql "UPDATE message SET received_at = received_at - 60"
runner_once
wait_for 10 postfix_has 8
sed -n 's/.* to=<\([^>]*\)>.*/\1/p' "$T/maillog" >"$T/postfix.sent"
is "all reports are delivered" "$(sql "SELECT state, count(*) FROM recipient JOIN message ON message.id = message_id
	WHERE source = 'dsn' GROUP BY state")" "delivered|8"
for f in $(postfix_mail); do
	"$E2E/dsn.py" "$f" parts
done | sort | uniq -c | sed 's/^ *//' >"$T/kinds"
is "of all kinds" "$(cat "$T/kinds")" "1 text/plain message/delivery-status message/global
2 text/plain message/delivery-status message/rfc822
3 text/plain message/delivery-status text/rfc822-headers
2 text/plain message/global-delivery-status message/global"
is "they are as they were sent" "$(for f in $(postfix_mail); do "$E2E/dsn.py" "$f" defects; done | sort -u)" "[]"
is "Postfix had nothing to complain about" "$(grep -ciE 'reject|warning: .*mime|bare newline|improper' "$T/maillog")" 0
EXTRA_ACCEPTED=$T/postfix.sent
finish
