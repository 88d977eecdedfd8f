#!/bin/sh
# If a host or address fails, the next one is tried: refused, silent, dropped, 4xx before DATA.
. "${0%/*}/../lib.sh"

first='refused greet4 greet5 garbage ehlo4 mail4 rcpt4 data4 dropped dropmail tlsbreak'
cert_make mx dns=mx2.tlsbreak.test,mx1.tlsbreak.test
i=0
for d in $first; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx1
	@ MX 20 mx2
	mx1 A 127.0.1.$i
	mx2 A 127.0.2.$i
	E
	seconds="$seconds${seconds:+, }\"127.0.2.$i:25\""
done
dns_zone addresses.test signed <<E
@ MX 10 mx
mx A 127.0.3.1
mx A 127.0.3.2
E
dns_zone allbusy.test signed <<E
@ MX 10 mx1
@ MX 20 mx2
mx1 A 127.0.1.2
mx2 A 127.0.1.6
E
dns_zone all521.test signed <<E
@ MX 10 mx1
@ MX 20 mx2
mx1 A 127.0.1.12
mx2 A 127.0.1.13
E
dns_zone one521.test signed <<E
@ MX 10 mx1
@ MX 20 mx2
mx1 A 127.0.1.13
mx2 A 127.0.1.6
E
dns_start
peer_start <<E
[{"name": "greet4", "listen": ["127.0.1.2:25"], "rules": [{"on": "CONNECT", "say": "421 4.3.2 busy", "then": "close"}]},
 {"name": "greet5", "listen": ["127.0.1.3:25"], "rules": [{"on": "CONNECT", "say": "554 5.3.2 no mail here"}]},
 {"name": "garbage", "listen": ["127.0.1.4:25"], "rules": [{"on": "CONNECT", "raw": "SSH-2.0-hello\r\n"}]},
 {"name": "ehlo4", "listen": ["127.0.1.5:25"], "rules": [{"on": "^(EHLO|HELO)", "say": "421 4.3.2 busy"}]},
 {"name": "mail4", "listen": ["127.0.1.6:25"], "rules": [{"on": "^MAIL", "say": "451 4.3.0 later"}]},
 {"name": "rcpt4", "listen": ["127.0.1.7:25"], "rules": [{"on": "^RCPT", "say": "450 4.2.0 greylisted"}]},
 {"name": "data4", "listen": ["127.0.1.8:25"], "rules": [{"on": "^DATA", "say": "451 4.3.0 later"}]},
 {"name": "dropped", "listen": ["127.0.1.9:25"], "rules": [{"on": "CONNECT", "say": null, "then": "reset"}]},
 {"name": "dropmail", "listen": ["127.0.1.10:25"], "rules": [{"on": "^MAIL", "say": null, "then": "close"}]},
 {"name": "tlsbreak", "listen": ["127.0.1.11:25"], "cert": "mx",
  "rules": [{"on": "HANDSHAKE", "raw": "\u0016\u0003\u0001\u0000\u0002\u0000\u0000", "then": "close"}]},
 {"name": "greet521", "listen": ["127.0.1.12:25"], "rules": [{"on": "CONNECT", "say": "521 5.3.2 no mail here"}]},
 {"name": "mail521", "listen": ["127.0.1.13:25"], "rules": [{"on": "^MAIL", "say": "521 no mail here"}]},
 {"name": "second", "listen": [$seconds, "127.0.3.2:25"]}]
E
config </dev/null
for d in $first addresses allbusy all521 one521; do
	letter $d | submit --quiet --strategy default -f a@sender.test x@$d.test
done
runner_once
for d in $first; do
	is "$d: the second host has it" "$(state_of x@$d.test)" "delivered 2.0.0 -"
done
is "the second address has it" "$(state_of x@addresses.test)" "delivered 2.0.0 -"
like "when none is left it is deferred" "$(state_of x@allbusy.test)" '^deferred 4\.3\.[02] '
is "521 from every host is final (RFC 7504)" "$(state_of x@all521.test)" "failed 5.0.0 unexpected-reply"
is "521 from one of them is not" "$(state_of x@one521.test)" "deferred 4.3.0 unexpected-reply"
is "each try is an attempt" "$(sql "SELECT outcome, coalesce(error, '-') FROM attempt WHERE domain = 'refused.test' ORDER BY id")" \
	"deferred|connection
delivered|-"
finish
