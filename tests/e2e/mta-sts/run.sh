#!/bin/sh
# MTA-STS: with mode enforce a host must be in the policy and prove its name; a failed fetch never weakens a cached policy.
. "${0%/*}/../lib.sh"

ca_make other self
cert_make good "dns=mx.enforce.test,mx.testing.test,mx.mode.test,mx.fetch.test,mx.norecord.test,mx.badtext.test,mx.webpki.test,mx.testingoutside.test,mx.tworecords.test,mx.servfail.test"
cert_make names "dns=a.wild.test,mx.cached.test,mx.moved.test,mx.stale.test,mx.both.test,mx.tls12.test,good.second.test"
cert_make unknown ca=other dns=mx.badcert.test,mx.testingbad.test,mx.danebad.test
cert_make commonname cn=mx.onlycn.test dns=else.onlycn.test
: >"$T/script"
zone() { # name, kind, certificate ("-": no STARTTLS), TXT ("-": none); further records on standard input
	zone_ip=127.0.1.$(($(wc -l <"$T/script") + 1))
	cat >"$T/zone"
	{ grep -q MX "$T/zone" || echo "@ MX 10 mx"
	sed "s/@IP@/$zone_ip/" "$T/zone"
	echo "mx A $zone_ip"
	[ "$4" = - ] || echo "_mta-sts TXT \"$4\""
	echo "mta-sts A 127.0.0.8"; } | dns_zone "$1.test" "$2"
	echo "{\"name\": \"$1\", \"listen\": [\"$zone_ip:25\"]$([ "$3" = - ] ||
		echo ", \"cert\": \"$3\"")}" >>"$T/script"
}
id='v=STSv1; id=1;'
for d in enforce:good testing:good mode:good fetch:good badtext:good webpki:good badcert:unknown testingbad:unknown \
	onlycn:commonname clear:- outside:good testingoutside:good cached:names stale:names; do
	zone ${d%:*} unsigned ${d#*:} "$id" </dev/null
done
zone norecord unsigned good - </dev/null
zone tworecords unsigned good "$id" <<X
_mta-sts TXT "v=STSv1; id=2;"
X
zone servfail unsigned good "$id" </dev/null
zone wild unsigned names "$id" <<X
@ MX 10 a
a A @IP@
X
zone moved unsigned names "$id" </dev/null
# DANE is never overridden; with require both must pass
zone both signed names "$id" <<X
_25._tcp.mx TLSA $(tlsa_of names 3 1 1)
X
zone danebad signed unknown "$id" <<X
_25._tcp.mx TLSA $(tlsa_of unknown 3 1 1)
X
zone danemismatch signed good "$id" <<X
_25._tcp.mx TLSA $(tlsa_of unknown 3 1 1)
X
dns_zone second.test unsigned <<X
@ MX 10 mx.badcert.test.
@ MX 20 good
good A 127.0.2.2
_mta-sts TXT "$id"
mta-sts A 127.0.0.8
X
echo '{"name": "second", "listen": ["127.0.2.2:25"], "cert": "names"}' >>"$T/script"
dns_start
dns_fault _mta-sts.servfail.test TXT servfail
paste -sd, "$T/script" | sed 's/.*/[&]/' | peer_start
for d in enforce badcert onlycn clear both cached stale servfail; do
	sts_mode $d.test enforce 86400 mx.$d.test
done
sts_mode wild.test enforce 86400 '*.wild.test'
sts_mode outside.test enforce 86400 '*.elsewhere.test'
sts_mode testing.test testing 86400 mx.testing.test
sts_mode testingbad.test testing 86400 mx.testingbad.test
sts_mode testingoutside.test testing 86400 mx.elsewhere.test
sts_mode mode.test none 86400
sts_mode fetch.test enforce 86400 mx.fetch.test
sts_mode webpki.test enforce 86400 mx.webpki.test
sts_mode second.test enforce 86400 mx.badcert.test good.second.test
sts_mode danebad.test enforce 86400 mx.elsewhere.test
sts_mode danemismatch.test enforce 86400 mx.danemismatch.test
sts_mode moved.test enforce 86400 mx.old.test
sts_policy badtext.test 'version: STSv1\nmode: enforced\n'
cert_make wrong dns=mta-sts.elsewhere.test
sts_start
sts_fault webpki.test cert wrong
sts_fault fetch.test status 404
config <<X
dns.timeout = "5s"
[queue.tls.strict]
mta-sts = "require"
[queue.tls.lax]
allow-invalid-certs = true
[queue.tls.off]
mta-sts = "disable"
allow-invalid-certs = true
[queue.tls.bounce]
on-policy-failure = "bounce"
X
send() { letter "$1" | submit --quiet --strategy "$2" -f a@sender.test "$2@$1.test"; }
all='enforce wild testing testingbad testingoutside mode norecord tworecords fetch badtext webpki servfail badcert onlycn
	clear outside both danebad danemismatch second'
for d in $all; do
	send $d default
	send $d strict
done
for d in badcert outside onlycn; do
	send $d lax
	send $d off
done
send outside bounce
send cached default
send stale default
send moved default
runner_once

proof() { # recipient: level, what was proved, mta_sts of the session
	sql "SELECT coalesce(a.level, '-'), coalesce(s.tls, '-'), coalesce(s.mta_sts, '-') FROM recipient r
		JOIN attempt a ON a.id = r.last_attempt_id LEFT JOIN session s ON s.id = a.session_id
		WHERE r.address = '$1'"
}
type() { sql "SELECT coalesce(a.result_type, '-') FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id
	WHERE r.address = '$1'"; }
ok_='delivered 2.0.0 -'
held='deferred 4.7.5 mta-sts'
for d in enforce wild; do
	for s in default strict; do
		is "$d, $s: sent under the policy" "$(state_of $s@$d.test) $(proof $s@$d.test)" \
			"$ok_ mta-sts|mta-sts|verified"
	done
done
for d in badcert onlycn; do
	for s in default strict lax; do
		is "$d, $s: the certificate must prove the name" "$(state_of $s@$d.test)" "$held"
	done
	is "$d: the session says so" "$(proof default@$d.test)" "mta-sts|encrypted|failed"
	is "$d: disabled, it does not matter" "$(state_of off@$d.test)" "$ok_"
done
is "the result types" "$(type default@badcert.test) $(type default@onlycn.test)" \
	"certificate-not-trusted certificate-host-mismatch"
is "no STARTTLS" "$(state_of default@clear.test) $(proof default@clear.test)" "deferred 4.7.4 mta-sts mta-sts|none|none"
is "no mail in clear" "$(wire commands clear '^MAIL')" ""
for s in default strict lax; do
	is "outside, $s: a host that the policy does not name" "$(state_of $s@outside.test) $(type $s@outside.test)" \
		"$held validation-failure"
done
is "outside: disabled, it does not matter" "$(state_of off@outside.test)" "$ok_"
is "outside: on-policy-failure = bounce" "$(state_of bounce@outside.test)" "failed 5.7.5 mta-sts"
is "a second host that the policy names gets the mail" "$(state_of default@second.test) $(proof strict@second.test)" \
	"$ok_ mta-sts|mta-sts|verified"
is "testing: nothing is enforced" "$(state_of default@testing.test) $(proof default@testing.test)" \
	"$ok_ opportunistic|pkix|testing"
is "testing, required: as enforce" "$(state_of strict@testing.test) $(proof strict@testing.test)" \
	"$ok_ mta-sts|mta-sts|verified"
is "testing, a host outside" "$(state_of default@testingoutside.test) $(state_of strict@testingoutside.test)" "$ok_ $held"
is "testing, a bad certificate" "$(state_of default@testingbad.test) $(state_of strict@testingbad.test)" \
	"deferred 4.7.5 tls $held"
for d in mode norecord tworecords fetch badtext webpki; do
	is "$d: no policy" "$(state_of default@$d.test) $(proof default@$d.test)" "$ok_ opportunistic|pkix|none"
	is "$d: required and not there" "$(state_of strict@$d.test) $(proof strict@$d.test)" "$held -|-|-"
done
is "and why" "$(for d in mode norecord fetch badtext webpki; do type strict@$d.test; done)" "sts-policy-invalid
sts-policy-fetch-error
sts-policy-fetch-error
sts-policy-invalid
sts-webpki-invalid"
is "a TXT lookup that fails, nothing cached" "$(state_of strict@servfail.test)" "$held"
like "the cause is told" "$(sql "SELECT reply FROM recipient WHERE address = 'strict@fetch.test'")" '404'
is "DANE by a secure MX: MTA-STS is not asked" "$(state_of default@danebad.test) $(proof default@danebad.test)" \
	"$ok_ dane|dane|none"
is "unless it is required: both must pass" "$(state_of strict@both.test) $(proof strict@both.test)" \
	"$ok_ dane|dane|verified"
is "both, and one does not" "$(state_of strict@danebad.test)" "$held"
is "MTA-STS never overrides DANE" "$(state_of default@danemismatch.test)" "deferred 4.7.5 dane"
like "the log line" "$(grep 'to=<default@enforce.test>' "$T/runner.log")" 'tls=mta-sts, .*mta-sts=verified'

# what is cached serves another process, and survives what fails later
gets=$(sts_count enforce.test) txts=$(dns_count _mta-sts.enforce.test TXT)
again() { letter again | submit --quiet -f a@sender.test "again$2@$1.test"; }
again enforce
again fetch
fetches=$(sts_count fetch.test)
runner_once
is "a second run asks neither DNS nor HTTPS" \
	"$(sts_count enforce.test) $(dns_count _mta-sts.enforce.test TXT) $(state_of again@enforce.test)" "$gets $txts $ok_"
is "a failed fetch is not repeated at once" "$(sts_count fetch.test)" "$fetches"
older() { # domain: as if the TXT record had been read ten minutes ago
	sql "UPDATE mta_sts_cache SET checked_at = checked_at - 600, fetched_at = fetched_at - 600,
		expires_at = expires_at - 600 WHERE domain = '$1'"
}
older cached.test
dns_fault _mta-sts.cached.test TXT servfail
sts_fault cached.test drop
again cached
runner_once
is "a policy that cannot be read again stands" "$(state_of again@cached.test) $(proof again@cached.test)" \
	"$ok_ mta-sts|mta-sts|verified"

# about to fail on a cached policy: the TXT record is read again first
is "moved: the old policy does not name the host" "$(state_of default@moved.test)" "$held"
sts_mode moved.test enforce 86400 mx.moved.test
letter moved | submit --quiet -f a@sender.test moved@moved.test
reads=$(dns_count _mta-sts.moved.test TXT)
runner_once
is "the record is read again, its id is the same: held back" \
	"$(state_of moved@moved.test) $(($(dns_count _mta-sts.moved.test TXT) > reads))" "$held 1"
# as if the policy that is cached had come with an older record
sql "UPDATE mta_sts_cache SET txt_id = '0' WHERE domain = 'moved.test'"
letter renewed | submit --quiet -f a@sender.test renewed@moved.test
runner_once
is "another id: the new policy is fetched and decided on" "$(state_of renewed@moved.test) $(proof renewed@moved.test)" \
	"$ok_ mta-sts|mta-sts|verified"
# the same where it is the certificate that fails under the policy that is cached
sts_mode badcert.test none 86400
letter doubt | submit --quiet --strategy lax -f a@sender.test doubt@badcert.test
runner_once
is "a certificate fails, the record is the same: held back" "$(state_of doubt@badcert.test)" "$held"
sql "UPDATE mta_sts_cache SET txt_id = '0' WHERE domain = 'badcert.test'"
letter mended | submit --quiet --strategy lax -f a@sender.test mended@badcert.test
runner_once
is "another id: decided anew, in the same attempt" "$(state_of mended@badcert.test) $(proof mended@badcert.test)" \
	"$ok_ opportunistic|encrypted|none"
is "the failure under the old policy was never recorded" "$(sql "SELECT count(*) FROM attempt AS a
	JOIN recipient AS r ON r.id = a.recipient_id WHERE r.address = 'mended@badcert.test'")" 1
unnamed() { # recipients that are not delivered and were named to a server
	sql "SELECT address FROM recipient WHERE state <> 'delivered'" | while read -r address; do
		grep -F "RCPT TO:<$address>" "$T/peer/wire.jsonl"
	done
}
is "no recipient that is held back was ever named to a server" "$(unnamed)" ""
finish
