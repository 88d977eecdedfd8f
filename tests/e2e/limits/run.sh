#!/bin/sh
# If Debian's libraries cannot talk to a server, the reply says so in the words of doc/limits.md.
. "${0%/*}/../lib.sh"

mkdir -p "$T/certs"
python3 "${0%/*}/certs.py" "$T/certs" || exit 1
cert_make plain dns=mx.ed448.test
# Each host's TLSA record matches: at DANE-EE nothing but the key would count.
refused='critical keyid constraints unique address rsa8192 exponent pss exchange ten large'
taken='rsa4096 nine smaller'
i=0
for d in $refused $taken; do
	i=$((i + 1))
	dns_zone $d.test signed <<-X
	@ MX 10 mx
	mx A 127.0.1.$i
	_25._tcp.mx TLSA $(tlsa_of $d 3 1 1)
	X
	echo "{\"name\": \"$d\", \"listen\": [\"127.0.1.$i:25\"], \"cert\": \"$d\"$([ $d != exchange ] ||
		echo ', "tls_max": "1.2", "ciphers": "AES128-GCM-SHA256"')}"
done >"$T/script"
dns_zone ed448.test ed448 <<X
@ MX 10 mx
mx A 127.0.2.1
_25._tcp.mx TLSA $(tlsa_of rsa4096 3 1 1)
X
echo '{"name": "ed448", "listen": ["127.0.2.1:25"], "cert": "plain"}' >>"$T/script"
dns_start
{ echo '['; sed '$!s/$/,/' "$T/script"; echo ']'; } | peer_start
config </dev/null
for d in $refused $taken ed448; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
runner_once

for d in $refused; do
	is "$d: the mail waits" "$(state_of x@$d.test)" "deferred 4.7.5 dane"
	words=$(sql "SELECT reply FROM recipient WHERE address = 'x@$d.test'" | sed 's/.*TLS handshake: //')
	diag "$words"
	ok "$d: doc/limits.md has the words" grep -qF "$words" "$top_srcdir/doc/limits.md"
	is "$d: no mail was sent" "$(wire_count commands $d '^MAIL')" 0
done
for d in $taken; do
	is "$d: within the limit" "$(state_of x@$d.test)" "delivered 2.0.0 -"
done
is "a zone signed with Ed448 is as one that is not signed: its TLSA record is not asked for" \
	"$(state_of x@ed448.test) $(sql "SELECT s.tls, s.dane FROM session s JOIN attempt a ON a.session_id = s.id
	WHERE a.domain = 'ed448.test'")" "delivered 2.0.0 - pkix|none"
finish
