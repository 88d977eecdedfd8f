#!/bin/sh
# A server that falls silent costs the timeout of that step, and no mail is lost.
. "${0%/*}/../lib.sh"

steps='connect greeting ehlo starttls handshake tlsehlo mail rcpt data eom trickle'
i=0
for d in $steps; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$i
	E
done
dns_start
cert_make mx dns=mx.starttls.test,mx.handshake.test,mx.tlsehlo.test
silent() { # name number event [more]
	echo "{\"name\": \"$1\", \"listen\": [\"127.0.1.$2:25\"], \"rules\": [{\"on\": \"$3\", \"say\": null, \"then\": \"stall\"${5-}}]${4-}}"
}
{
	echo "[$(silent greeting 2 CONNECT),$(silent ehlo 3 ^EHLO)"
	echo ",$(silent starttls 4 ^STARTTLS ', "cert": "mx"'),$(silent handshake 5 HANDSHAKE ', "cert": "mx"')"
	echo ",$(silent tlsehlo 6 ^EHLO ', "cert": "mx"' ', "tls": true'),$(silent mail 7 ^MAIL)"
	echo ",$(silent rcpt 8 ^RCPT),$(silent data 9 ^DATA),$(silent eom 10 EOM)"
	printf '%s\n' ',{"name": "trickle", "listen": ["127.0.1.11:25"], "rules": [{"on": "CONNECT", "raw": "220 I am so slow that you may well give up on me before I have said it all\r\n", "trickle": 0.3}]}]'
} | peer_start
# a listener that accepts nobody, with its queue full: connect gets no answer
start /usr/bin/python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.0.1.1", 25))
s.listen(0)
held = []
for _ in range(3):
    c = socket.socket()
    c.setblocking(False)
    c.connect_ex(("127.0.1.1", 25))
    held.append(c)
open("'"$T"'/full", "w")
time.sleep(1000)'
wait_for 5 test -e "$T/full"
config <<E
[queue.tls.short]
timeout.tls = "2s"
[queue.connection.default.timeout]
connect = "2s"
greeting = "2s"
ehlo = "2s"
mail-from = "2s"
rcpt-to = "2s"
data = "2s"
E
for d in $steps; do
	letter $d | submit --quiet --strategy short -f a@sender.test x@$d.test
done
begin=$(now_ms)
runner_once
took=$(($(now_ms) - begin))
is "connect" "$(state_of x@connect.test)" "deferred 4.4.1 connection"
for d in greeting ehlo mail rcpt data eom tlsehlo trickle; do
	like "$d" "$(state_of x@$d.test)" '^deferred 4\.4\.[12] connection'
done
like "starttls" "$(state_of x@starttls.test)" '^deferred 4\.7\.[45] tls'
is "handshake" "$(state_of x@handshake.test)" "deferred 4.7.5 tls"
ok "all waited at the same time (took $took ms)" test $took -lt 9000
ok "and each its two seconds" test $took -ge 1900
like "the log names the step" "$(grep 'to=<x@rcpt.test>' "$T/runner.log")" 'stat=Deferred: .*(RCPT|timed out|timeout)'
finish
