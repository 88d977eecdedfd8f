#!/bin/sh
# A certificate that does not prove the host's name is rejected, unless the strategy allows it.
. "${0%/*}/../lib.sh"

ca_make other self
ca_make inter
cert_make self self dns=mx.self.test
cert_make name dns=mx.elsewhere.test
cert_make expired to=20210101 dns=mx.expired.test
cert_make future from=20480101 dns=mx.future.test
cert_make unknown ca=other dns=mx.unknown.test
cert_make alone ca=inter alone dns=mx.alone.test
cert_make partial "dns=m*.partial.test"
cert_make wild "dns=*.wild.test"
cert_make commonname cn=mx.commonname.test dns=mx.elsewhere.test
bad='self name expired future unknown alone partial commonname'
i=0
script=
for d in $bad wild; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$i
	E
	script="$script${script:+,} {\"name\": \"$d\", \"listen\": [\"127.0.1.$i:25\"], \"cert\": \"$d\"}"
done
dns_start
printf "[%s]\n" "$script" | peer_start
config <<E
[queue.tls.secure]
starttls = "require"
[queue.tls.lax]
starttls = "require"
allow-invalid-certs = true
E
for d in $bad wild; do
	letter $d | submit --quiet --strategy secure -f a@sender.test strict@$d.test
	letter $d | submit --quiet --strategy default -f a@sender.test default@$d.test
	letter $d | submit --quiet --strategy lax -f a@sender.test lax@$d.test
done
runner_once
for d in $bad; do
	is "$d: refused where TLS is required" "$(state_of strict@$d.test)" "deferred 4.7.5 tls"
	is "$d: refused where TLS is optional" "$(state_of default@$d.test)" "deferred 4.7.5 tls"
	is "$d: taken where invalid certificates are allowed" "$(state_of lax@$d.test)" "delivered 2.0.0 -"
	like "$d: recorded as encrypted, with what is wrong" "$(sql "SELECT s.tls, s.verify_error FROM session s
		JOIN attempt a ON a.session_id = s.id WHERE a.domain = '$d.test' AND a.outcome = 'delivered'")" \
		'^encrypted\|.+'
	is "$d: one message was sent" "$(wire_count messages $d) $(wire_count commands $d '^MAIL')" "1 1"
done
is "a wildcard for one label is good" "$(state_of strict@wild.test)" "delivered 2.0.0 -"
type() { sql "SELECT DISTINCT result_type FROM attempt WHERE domain = '$1.test' AND outcome = 'deferred'"; }
is "expired: the result type" "$(type expired)" certificate-expired
is "name: the result type" "$(type name)" certificate-host-mismatch
is "unknown: the result type" "$(type unknown)" certificate-not-trusted
is "self: the result type" "$(type self)" certificate-not-trusted
like "the log line names the cause" "$(grep 'to=<strict@expired.test>' "$T/runner.log")" 'stat=Deferred: .*certificate-expired'
finish
