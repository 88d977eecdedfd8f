#!/bin/sh
# Octets that arrive between the 220 to STARTTLS and the handshake end the connection.
. "${0%/*}/../lib.sh"

cert_make mx dns=mx.reply.test,mx.caps.test,mx.multi.test,mx.later.test
i=0
for d in reply caps multi later; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$i
	E
done
dns_start
peer_start <<E
[{"name": "reply", "listen": ["127.0.1.1:25"], "cert": "mx",
  "rules": [{"on": "^STARTTLS", "raw": "220 go\r\n250 injected\r\n"}]},
 {"name": "caps", "listen": ["127.0.1.2:25"], "cert": "mx",
  "rules": [{"on": "^STARTTLS", "raw": "220 go\r\n250-mx\r\n250-AUTH PLAIN\r\n250 SMTPUTF8\r\n"}]},
 {"name": "multi", "listen": ["127.0.1.3:25"], "cert": "mx",
  "rules": [{"on": "^STARTTLS", "raw": "220-ready\r\n220 go\r\n"}]},
 {"name": "later", "listen": ["127.0.1.4:25"], "cert": "mx", "ehlo": ["8BITMIME", "CHUNKING", "SIZE 10"],
  "ehlo_tls": []}]
E
config <<E
[queue.tls.lax]
allow-invalid-certs = true
E
for d in reply caps multi later; do
	letter $d | submit --quiet --strategy lax -f a@sender.test x@$d.test
done
runner_once
for d in reply caps; do
	is "$d: deferred" "$(state_of x@$d.test)" "deferred 4.7.5 tls"
	is "$d: nothing was said after STARTTLS" "$(wire commands $d | tail -n 1)" "clear STARTTLS"
	is "$d: no handshake was made" "$(wire tls $d)" ""
done
is "a 220 of two lines is an answer like any other" "$(state_of x@multi.test)" "delivered 2.0.0 -"
is "what was offered in clear is forgotten inside TLS" "$(state_of x@later.test)" "delivered 2.0.0 -"
finish
