#!/bin/sh
# Tests the harness itself: its servers do what their script says, and its checks
# detect what they are meant to detect.  Runs no program of tlsq.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
@ MX 20 mx2
mx A 127.0.0.2
mx2 A 127.0.0.3
E
dns_zone plain.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.4
E
dns_zone bogus.test bogus <<E
@ MX 10 mx
E
dns_zone old.test expired <<E
@ MX 10 mx
E
dns_zone island.test island <<E
@ MX 10 mx
E
dns_zone odd.test oddalg <<E
@ MX 10 mx
E
dns_zone broken.test signed <<E
@ MX 10 mx
mx A 127.0.0.5
; tamper mx A
E
dns_start
resolve() { # name type: what libunbound makes of it
	unbound-host -C "$T/ub-host.conf" -t "$2" -v "$1" 2>&1
}
cat "$T/dns/ub.conf" >"$T/ub-host.conf"
sed -i "/^server:/a \\  trust-anchor-file: \"$T/dns/root.key\"" "$T/ub-host.conf"
if command -v unbound-host >/dev/null; then
	like "a signed zone is secure" "$(resolve example.test MX)" 'mx\.example\.test.*\(secure\)'
	like "an unsigned zone is insecure" "$(resolve plain.test MX)" '\(insecure\)'
	like "a false DS is bogus" "$(resolve bogus.test MX)" 'BOGUS'
	like "an old signature is bogus" "$(resolve old.test MX)" 'BOGUS'
	like "an island is insecure" "$(resolve island.test MX)" '\(insecure\)'
	like "an unknown algorithm is insecure" "$(resolve odd.test MX)" '\(insecure\)'
	like "a broken record is bogus" "$(resolve mx.broken.test A)" 'BOGUS'
	like "its neighbour is secure" "$(resolve broken.test MX)" '\(secure\)'
	like "what is not there is securely not there" "$(resolve none.test MX)" '3\(NXDOMAIN\).*\(secure\)|\(secure\)'
fi
is "queries are counted" "$(dns_count nobody.test MX)" 0
drill -p $DNS_PORT @127.0.0.1 nobody.test MX >/dev/null
drill -t -p $DNS_PORT @127.0.0.1 nobody.test MX >/dev/null
is "also over TCP" "$(dns_count nobody.test MX)" 2
dns_fault nobody.test MX servfail
like "a fault is answered" "$(drill -p $DNS_PORT @127.0.0.1 nobody.test MX)" 'rcode: SERVFAIL'
like "for that type only" "$(drill -p $DNS_PORT @127.0.0.1 nobody.test A)" 'rcode: NXDOMAIN'

ca_make inter
cert_make good dns=mx.example.test
cert_make behind dns=mx.example.test ca=inter
cert_make expired to=20210101
cert_make future from=20480101
cert_make self self
cert_make rsa key=rsa
verify() { openssl verify -CAfile "$T/certs/ca.pem" -untrusted "$T/certs/$1.pem" "$T/certs/$1.pem" 2>&1; }
like "a good certificate" "$(verify good)" 'good.pem: OK'
like "an RSA certificate" "$(verify rsa)" 'rsa.pem: OK'
like "one by an intermediate" "$(verify behind)" 'behind.pem: OK'
like "an expired one" "$(verify expired)" 'has expired'
like "a future one" "$(verify future)" 'not yet valid'
like "a self-signed one" "$(verify self)" 'self-signed'

peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "good", "ehlo_tls": ["PIPELINING", "CHUNKING"]},
 {"name": "old", "listen": ["127.0.0.3:25"], "cert": "good", "tls_max": "1.2"},
 {"name": "inject", "listen": ["127.0.0.4:25"], "cert": "good",
  "rules": [{"on": "^STARTTLS", "raw": "220 go\r\n250 injected\r\n"}]},
 {"name": "rude", "listen": ["127.0.0.5:25"], "ehlo": [],
  "rules": [{"on": "^RCPT TO:<two@", "say": "550 5.1.1 no", "times": 1}, {"on": "EOM", "then": "close", "say": null}]}]
E
cat >"$T/client.py" <<'P'
import smtplib, socket, ssl, sys

def tls(address):
    s = smtplib.SMTP(address, 25, local_hostname="c.test")
    s.ehlo()
    s.starttls(context=ssl._create_unverified_context())
    s.ehlo()
    return s

s = tls("127.0.0.2")
s.sendmail("a@sender.test", ["b@example.test", "c@example.test"], "Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n")
s.sock.sendall(b"MAIL FROM:<x@y.test>\r\nRCPT TO:<z@y.test>\r\nBDAT 4 LAST\r\na\r\n\0")
for _ in range(3):
    s.getreply()
s.quit()
s = tls("127.0.0.3")
s.quit()
s = smtplib.SMTP("127.0.0.4", 25)
s.ehlo()
s.putcmd("STARTTLS")
s.getreply()
print(s.getreply())
s.close()
s = smtplib.SMTP("127.0.0.5", 25)
s.ehlo()
s.mail("a@b.test")
print(s.rcpt("two@b.test")[0], s.rcpt("two@b.test")[0])
s.putcmd("DATA")
s.getreply()
s.sock.sendall(b"bare\nLF and\rCR\r\n.\r\n")
try:
    s.getreply()
except smtplib.SMTPServerDisconnected:
    print("gone")
s = smtplib.SMTP("127.0.0.5", 25)
s.sock.sendall(b"EHLO x\r\nMAIL FROM:<a@b.test> SIZE=3\r\n")
s.getreply()
s.getreply()
s.close()
P
/usr/bin/python3 "$T/client.py" >"$T/client.out"
is "rules are followed" "$(cat "$T/client.out")" "(250, b'injected')
550 250
gone"
is "the handshakes are recorded" "$(wire tls mx | cut -d' ' -f1,3,4; wire tls old | cut -d' ' -f1)" \
	"TLSv1.3 None full
TLSv1.2"
is "two messages were accepted" "$(wire_count messages mx)" 2
is "its content is kept with the dots removed" "$(cat "$(message_of mx)" | tr -d '\r')" "Subject: x

.dot
..
end"
is "its recipients are" "$(wire messages mx | sed -n '1s/^[^ ]* //p')" "<a@sender.test> <b@example.test> <c@example.test>"
is "one message had no answer" "$(wire_count offered rude) $(wire_count messages rude)" "1 0"
is "no MAIL in clear at mx" "$(wire mails mx)" ""
is "MAIL in clear at rude" "$(wire_count mails rude)" 2
is "two commands in one write are seen" "$(wire_count segments mx 'MAIL.*RCPT.*')" 1
faults=$(wire faults)
like "NUL is noticed" "$faults" 'mx .*: NUL'
like "bare LF is noticed" "$faults" 'rude .*: bare LF'
like "bare CR is noticed" "$faults" 'rude .*: bare CR'
like "pipelining that was not offered is noticed" "$faults" 'octets sent after EHLO'
like "a parameter that was not offered is noticed" "$faults" 'SIZE was not offered'
is "and nothing else" "$(wire_count faults)" 5

# --- without root
as_nobody() { # script
	# shellcheck disable=SC2016
	env -u E2E_INSIDE top_builddir="$top_builddir" setpriv --reuid nobody --regid nogroup --clear-groups sh -s "$1" <<-'N'
	cd /tmp
	sh "$1" 2>&1
	echo "code $?"
	N
}
like "a scenario is skipped" "$(as_nobody "$E2E/dane/run.sh" | tr '\n' ' ')" '^1\.\.0 # SKIP needs root.*code 0 $'
like "the demo is not: it fails" "$(as_nobody "$E2E/../demo/run.sh" | tr '\n' ' ')" '^cannot run here: needs root.*code 69 $'

# the checks above expected faults; what finish checks must not find them
rm "$T/peer/wire.jsonl"
finish
