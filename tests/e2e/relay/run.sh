#!/bin/sh
# A relay is used with implicit TLS or STARTTLS, and gets the password only within TLS.
. "${0%/*}/../lib.sh"

cert_make relay dns=relay.hop.test,implicit.hop.test,clear.hop.test
cert_make self self dns=lax.hop.test
cert_make mitm self dns=mitm.hop.test,trusted.hop.test
dns_zone hop.test signed <<X
relay A 127.0.0.2
implicit A 127.0.0.3
clear A 127.0.0.4
lax A 127.0.0.5
mitm A 127.0.0.6
trusted A 127.0.0.7
named A 127.0.0.8
_587._tcp.relay TLSA $(tlsa_of relay 3 1 1)
X
dns_start
peer_start <<'X'
[{"name": "relay", "listen": ["127.0.0.2:587"], "cert": "relay",
  "ehlo": ["AUTH PLAIN LOGIN"], "ehlo_tls": ["PIPELINING", "8BITMIME", "AUTH PLAIN LOGIN"],
  "rules": [{"on": "^AUTH", "tls": true, "say": "235 2.7.0 welcome"}]},
 {"name": "implicit", "listen": ["127.0.0.3:465"], "cert": "relay", "implicit": true,
  "ehlo_tls": ["AUTH LOGIN"],
  "rules": [{"on": "^AUTH LOGIN", "say": "334 VXNlcm5hbWU6"}, {"on": "^dXNlcg==$", "say": "334 UGFzc3dvcmQ6"},
            {"on": "^ZnJvbSBhIGZpbGU=$", "say": "235 2.7.0 welcome"}]},
 {"name": "clear", "listen": ["127.0.0.4:25"], "ehlo": ["AUTH PLAIN"]},
 {"name": "lax", "listen": ["127.0.0.5:25"], "cert": "self"},
 {"name": "mitm", "listen": ["127.0.0.6:587"], "cert": "mitm", "ehlo_tls": ["AUTH PLAIN"],
  "rules": [{"on": "^AUTH", "say": "235 2.7.0 welcome"}]},
 {"name": "trusted", "listen": ["127.0.0.7:587"], "cert": "mitm", "ehlo_tls": ["AUTH PLAIN"],
  "rules": [{"on": "^AUTH", "say": "235 2.7.0 welcome"}]},
 {"name": "loopback", "listen": ["127.0.0.8:25", "[::1]:25"], "cert": "self", "ehlo_tls": ["AUTH PLAIN"]},
 {"name": "wrong", "listen": ["127.0.0.2:588"], "cert": "relay", "ehlo_tls": ["AUTH PLAIN"],
  "rules": [{"on": "^AUTH", "say": "535 5.7.8 wrong"}]}]
X
echo 'from a file' >"$T/secret"
config <<X
[queue.strategy]
route = "substr(rcpt_domain, 1, instr(rcpt_domain, '.') - 1)"
[queue.route.relay]
type = "relay"
address = "relay.hop.test"
port = 587
auth.username = "user"
auth.secret = "pass"
[queue.route.implicit]
type = "relay"
address = "implicit.hop.test"
port = 465
tls.implicit = true
auth.username = "user"
auth.secret = "file:$T/secret"
[queue.route.clear]
type = "relay"
address = "clear.hop.test"
auth.username = "user"
auth.secret = "pass"
[queue.route.lax]
type = "relay"
address = "lax.hop.test"
tls.allow-invalid-certs = true
[queue.route.mitm]
type = "relay"
address = "mitm.hop.test"
port = 587
auth.username = "user"
auth.secret = "pass"
[queue.route.trusted]
type = "relay"
address = "trusted.hop.test"
port = 587
auth.username = "user"
auth.secret = "pass"
tls.allow-invalid-certs = true
[queue.route.loopback]
type = "relay"
address = "127.0.0.8"
[queue.route.loopback6]
type = "relay"
address = "::1"
[queue.route.strictloopback]
type = "relay"
address = "127.0.0.8"
tls.allow-invalid-certs = false
[queue.route.secretloopback]
type = "relay"
address = "127.0.0.8"
auth.username = "user"
auth.secret = "pass"
[queue.route.named]
type = "relay"
address = "named.hop.test"
[queue.route.wrong]
type = "relay"
address = "relay.hop.test"
port = 588
auth.username = "user"
auth.secret = "pass"
[queue.route.nofile]
type = "relay"
address = "relay.hop.test"
auth.username = "user"
auth.secret = "file:/nowhere/secret"
X

# --- explain --connect tries the credentials, where the runner's proof holds
explains() { # description, exit code, domain
	exits "$1" "$2" tlsq_ explain --connect "$3"
	out=$(cat "$T/out")
}
explains "explain says that the relay takes the credentials" 0 relay.test
like "over a session that was proved" "$(echo "$out" | tr '\n' ' ')" 'proved dane.*  auth +authenticated'
is "it said AUTH within TLS, and no MAIL" "$(wire commands relay 'AUTH|MAIL')" "tls  AUTH PLAIN AHVzZXIAcGFzcw=="
explains "and that it does not" 75 wrong.test
like "with its reply" "$(echo "$out" | tr '\n' ' ')" 'auth +authentication failed.*5\.7\.8'
explains "a server that is not proved" 75 mitm.test
is "is told no credentials" "$(wire commands mitm 'AUTH|MAIL')" ""
unlike "of which nothing is said" "$out" '^  auth'
explains "nor is one whose route excuses its certificate" 0 trusted.test
is "although the runner tells them" "$(wire commands trusted 'AUTH|MAIL')" ""
like "and explain says so" "$out" '^  auth +not tried: the route allows'
explains "a secret that cannot be read" 75 nofile.test
like "is named" "$out" '/nowhere/secret: No such file'
is "in JSON" "$(tlsq_ explain --json --connect implicit.test | python3 -c 'import json, sys
print(json.load(sys.stdin)["hosts"][0]["addresses"][0]["session"]["auth"])')" accepted
unlike "the secret is not told" "$out" 'pass|AHVz'
: >"$T/peer/wire.jsonl"

for d in relay implicit clear lax wrong nofile; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
# The strategies after a failure, and the sender, may excuse a certificate; never where credentials go.
letter mitm | submit --quiet -f a@sender.test x@mitm.test
letter mitm | submit --quiet --tls-optional -f a@sender.test waived@mitm.test
letter mitm | submit --quiet --strategy invalid-tls -f a@sender.test pinned@mitm.test
letter trusted | submit --quiet -f a@sender.test x@trusted.test
for d in loopback loopback6 strictloopback secretloopback named; do
	letter $d | submit --quiet --strategy default -f a@sender.test x@$d.test
done
runner_once
last() { sql "SELECT a.mx, a.level, s.tls FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id
	LEFT JOIN session s ON s.id = a.session_id WHERE r.domain = '$1.test'"; }
is "STARTTLS, with DANE for the relay's own port" "$(state_of x@relay.test) $(last relay)" \
	"delivered 2.0.0 - relay.hop.test|dane|dane"
is "AUTH PLAIN was sent once, within TLS" "$(wire commands relay '^AUTH')" "tls  AUTH PLAIN AHVzZXIAcGFzcw=="
is "TLS from the first octet, and AUTH LOGIN" "$(state_of x@implicit.test) $(last implicit)" \
	"delivered 2.0.0 - implicit.hop.test|mandatory|pkix"
is "its secret came from the file" "$(wire commands implicit '^ZnJvbSBhIGZpbGU=$')" "tls  ZnJvbSBhIGZpbGU="
is "and is not in the database" "$(grep -c 'from a file' "$DB")" 0
is "no secret and no mail in clear" "$(state_of x@clear.test) $(last clear)" \
	"deferred 4.7.4 tls clear.hop.test|mandatory|none"
is "nothing but EHLO was said there" "$(wire commands clear 'AUTH|MAIL')" ""
is "a relay with an invalid certificate that is allowed" "$(state_of x@lax.test) $(last lax)" \
	"delivered 2.0.0 - lax.hop.test|opportunistic|encrypted"
for who in x waived pinned; do
	is "credentials for a server that is not proved: $who waits" "$(state_of $who@mitm.test)" "deferred 4.7.5 tls"
done
is "it was asked under the fallback, too" "$(sql "SELECT group_concat(DISTINCT strategy) FROM attempt a
	JOIN recipient r ON r.id = a.recipient_id WHERE r.address = 'x@mitm.test'")" "default,invalid-tls"
is "and got neither credentials nor mail" "$(wire commands mitm 'AUTH|MAIL')" ""
is "unless the route itself says so" "$(state_of x@trusted.test) $(last trusted)" \
	"delivered 2.0.0 - trusted.hop.test|mandatory|encrypted"
is "a loopback literal may sign itself" "$(state_of x@loopback.test) $(state_of x@loopback6.test)" \
	"delivered 2.0.0 - delivered 2.0.0 -"
is "unless the route says otherwise" "$(state_of x@strictloopback.test)" "deferred 4.7.5 tls"
is "or has credentials" "$(state_of x@secretloopback.test)$(wire commands loopback AUTH)" "deferred 4.7.5 tls"
is "a name that leads there is no literal" "$(state_of x@named.test)" "deferred 4.7.5 tls"
is "wrong credentials are ours to mend: the mail waits" "$(state_of x@wrong.test)" "deferred 4.7.8 unexpected-reply"
is "a secret that cannot be read" "$(state_of x@nofile.test)" "deferred 4.3.5 io"
like "is told with its key and file" "$(sql "SELECT reply FROM recipient WHERE domain = 'nofile.test'")" \
	'queue.route.nofile.auth.secret: /nowhere/secret: No such file'
is "no secret is logged" "$(grep -c 'AHVzZXIA\|ZnJvbSBh\|from a file' "$T/runner.log")" 0
finish
