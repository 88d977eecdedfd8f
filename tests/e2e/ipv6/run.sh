#!/bin/sh
# Hosts with IPv6 addresses only, or with both families, one of them unreachable.
. "${0%/*}/../lib.sh"
[ $has_ipv6 = yes ] || skip_all "no IPv6 here"

# Reached without being addresses of an interface, and so of ourselves.
ip -6 addr del fd00::1/64 dev lo
ip -6 addr add fd00::1/128 dev lo nodad
ip -6 route add local fd00::/64 dev lo
echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind
dns_zone six.test signed <<E
@ MX 10 mx
mx AAAA fd00::2
E
dns_zone both.test signed <<E
@ MX 10 mx
mx A 127.0.0.7
mx AAAA fd00::3
E
dns_start
cert_make mx dns=mx.six.test,mx.both.test
peer_start <<E
[{"name": "six", "listen": ["[fd00::2]:25"], "cert": "mx"}, {"name": "both", "listen": ["[fd00::3]:25"], "cert": "mx"}]
E
config </dev/null
for d in six both; do
	letter $d | submit --quiet --strategy default -f a@sender.test x@$d.test
done
letter literal | submit --quiet --strategy invalid-tls -f a@sender.test 'x@[IPv6:fd00::2]'
runner_once
is "IPv6 alone" "$(state_of x@six.test)" "delivered 2.0.0 -"
is "IPv6 after a dead IPv4 address" "$(state_of x@both.test)" "delivered 2.0.0 -"
is "an IPv6 literal" "$(sql "SELECT state FROM recipient WHERE address LIKE '%IPv6%'")" delivered
is "the address is recorded" "$(sql "SELECT address FROM attempt WHERE domain = 'six.test'")" fd00::2
is "both addresses were tried" "$(sql "SELECT address, outcome FROM attempt WHERE domain = 'both.test' ORDER BY id")" \
	"127.0.0.7|deferred
fd00::3|delivered"
finish
