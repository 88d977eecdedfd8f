#!/bin/sh
# starttls = "require" never ends in plaintext: STARTTLS not offered, refused, or offered and withdrawn.
. "${0%/*}/../lib.sh"
i=0

for d in none refused fiveoh stripped; do
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$((i = i + 1))
	E
done
dns_zone backup.test signed <<E
@ MX 10 mx1
@ MX 20 mx2
mx1 A 127.0.1.1
mx2 A 127.0.2.2
E
dns_start
cert_make mx dns=mx.refused.test,mx.fiveoh.test,mx.stripped.test,mx2.backup.test
peer_start <<E
[{"name": "none", "listen": ["127.0.1.1:25"]},
 {"name": "refused", "listen": ["127.0.1.2:25"], "cert": "mx",
  "rules": [{"on": "^STARTTLS", "say": "454 4.3.0 TLS not available"}]},
 {"name": "fiveoh", "listen": ["127.0.1.3:25"], "cert": "mx",
  "rules": [{"on": "^STARTTLS", "say": "502 5.5.1 no such command"}]},
 {"name": "stripped", "listen": ["127.0.1.4:25"], "cert": "mx", "starttls": false,
  "ehlo": ["8BITMIME", "XSTARTTLS", "STARTTLSX"]},
 {"name": "backup", "listen": ["127.0.2.2:25"], "cert": "mx"}]
E
config <<E
[queue.tls.secure]
starttls = "require"
[queue.tls.bounce]
starttls = "require"
on-policy-failure = "bounce"
E
for d in none refused fiveoh stripped backup; do
	letter $d | submit --quiet --strategy secure -f a@sender.test x@$d.test
done
letter bounce | submit --quiet --strategy bounce -f a@sender.test bounce@none.test
runner_once
for d in none refused fiveoh stripped; do
	is "$d: deferred with 4.7.4" "$(state_of x@$d.test)" "deferred 4.7.4 tls"
	is "$d: the result type says why" \
		"$(sql "SELECT DISTINCT result_type FROM attempt WHERE domain = '$d.test'")" starttls-not-supported
done
is "no MAIL ever, in clear or not" "$(wire commands none '^MAIL'; wire commands refused '^MAIL'
	wire commands fiveoh '^MAIL'; wire commands stripped '^MAIL')" ""
is "a second host that offers it gets the mail" "$(state_of x@backup.test)" "delivered 2.0.0 -"
is "over TLS" "$(wire mails backup)" ""
is "both hosts are recorded" "$(sql "SELECT mx, outcome FROM attempt WHERE domain = 'backup.test' ORDER BY id")" \
	"mx1.backup.test|deferred
mx2.backup.test|delivered"
is "on-policy-failure = bounce makes it final" "$(state_of bounce@none.test)" "failed 5.7.4 tls"
like "the queue view shows the cause" "$(sql "SELECT last_error, status FROM queue WHERE domain = 'none.test'")" 'tls\|4\.7\.4'
is "problems shows the domains" "$(sql "SELECT count(*) FROM problems WHERE domain IN
	('none.test', 'refused.test', 'fiveoh.test', 'stripped.test')")" 4
finish
