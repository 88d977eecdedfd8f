#!/bin/sh
# If TLS policy prevents a delivery, the DSN says in plain words which policy, which host and what was found.
. "${0%/*}/../lib.sh"

cert_make mx dns=mx.dane.test
cert_make other dns=mx.else.test
cert_make own self dns=mx.sts.test
dns_zone bank.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone dane.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
_25._tcp.mx TLSA $(tlsa_of other 3 1 1)
E
dns_zone sts.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.4
_mta-sts TXT "v=STSv1; id=1;"
mta-sts A 127.0.0.8
E
dns_start
sts_mode sts.test enforce 86400 mx.sts.test
sts_start
peer_start <<E
[{"name": "bank", "listen": ["127.0.0.2:25"]},
 {"name": "dane", "listen": ["127.0.0.3:25"], "cert": "mx"},
 {"name": "sts", "listen": ["127.0.0.4:25"], "cert": "own"},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
E
config <<E
[queue.tls.secure]
starttls = "require"
on-policy-failure = "bounce"
[queue.tls.pinned]
dane = "require"
on-policy-failure = "bounce"
[report.dsn]
from-name = "Post, Bank"
from-address = "post@runner.test"
E
letter tls | submit --quiet -f tls@sender.test --strategy secure x@bank.test
letter required | submit --quiet -f required@sender.test --strategy pinned x@bank.test
letter dane | submit --quiet -f dane@sender.test --strategy pinned x@dane.test
letter sts | submit --quiet -f sts@sender.test --strategy secure x@sts.test
runner_once
is "nothing was sent" "$(wire commands bank ^MAIL; wire commands dane ^MAIL; wire commands sts ^MAIL)" ""
is "all were bounced at once" "$(sql "SELECT count(*), group_concat(DISTINCT state) FROM recipient JOIN message AS m
	ON m.id = message_id WHERE source = 'submit'")" "4|failed"

reports() { # sender, Status, word of RFC 8460, Policy, Host, Found
	dsn_of "$1@sender.test"
	is "$1: Status" "$(dsn 1 Status)" "$2"
	like "$1: Diagnostic-Code has the word of RFC 8460" "$(dsn 1 Diagnostic-Code)" "^x-tlsq; $3: "
	is "$1: no Remote-MTA, as no server said it" "$(dsn 1 Remote-MTA)" ""
	like "$1: why it was not sent" "$(dsn words)" "not sent, because the connection would not have been secure"
	like "$1: which policy" "$(dsn words)" "Policy: $4"
	like "$1: which host" "$(dsn words)" "Host: $5"
	like "$1: what was found" "$(dsn words)" "Found: $3: .*$6"
}
reports tls 5.7.4 starttls-not-supported 'TLS is required for this mail \(strategy "secure" of this site\)' \
	'mx.bank.test \[127.0.0.2\]' 'STARTTLS is not offered'
reports required 5.7.5 dane-required 'DANE \(RFC 7672\) is required for this mail: .* \(strategy "pinned"' 'mx.bank.test' 'TLSA'
reports dane 5.7.5 validation-failure "DANE \\(RFC 7672\\): the domain's DNS, signed with DNSSEC, pins the certificate" \
	'mx.dane.test \[127.0.0.3\]' 'no TLSA record matches: 1 published'
reports sts 5.7.5 certificate-not-trusted 'MTA-STS \(RFC 8461\): the domain publishes which hosts accept its mail' \
	'mx.sts.test \[127.0.0.4\]' 'mx.sts.test'
is "From as configured" "$(dsn header From)" '"Post, Bank" <post@runner.test>'
finish
