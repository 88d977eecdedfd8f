#!/bin/sh
# Where MTA-STS policies come from (TXT, HTTPS, mta_sts_cache), what happens on failures, and what is kept.
. "${0%/*}/../lib.sh"
probe=$top_builddir/tests/unit/lookup/sts_probe
[ -x "$probe" ] || skip_all "tests/unit/lookup/sts_probe is not built"

zone() { # DOMAIN KIND [ADDRESS]: with a policy host
	dns_zone "$1" "$2" <<-Z
	_mta-sts TXT "v=STSv1; id=1;"
	mta-sts A ${3:-127.0.0.8}
	Z
}
faults="c404 c301 html big chunked headers short drop alert stall eof cut"
for d in good $faults badname cnonly expired selfsigned rubbish slow blanks many; do
	zone $d.test unsigned
done
dns_zone spaces.test unsigned <<E
_mta-sts TXT "v=STSv1 ; id=a1 ;"
mta-sts A 127.0.0.8
E
# 40 domains whose policy host takes connections and says nothing
seq 40 | awk '{ printf "_mta-sts.d%d TXT \"v=STSv1; id=1;\"\nmta-sts.d%d A 127.0.0.10\n", $1, $1 }' |
	dns_zone silent.test unsigned
zone signed.test signed
zone port.test unsigned
zone end.test unsigned
dns_zone v6.test unsigned <<E
_mta-sts TXT "v=STSv1; id=1;"
mta-sts AAAA fd00::1
E
dns_zone second.test unsigned <<E
_mta-sts TXT "v=STSv1; id=1;"
mta-sts A 127.0.0.9
mta-sts A 127.0.0.8
mta-sts AAAA fd00::2
E
zone closed.test unsigned 127.0.0.9
dns_zone none.test unsigned </dev/null
dns_zone two.test unsigned <<E
_mta-sts TXT "v=STSv1; id=1;"
_mta-sts TXT "v=STSv1; id=2;"
E
dns_zone nohost.test unsigned <<E
_mta-sts TXT "v=STSv1; id=1;"
E
dns_zone alias.test unsigned <<E
_mta-sts CNAME _mta-sts.good.test.
mta-sts CNAME mta-sts.good.test.
E
dns_zone nodns.test unsigned </dev/null
dns_fault _mta-sts.nodns.test TXT servfail
dns_start
for d in good signed $faults slow spaces alias port end v6 second; do
	sts_mode $d.test enforce 604800 mx.$d.test "*.mx.$d.test"
done
sts_policy rubbish.test "version: STSv1\\nmode: enforce\\n"
sts_policy blanks.test "\n\n  version: STSv1\n\n  mode: enforce\r\n\tmx: mx.blanks.test\n  max_age: 604800\n\n"
sts_policy many.test "version: STSv1\nmode: enforce\nmax_age: 604800\n$(seq -f 'mx: mx%.0f.many.test\n' 2500 | tr -d '\n')"
cert_make mta-sts.cnonly.test cn=mta-sts.cnonly.test
cert_make mta-sts.badname.test dns=mta-sts.other.test,badname.test
cert_make mta-sts.expired.test dns=mta-sts.expired.test to=20210101
cert_make mta-sts.selfsigned.test dns=mta-sts.selfsigned.test self
for d in badname cnonly expired selfsigned; do
	sts_mode $d.test enforce 604800 mx.$d.test
done
for d in big chunked headers short drop alert stall eof cut; do
	sts_fault $d.test $d
done
sts_fault c404.test status 404
sts_fault c301.test status 301
sts_fault html.test type text/html
sts_fault slow.test slow 0.5
sts_listen="127.0.0.8:8443"
[ "$has_ipv6" = no ] || sts_listen="$sts_listen [fd00::1]:443"
sts_start $sts_listen
config </dev/null

port=443 ca=$T/certs/ca.pem
ask() { "$probe" "$DB" "$T/dns/ub.conf" "$T/dns/root.key" "$ca" $port "$@" 2>&1; }
row() { sql "SELECT coalesce(mode, '-'), coalesce(txt_id, '-'), coalesce(last_error, '-')
	FROM mta_sts_cache WHERE domain = '$1'"; }

# a proxy in the environment has no part in it
https_proxy=http://127.0.0.1:9 HTTPS_PROXY=$https_proxy ALL_PROXY=$https_proxy
export https_proxy HTTPS_PROXY ALL_PROXY

# --- where they come from
is "fetched, then from memory" "$(ask ask good.test ask good.test)" "good.test enforce fetched 1 -
good.test enforce cached 1 -"
is "a process later, from the table" "$(ask ask GOOD.test.)" "GOOD.test. enforce cached 1 -"
is "with one query and one fetch" "$(dns_count _mta-sts.good.test TXT) $(sts_count good.test)" "1 1"
is "the request names the host and no port" "$(grep '^get good' "$T/sts/requests")" \
	"get good.test mta-sts.good.test /.well-known/mta-sts.txt"
is "the row can be read" "$(sql "SELECT mode, mx, max_age, txt_id, expires_at - fetched_at, last_error IS NULL
	FROM mta_sts_cache WHERE domain = 'good.test'")" \
	'enforce|["mx.good.test","*.mx.good.test"]|604800|1|604800|1'
is "many ask at the same time: one lookup" "$(ask ask slow.test,slow.test,slow.test,slow.test | sort -u)" \
	"slow.test enforce fetched 1 -"
is "one fetch" "$(sts_count slow.test)" 1
is "a signed domain" "$(ask ask signed.test)" "signed.test enforce fetched 1 -"
is "TXT record and policy host as aliases" "$(ask ask alias.test)" "alias.test enforce fetched 1 -"

if [ "$has_ipv6" = yes ]; then
	is "by IPv6" "$(ask ask v6.test)" "v6.test enforce fetched 1 -"
fi
is "a host with addresses that are dead" "$(ask ask second.test)" "second.test enforce fetched 1 -"
port=8443
is "another port" "$(ask ask port.test)" "port.test enforce fetched 1 -"
is "stands in the request" "$(grep '^get port' "$T/sts/requests")" \
	"get port.test mta-sts.port.test:8443 /.well-known/mta-sts.txt"
port=443

# --- what fails
ca=$T/certs/nosuch.pem
is "no file with authorities" "$(ask ask good.test)" "sts_probe: mta-sts.ca-file: $ca: No such file or directory"
ca=$T/certs/ca.key
is "a file without" "$(ask ask good.test)" "sts_probe: mta-sts.ca-file: $ca: the file has no PEM certificate"
ca=$T/certs/ca.pem
is "no record" "$(ask ask none.test)" \
	"none.test no-record cached - there is no MTA-STS record at _mta-sts.none.test"
is "a domain that is an address, and one that is no name" \
	"$(ask ask '[127.0.0.8]' ask 'a/b' | cut -d' ' -f1-3)" \
	"[127.0.0.8] no-record cached
a/b no-record cached"
like "two records" "$(ask ask two.test)" "^two.test invalid cached - there is more than one"
like "no addresses" "$(ask ask nohost.test)" "^nohost.test failed cached 1 .*mta-sts.nohost.test"
like "no DNS" "$(ask ask nodns.test)" "^nodns.test failed cached - DNS lookup of TXT .*SERVFAIL"
like "nobody listens" "$(ask ask closed.test)" \
	"^closed.test failed cached 1 no policy from mta-sts.closed.test: .*[Cc]onnect"
like "404" "$(ask ask c404.test)" "failed cached 1 .*HTTP status 404"
like "a redirect is an error" "$(ask ask c301.test)" "failed cached 1 .*HTTP status 301"
is "and not followed" "$(sts_count c301.test)" 1
like "HTML" "$(ask ask html.test)" "failed cached 1 .*text/html, not text/plain"
like "too big" "$(ask ask big.test)" "failed cached 1 .*longer than 64 KiB"
like "too big, and does not say so" "$(ask ask chunked.test)" "failed cached 1 .*longer than 64 KiB"
like "headers without end" "$(ask ask headers.test)" "failed cached 1 .*longer than 64 KiB"
like "cut short" "$(ask ask short.test)" "failed cached 1 no policy from"
like "dropped" "$(ask ask drop.test)" "failed cached 1 no policy from"
like "no handshake" "$(ask ask alert.test)" "failed cached 1 no policy from .*alert"
began=$(now_ms)
like "no answer" "$(ask timeout 1000 ask stall.test)" "failed cached 1 no policy from mta-sts.stall.test: .*timed out"
ok "within the time" [ $(($(now_ms) - began)) -lt 4000 ]
like "another name in the certificate" "$(ask ask badname.test)" "webpki cached 1 .*mta-sts.badname.test"
like "the name as the common name only" "$(ask ask cnonly.test)" "webpki cached 1 .*[Hh]ostname mismatch"
like "an answer without length that TLS does not close" "$(ask ask cut.test)" "failed cached 1 .*the answer may be truncated"
is "one that TLS closes" "$(ask ask eof.test)" "eof.test enforce fetched 1 -"
is "blanks where their meaning is certain" "$(ask ask spaces.test ask blanks.test)" "spaces.test enforce fetched a1 -
blanks.test enforce fetched 1 -"
is "2,500 mx" "$(ask ask many.test) $(sql "SELECT json_array_length(mx) FROM mta_sts_cache WHERE domain = 'many.test'")" \
	"many.test enforce fetched 1 - 2500"
like "expired" "$(ask ask expired.test)" "webpki cached 1 .*expired"
like "not from an authority" "$(ask ask selfsigned.test)" "webpki cached 1 .*self.signed"
like "no policy" "$(ask ask rubbish.test)" "invalid cached 1 the policy is not valid: there is no max_age"
is "the row says why" "$(row expired.test | cut -d: -f1)" "-|1|sts-webpki-invalid"
is "within five minutes there is no second try, not by another process, nor by a recheck" \
	"$(ask ask expired.test recheck expired.test ask c404.test | cut -d' ' -f1-2)
$(sts_count expired.test) $(sts_count c404.test)" \
	"expired.test webpki
expired.test webpki
c404.test failed
1 1"
# one policy host that is silent for many domains
start python3 -c 'import socket
s = socket.create_server(("127.0.0.10", 443), backlog=500)
kept = []
while True: kept.append(s.accept())'
wait_for 10 sh -c 'ss -tln | grep -q 127.0.0.10:443'
silent=$(seq -s, -f 'd%.0f.silent.test' 40)
sql "DELETE FROM mta_sts_cache WHERE domain = 'second.test'"
ask timeout 3000 ask "$silent,second.test" >"$T/silent"
is "does not stand in another's way" "$(tail -n 1 "$T/silent")" "second.test enforce fetched 1 -"
like "who waited in vain has no word about its policy" "$(grep -c '^d[0-9]*.silent.test no-slot cached 1 .*fetches are already running' \
	"$T/silent")" '^(2[4-9]|3[0-2])$'
is "and nothing is kept of it" "$(sql "SELECT count(*) FROM mta_sts_cache WHERE domain LIKE '%silent.test'
	AND last_error NOT LIKE 'sts-policy-fetch-error: %'")" 0
sts_fault c404.test
is "after five minutes there is" "$(ask clock 301 ask c404.test)" "c404.test enforce fetched 1 -"

# --- what is kept
sts_mode good.test testing 604800 mx.good.test
is "the same id: TXT is asked behind the answer" "$(ask clock 400 ask good.test wait 500 ask good.test)" \
	"good.test enforce cached 1 -
good.test enforce cached 1 -"
is "and nothing fetched" "$(sts_count good.test)" 1
is "after a day the policy is fetched behind the answer" \
	"$(ask clock 90000 ask good.test wait 1000 ask good.test)" \
	"good.test enforce cached 1 -
good.test testing cached 1 -"
is "once" "$(sts_count good.test)" 2
sts_fault good.test status 503
like "a refresh that fails leaves the policy" "$(ask clock 190000 ask good.test wait 1000 ask good.test)" \
	"^good.test testing cached 1 no policy from mta-sts.good.test: HTTP status 503"
like "and the row says so" "$(row good.test)" "^testing.1.sts-policy-fetch-error: no policy"
sts_mode eof.test enforce 60 mx.eof.test
sts_fault eof.test cut
like "nor does an answer that was cut replace it" "$(ask clock 90000 ask eof.test wait 1000 ask eof.test
	sql "SELECT max_age, last_error FROM mta_sts_cache WHERE domain = 'eof.test'")" "^604800.sts-policy-fetch-error"
is "a recheck does not try the same again at once" \
	"$(ask clock 190100 recheck good.test | cut -d' ' -f1-3) $(sts_count good.test)" "good.test testing cached 3"
is "a program that ends" "$(ask ask end.test)" "end.test enforce fetched 1 -"
sts_fault end.test stall
began=$(now_ms)
is "does not wait for what goes on behind an answer" "$(ask clock 90000 ask end.test wait 500)" \
	"end.test enforce cached 1 -"
ok "at all" [ $(($(now_ms) - began)) -lt 3000 ]
is "although it had begun" "$(sts_count end.test get)" 2
is "and takes it for no failure" "$(row end.test)" "enforce|1|-"
stop "$sts_pid"
like "a host that is gone does not take a policy away" "$(ask clock 400000 recheck slow.test)" \
	"^slow.test enforce cached 1 no policy from"
like "its max_age does" "$(ask clock 800000 ask slow.test)" "^slow.test failed cached 1 no policy from"
finish
