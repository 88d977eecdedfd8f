#!/bin/sh
# tlsq explain predicts each step that the runner then takes, and changes nothing.
. "${0%/*}/../lib.sh"

cert_make bank self to=20210101 dns=elsewhere.test
cert_make post dns=mx.post.test,implicit.test
dns_zone bank.test signed <<E
@ MX 10 mx
@ MX 20 backup
mx A 127.0.0.2
backup A 127.0.0.3
_25._tcp.mx TLSA $(tlsa_of bank 3 1 1)
_25._tcp.mx TLSA 1 1 1 $(printf %064d 7)
_25._tcp.backup TLSA $(tlsa_of post 3 1 1)
E
dns_zone mismatch.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
_25._tcp.mx TLSA $(tlsa_of post 3 1 1)
E
dns_zone lost.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
_25._tcp.mx TLSA $(tlsa_of bank 3 1 1)
; tamper _25._tcp.mx TLSA
E
dns_zone post.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.4
_mta-sts TXT "v=STSv1; id=7;"
mta-sts A 127.0.0.8
E
dns_zone outside.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.4
_mta-sts TXT "v=STSv1; id=8;"
mta-sts A 127.0.0.8
E
dns_zone bogus.test bogus <<E
@ MX 10 mx
E
dns_zone null.test signed <<E
@ MX 0 .
E
dns_zone garage.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone odd.test oddalg <<E
@ MX 10 mx
mx A 127.0.0.4
E
dns_zone many.test nsec3 <<E
@ MX 10 mx
mx A 127.0.0.4
E
dns_zone slow.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.5
E
dns_zone implicit.test signed <<E
@ A 127.0.0.4
E
dns_start
peer_start <<E
[{"name": "bank", "listen": ["127.0.0.2:25"], "cert": "bank"},
 {"name": "post", "listen": ["127.0.0.4:25"], "cert": "post"},
 {"name": "slow", "listen": ["127.0.0.5:25"], "cert": "post", "rules": [{"on": "^CONNECT", "delay": 3}]}]
E
sts_mode post.test enforce 86400 mx.post.test
sts_mode outside.test enforce 86400 mx.elsewhere.test
sts_start
config <<E
[queue.tls.strict]
dane = "require"
[queue.tls.invalid-tls]
allow-invalid-certs = true
[queue.tls.bounce]
on-policy-failure = "bounce"
[queue.tls.default]
[queue.strategy]
tls = [
  { if = "sender_domain == 'strict.test'", then = "'strict'" },
  { if = "retry_num > 0 && last_error == 'tls'", then = "'invalid-tls'" },
  { if = "matches('^backup\\\\.', mx)", then = "'strict'" },
  { else = "'default'" }
]
[queue.route.hop]
type = "relay"
address = "mx.post.test"
E
explains() { # description, exit code, options and domain
	exits "$1" "$2" tlsq_ explain $3
	out=$(cat "$T/out")
}
explains "a DANE domain: mail would be sent" 0 bank.test
like "the strategy and its rule" "$out" '^strategy +default, by queue\.strategy\.tls\[3\]: else'
like "its rules name hosts: each is judged" "$out" 'chosen again for each host'
like "the MX and where it was learnt" "$out" 'MX of bank\.test: secure \[DNS\]'
like "the TLSA set" "$out" 'tlsa +secure at mx\.bank\.test: 2 published, 1 usable'
like "the verdict with its section" "$out" 'level dane: usable TLSA records .*\(RFC 7672 2\.2\); strategy default'
like "another strategy for the second host" "$out" 'strategy strict, by queue\.strategy\.tls\[2\]'
like "nothing is on record" "$out" '^on record +no attempt$'
like "the result" "$out" '^result +mail would be sent to mx\.bank\.test$'
is "no connection was made" "$(wire commands bank .)" ""
explains "with a connection" 0 "--connect bank.test"
like "the session, the record that matched, the certificate" "$(echo "$out" | tr '\n' ' ')" \
	'session +proved dane, TLSv1\.3 [A-Z0-9_]+, X25519 signed with ecdsa_secp256r1_sha256, by TLSA 3 1 1 [0-9a-f]{64} +certificate CN=elsewhere\.test'
is "it said EHLO, STARTTLS and QUIT, and no MAIL" "$(wire commands bank . | sort -u)" "clear EHLO runner.test
clear STARTTLS
tls  EHLO runner.test
tls  QUIT"
explains "a mismatch is seen by connecting" 75 "--connect mismatch.test"
like "and told" "$out" 'failed, error dane, 4\.7\.5: .*no TLSA record matches'
explains "without it mail would be sent" 0 mismatch.test
explains "a TLSA lookup that is bogus" 75 lost.test
like "refuses the host" "$out" 'refused, error dane, 4\.7\.5: .*RFC 7672 2\.1\.2.*TLSRPT dnssec-invalid'
explains "an MTA-STS domain" 0 "--connect post.test"
like "the policy" "$out" 'mta-sts +mode enforce, id 7, max_age 86400, mx mx\.post\.test \[HTTPS\]'
like "and what was proved" "$out" 'proved mta-sts'
unlike "no word of signatures: it has none" "$out" '^dnssec'
explains "a zone with an algorithm that nobody knows" 0 odd.test
like "is told apart from an unsigned one" "$out" '^dnssec +odd\.test is signed in a way that cannot be checked here \(DS algorithm 250, digest type 2\), so it counts as unsigned$'
is "once" "$(echo "$out" | grep -c '^dnssec')" 1
explains "a zone with more NSEC3 iterations than are followed" 0 many.test
like "is told, too" "$out" '^dnssec +many\.test is signed with 200 NSEC3 iterations, which is too many to check'
like "its addresses are secure, its denial is not" "$(echo "$out" | tr '\n' ' ')" 'addresses +secure.* tlsa +insecure at mx\.many\.test'
for d in odd many garage bank; do
	is "$d.test in JSON" "$(tlsq_ explain --json $d.test | python3 -c 'import json, sys
print(*[":".join(str(v) for v in zone.values()) for zone in json.load(sys.stdin)["dnssec"]])')" \
		"$(case $d in odd) echo odd.test:algorithm:250:2 ;; many) echo many.test:nsec3-iterations:200 ;; esac)"
done
explains "a host outside the policy" 75 outside.test
like "is refused" "$out" 'refused, error mta-sts, 4\.7\.5: .*RFC 8461 4\.1'
explains "a failure that bounces" 69 "--strategy bounce outside.test"
explains "a strategy by the sender" 75 "--sender a@strict.test x@post.test"
like "requires DANE" "$out" 'error dane, 4\.7\.5: .*TLSRPT dane-required'
explains "a self-signed host and nothing else" 0 "--connect garage.test"
like "fails first" "$out" '^attempt +failed, 4\.7\.5: '
like "and is sent to at once with the next strategy" "$out" \
	"^then at once +again, with strategy invalid-tls: last_error = 'tls', retry_num = 1, tls_failures = 1\$"
like "whose rule is shown" "$out" '^strategy +invalid-tls, by queue\.strategy\.tls\[1\]'
like "and that is the result" "$(echo "$out" | tail -n 1)" '^result +mail would be sent to mx\.garage\.test$'
explains "the same with a strategy that is pinned" 75 "--connect --strategy default garage.test"
unlike "has no next one" "$out" 'then at once'
is "in JSON the second step is within the first" "$(tlsq_ explain --json --connect garage.test | python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["result"], d["fallback"], d["first"]["status"], d["strategy"]["id"], d["retry"]["strategy"]["id"], d["retry"]["fallback"],
    d["retry"]["hosts"][0]["addresses"][0]["session"]["tls"], d["record"]["waiting"])')" \
	"sent invalid-tls 4.7.5 default invalid-tls None encrypted 0"
tlsq_ explain --connect slow.test >"$T/slow" 2>&1 &
slow=$!
ok "each line is told when it is known" wait_for 5 grep -q '^connecting *to mx\.slow\.test' "$T/slow"
unlike "and not only at the end" "$(cat "$T/slow")" '^result'
wait $slow
is "which comes, too" "$? $(grep -c '^result' "$T/slow")" "0 1"
explains "a bogus MX" 75 bogus.test
explains "a null MX" 69 null.test
explains "no such domain" 69 nowhere.test
explains "an implicit MX" 0 implicit.test
like "is said to be one" "$out" 'no record: using the domain itself'
is "one JSON document" "$(tlsq_ explain --json --connect bank.test | python3 -c 'import json, sys
d = json.load(sys.stdin)
h = d["hosts"][0]
a = h["addresses"][0]
print(d["result"], d["mx"]["status"], h["tlsa"]["published"], len(h["tlsa"]["records"]), a["level"], a["session"]["tls"])')" \
	"sent secure 2 1 dane dane"
exits "no such strategy" 78 tlsq_ explain --strategy nobody bank.test
exits "no domain" 64 tlsq_ explain
exits "two domains" 64 tlsq_ explain bank.test post.test
exits "no such option" 64 tlsq_ explain --deliver bank.test
exits "a bad address" 65 tlsq_ explain 'a b@bank.test'
exits "a bad sender" 65 tlsq_ explain --sender @ bank.test
is "the queue is as it was" "$(sql 'SELECT count(*) FROM message')" 0

# and the runner does what was said
for d in bank mismatch lost post outside bogus null implicit garage; do
	tlsq_ explain --json --connect $d.test | python3 -c 'import json, sys
d = json.load(sys.stdin)
print({"sent": "delivered 2.0.0", "deferred": "deferred " + str(d["status"]),
       "refused": "failed " + str(d["status"])}[d["result"]])' >"$T/said.$d"
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
runner_once
for d in bank mismatch lost post outside bogus null implicit garage; do
	is "$d: as was said" "$(state_of x@$d.test | cut -d' ' -f1,2)" "$(cat "$T/said.$d")"
done
explains "what is on record" 0 mismatch.test
like "the last attempt" "$out" '^on record +last attempt 20[0-9T:-]+Z: failed, error dane, 4\.7\.5: .+'
like "since when, and that nothing was delivered" "$out" '^ +failing since 20[0-9T:-]+Z; never delivered$'
like "what waits" "$out" '^ +1 waiting, the oldest since 20[0-9T:-]+Z$'
like "a result without a connection does not hide it" "$out" 'without a connection: the last attempt failed'
explains "the record of what is well" 0 bank.test
like "says so" "$out" '^ +last delivered 20[0-9T:-]+Z$'
unlike "and no more" "$out" 'the last attempt failed'
asked=$(date +%s)
wait_for 5 eval '[ "$(date +%s)" -gt "$asked" ]'
explains "from the caches" 0 bank.test
like "says so" "$out" 'MX of bank\.test: secure \[mx_cache, fetched 20[0-9T:-]+Z\]'
finish
