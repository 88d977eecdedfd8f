#!/bin/sh
# REQUIRETLS needs an authenticated host of the domain that offers it; TLS-Required: No relaxes what is optional.
. "${0%/*}/../lib.sh"

ca_make other self
cert_make good "dns=mx.dane.test,mx.insecure.test,mx.secure.test,mx.notoffered.test,mx2.second.test"
cert_make unknown ca=other dns=mx.mismatch.test
i=0
: >"$T/script"
zone() { # name, kind, certificate, keywords within TLS; further records on standard input
	i=$(($(wc -l <"$T/script") + 1))
	{ echo "@ MX 10 mx"; echo "mx A 127.0.1.$i"; cat; } | dns_zone "$1.test" "$2"
	echo "{\"name\": \"$1\", \"listen\": [\"127.0.1.$i:25\"], \"ehlo_tls\": [$4]${3:+, \"cert\": \"$3\"}}" >>"$T/script"
}
echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)" | zone dane signed good '"REQUIRETLS"'
zone secure signed good '"REQUIRETLS", "PIPELINING"' </dev/null
zone insecure unsigned good '"REQUIRETLS"' </dev/null
zone notoffered signed good '"PIPELINING"' </dev/null
zone plain signed '' '' </dev/null
echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)" | zone mismatch signed unknown '"PIPELINING"'
dns_zone down.test signed <<X
@ MX 10 mx
mx A 127.0.9.9
X
dns_zone second.test signed <<X
@ MX 10 mx.notoffered.test.
@ MX 20 mx2
mx2 A 127.0.2.2
X
echo '{"name": "second", "listen": ["127.0.2.2:25"], "cert": "good", "ehlo_tls": ["REQUIRETLS"]}' >>"$T/script"
dns_start
paste -sd, "$T/script" | sed 's/.*/[&]/' | peer_start
config <<X
[queue.tls.strict]
dane = "require"
X
for d in dane secure insecure notoffered plain down second; do
	letter $d | submit --quiet --require-tls -f a@sender.test x@$d.test
done
letter null | submit --quiet --require-tls -f '' null@dane.test
letter no | submit --quiet --tls-optional -f a@sender.test no@mismatch.test
letter yes | submit --quiet -f a@sender.test yes@mismatch.test
letter both | submit --quiet --require-tls -f a@sender.test both@mismatch.test
sql "UPDATE message SET tls_optional = 1 WHERE require_tls = 1"
letter pinned | submit --quiet --tls-optional --strategy strict -f a@sender.test pinned@mismatch.test
runner_once
is "a DANE host that offers it" "$(state_of x@dane.test)" "delivered 2.0.0 -"
like "is told so in MAIL" "$(wire commands dane '^MAIL FROM:<a@')" 'REQUIRETLS'
is "a valid certificate under a signed MX" "$(state_of x@secure.test)" "delivered 2.0.0 -"
is "under an unsigned MX nobody knows whose host it is" "$(state_of x@insecure.test)" "failed 5.7.10 tls"
is "not offered" "$(state_of x@notoffered.test)" "failed 5.7.30 tls"
is "no TLS at all" "$(state_of x@plain.test)" "failed 5.7.10 tls"
is "a host that is down defers" "$(state_of x@down.test)" "deferred 4.4.1 connection"
is "the next host may offer it" "$(state_of x@second.test)" "delivered 2.0.0 -"
is "where it was refused no MAIL was sent" \
	"$(wire commands insecure '^MAIL')$(wire commands notoffered '^MAIL')$(wire commands plain '^MAIL')" ""
is "TLS-Required: No reaches a host that DANE refuses" "$(state_of no@mismatch.test)" "delivered 2.0.0 -"
is "encrypted all the same" "$(sql "SELECT a.level, s.tls FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id
	JOIN session s ON s.id = a.session_id WHERE r.address = 'no@mismatch.test'")" "opportunistic|encrypted"
is "another message to it does not" "$(state_of yes@mismatch.test)" "deferred 4.7.5 dane"
is "REQUIRETLS wins over it" "$(state_of both@mismatch.test)" "deferred 4.7.5 dane"
is "a pinned strategy stands" "$(state_of pinned@mismatch.test)" "deferred 4.7.5 dane"
config <<X
queue.requiretls = "iif(rcpt_domain == 'notoffered.test' || rcpt_domain == 'dane.test', 'opportunistic', 'enforce')"
X
for d in notoffered dane plain; do
	letter $d | submit --quiet --require-tls --ret full -f a@sender.test ready@$d.test
done
runner_once
is "opportunistic: a host that does not offer it" "$(state_of ready@notoffered.test)" "delivered 2.0.0 -"
unlike "is not told" "$(wire commands notoffered '^MAIL')" 'REQUIRETLS'
like "one that does is" "$(wire commands dane '^MAIL FROM:<a@' | tail -n 1)" 'REQUIRETLS'
is "for others it is enforced as before" "$(state_of ready@plain.test)" "failed 5.7.10 tls"
printf 'queue.requiretls = "perhaps"\n' >"$T/bad.toml"
exits "another word" 78 tlsq_ load "$T/bad.toml"
printf 'queue.requiretls = "'"'perhaps'"'"\n' >"$T/bad.toml"
exits "also as a text" 78 tlsq_ load "$T/bad.toml"
like "is told with the words that it can be" "$(cat "$T/err")" 'queue\.requiretls: .*"perhaps" where enforce or opportunistic is needed'
printf 'queue.requiretls = "opportunistic"\n' >"$T/good.toml"
exits "a bare word will do" 0 tlsq_ load "$T/good.toml"
config <<X
queue.tls-required-no = "never"
X
letter never | submit --quiet --tls-optional -f a@sender.test never@mismatch.test
runner_once
is "tls-required-no = never ignores the header" "$(state_of never@mismatch.test)" "deferred 4.7.5 dane"
finish
