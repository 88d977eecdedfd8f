#!/bin/sh
# The usual last resort, plaintext after TLS has failed, is never used for a host whose domain demands TLS.
. "${0%/*}/../lib.sh"

cert_make mx dns=mx.dane.test,mx.sts.test
cert_make other
cert_make self self dns=mx.selfdane.test,mx.selfsts.test
i=0
zone() { # name kind; further records on standard input
	{ echo "@ MX 10 mx"; echo "mx A 127.0.1.$((i = i + 1))"; cat; } >"$T/zone"
	dns_zone "$1.test" "$2" <"$T/zone"
}
sts() { echo '_mta-sts TXT "v=STSv1; id=1;"'; echo 'mta-sts A 127.0.0.8'; }
# STARTTLS stripped, or refused; a handshake that is broken off; a certificate that does not match
i=1; echo "_25._tcp.mx TLSA $(tlsa_of mx 3 1 1)" | zone dane signed
i=2; echo "_25._tcp.mx TLSA 1 1 1 $(printf %064d 7)" | zone unusable signed
i=3; sts | zone sts unsigned
i=4; echo "_25._tcp.mx TLSA $(tlsa_of mx 3 1 1)" | zone brokendane signed
i=5; sts | zone brokensts unsigned
i=6; echo "_25._tcp.mx TLSA $(tlsa_of other 3 1 1)" | zone selfdane signed
i=7; sts | zone selfsts unsigned
i=8; { sts; echo "_25._tcp.mx TLSA $(tlsa_of self 3 1 1)"; } | zone both signed
# the twins: nothing is demanded, or the strategy says disable in so many words
i=9; zone nothing unsigned </dev/null
i=10; { sts; echo "_25._tcp.mx TLSA $(tlsa_of mx 3 1 1)"; } | zone off signed
i=11; zone broken unsigned </dev/null
zone_host=127.0.1.13
dns_zone signedhost.test signed <<X
mx A $zone_host
_25._tcp.mx TLSA $(tlsa_of mx 3 1 1)
X
dns_zone hostonly.test unsigned <<X
@ MX 10 mx.signedhost.test.
X
dns_start
for d in sts brokensts selfsts both off; do
	sts_mode $d.test enforce 86400 mx.$d.test
done
sts_start
plain() { printf '{"name": "%s", "listen": ["127.0.1.%d:25"]%s}' "$1" "$2" "$3"; }
cut=', "cert": "mx", "rules": [{"on": "HANDSHAKE", "raw": "\u0016\u0003\u0001\u0000\u0002\u0000\u0000", "then": "close"}]'
refused=', "ehlo": ["STARTTLS"], "rules": [{"on": "^STARTTLS", "say": "454 4.7.0 not now"}]'
peer_start <<E
[$(plain dane 2), $(plain unusable 3), $(plain sts 4 "$refused"),
 $(plain brokendane 5 "$cut"), $(plain brokensts 6 "$cut"),
 $(plain selfdane 7 ', "cert": "self"'), $(plain selfsts 8 ', "cert": "self"'), $(plain both 9 ', "cert": "self"'),
 $(plain nothing 10), $(plain off 11), $(plain broken 12 "$cut"), $(plain hostonly 13)]
E
config <<'X'
[queue.strategy]
tls = [
  { if = "rcpt_domain == 'off.test'", then = "'off'" },
  { if = "retry_num > 1 && last_error == 'tls'", then = "'plain'" },
  { if = "retry_num > 0 && last_error == 'tls'", then = "'invalid-tls'" },
  { if = "sender_domain == 'both.test'", then = "'both'" },
  { else = "'strict'" }
]
[queue.tls.strict]
starttls = "require"
[queue.tls.invalid-tls]
allow-invalid-certs = true
starttls = "require"
[queue.tls.plain]
starttls = "disable"
allow-invalid-certs = true
[queue.tls.both]
mta-sts = "require"
[queue.tls.off]
starttls = "disable"
dane = "disable"
mta-sts = "disable"
X
held='hostonly dane unusable sts brokendane brokensts selfdane selfsts'
for d in $held nothing off broken; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
letter both | submit --quiet -f a@both.test x@both.test
for pass in 1 2 3 4; do
	runner_once --now
done
errors() { sql "SELECT DISTINCT error FROM attempt WHERE domain = '$1.test'"; }
is "DANE: STARTTLS stripped" "$(state_of x@dane.test) $(errors dane)" "deferred 4.7.4 dane dane"
is "unusable TLSA records demand TLS" "$(state_of x@unusable.test) $(errors unusable)" "deferred 4.7.4 dane dane"
is "an enforced policy: STARTTLS refused" "$(state_of x@sts.test) $(errors sts)" "deferred 4.7.4 mta-sts mta-sts"
is "DANE: the handshake is broken off" "$(state_of x@brokendane.test) $(errors brokendane)" "deferred 4.7.5 dane dane"
is "an enforced policy: so is its handshake" "$(state_of x@brokensts.test) $(errors brokensts)" "deferred 4.7.5 mta-sts mta-sts"
is "DANE: another certificate" "$(state_of x@selfdane.test) $(errors selfdane)" "deferred 4.7.5 dane dane"
is "an enforced policy: another certificate" "$(state_of x@selfsts.test) $(errors selfsts)" "deferred 4.7.5 mta-sts mta-sts"
is "required beside DANE, it is MTA-STS that failed" "$(state_of x@both.test) $(errors both)" "deferred 4.7.5 mta-sts mta-sts"
is "and the evidence says so" "$(sql "SELECT DISTINCT s.dane, s.mta_sts, substr(s.tlsa, 1, 5) FROM attempt a
	JOIN session s ON s.id = a.session_id WHERE a.domain = 'both.test'")" "verified|failed|3 1 1"
is "a signed host under an unsigned MX" "$(state_of x@hostonly.test) $(errors hostonly)" "deferred 4.7.4 dane dane"
is "none of them was named another strategy" "$(sql "SELECT count(*) FROM attempt
	WHERE strategy NOT IN ('strict', 'both') AND domain NOT IN ('nothing.test', 'off.test', 'broken.test')")" 0
is "none of them saw mail" "$(for d in $held both; do wire mails $d; done)" ""
is "where nothing is demanded the last resort is taken" "$(state_of x@nothing.test) $(errors nothing | sort -u)" \
	"delivered 2.0.0 - 
tls"
is "by its rule" "$(sql "SELECT a.strategy, a.level FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id
	WHERE r.domain = 'nothing.test'")" "plain|none"
is "and after a handshake that breaks, too" "$(state_of x@broken.test)" "delivered 2.0.0 -"
is "disable, written out, turns a demand off" "$(state_of x@off.test)" "delivered 2.0.0 -"

# the same strategy first, with no failure before it
letter first | submit --quiet --strategy plain -f a@sender.test y@dane.test y@sts.test y@unusable.test y@nothing.test
runner_once
is "pinned: the demand stands" "$(state_of y@dane.test) $(state_of y@sts.test) $(state_of y@unusable.test)" \
	"deferred 4.7.4 dane deferred 4.7.4 mta-sts deferred 4.7.4 dane"
is "and plaintext where there is none" "$(state_of y@nothing.test)" "delivered 2.0.0 -"
like "the log says what was required" "$(grep 'to=<y@dane.test>' "$T/runner.log")" 'strategy=plain, level=dane, tls=none'
finish
