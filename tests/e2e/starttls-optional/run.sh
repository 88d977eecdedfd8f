#!/bin/sh
# starttls = "optional" uses TLS if it is offered, else plaintext; "disable" never uses STARTTLS.
. "${0%/*}/../lib.sh"

dns_zone plain.test signed <<E
@ MX 10 mx
mx A 127.0.1.1
E
dns_zone refuses.test signed <<E
@ MX 10 mx
mx A 127.0.1.2
E
dns_zone tls.test signed <<E
@ MX 10 mx
mx A 127.0.1.3
E
dns_zone breaks.test signed <<E
@ MX 10 mx
mx A 127.0.1.4
E
dns_start
cert_make mx dns=mx.refuses.test,mx.tls.test,mx.breaks.test
peer_start <<E
[{"name": "plain", "listen": ["127.0.1.1:25"]},
 {"name": "refuses", "listen": ["127.0.1.2:25"], "cert": "mx",
  "rules": [{"on": "^STARTTLS", "say": "454 4.3.0 TLS not available"}]},
 {"name": "tls", "listen": ["127.0.1.3:25"], "cert": "mx"},
 {"name": "breaks", "listen": ["127.0.1.4:25"], "cert": "mx",
  "rules": [{"on": "HANDSHAKE", "raw": "this is not TLS, is it?\r\n", "then": "close"}]}]
E
config <<E
[queue.tls.never]
starttls = "disable"
dane = "disable"
mta-sts = "disable"
E
for d in plain refuses tls breaks; do
	letter $d | submit --quiet --strategy default -f a@sender.test x@$d.test
done
letter never | submit --quiet --strategy never -f a@sender.test never@tls.test
runner_once
is "plaintext where TLS is not offered" "$(state_of x@plain.test)" "delivered 2.0.0 -"
is "and where it is refused" "$(state_of x@refuses.test)" "delivered 2.0.0 -"
is "recorded as none" "$(sql "SELECT DISTINCT s.tls FROM session s JOIN attempt a ON a.session_id = s.id
	WHERE a.domain IN ('plain.test', 'refuses.test')")" none
is "TLS where it is offered" "$(state_of x@tls.test)" "delivered 2.0.0 -"
is "a handshake that fails is never followed by plaintext" "$(state_of x@breaks.test)" "deferred 4.7.5 tls"
is "the broken server saw no MAIL" "$(wire commands breaks '^MAIL')" ""
is "disable stays in clear" "$(state_of never@tls.test)" "delivered 2.0.0 -"
is "and never said STARTTLS" "$(wire_count commands tls '^STARTTLS') $(wire_count mails tls)" "1 1"
finish
