#!/bin/sh
# Where mail goes, by DNS: null MX, implicit MX, missing names and addresses, CNAMEs, order.
. "${0%/*}/../lib.sh"

dns_zone null.test signed <<E
@ MX 0 .
@ A 127.0.0.9
E
dns_zone implicit.test signed <<E
@ A 127.0.0.2
E
dns_zone noaddr.test signed <<E
@ TXT "nothing here"
E
dns_zone nohost.test signed <<E
@ MX 10 mx
@ A 127.0.0.9
E
dns_zone emptyhost.test signed <<E
@ MX 10 mx
@ A 127.0.0.9
mx TXT "no address"
E
dns_zone cname.test signed <<E
@ MX 10 alias
alias CNAME real
real A 127.0.0.3
E
dns_zone domcname.test signed <<E
www CNAME target
target MX 10 mx
mx A 127.0.0.4
E
dns_zone wild.test signed <<E
* MX 10 mx
mx A 127.0.0.5
E
dns_zone order.test signed <<E
@ MX 30 c
@ MX 10 a
@ MX 20 b
a A 127.0.1.1
b A 127.0.1.2
c A 127.0.1.3
E
dns_zone unsigned.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.6
E
dns_zone mixednull.test signed <<E
@ MX 0 .
@ MX 10 mx
mx A 127.0.0.7
E
dns_start
peer_start <<E
[{"name": "trap", "listen": ["127.0.0.9:25"]},
 {"name": "implicit", "listen": ["127.0.0.2:25"]},
 {"name": "cname", "listen": ["127.0.0.3:25"]},
 {"name": "domcname", "listen": ["127.0.0.4:25"]},
 {"name": "wild", "listen": ["127.0.0.5:25"]},
 {"name": "unsigned", "listen": ["127.0.0.6:25"]},
 {"name": "mixednull", "listen": ["127.0.0.7:25"]},
 {"name": "c", "listen": ["127.0.1.3:25"]},
 {"name": "b", "listen": ["127.0.1.2:25"], "rules": [{"on": "CONNECT", "say": "421 4.3.2 not now", "then": "close"}]}]
E
config </dev/null
for d in null implicit nosuch noaddr nohost emptyhost cname www.domcname any.wild order unsigned mixednull; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
letter literal | submit --quiet -f a@sender.test 'x@[127.0.0.2]'
runner_once
is "null MX" "$(state_of x@null.test)" "failed 5.1.10 dns"
is "implicit MX where there is truly none" "$(state_of x@implicit.test)" "delivered 2.0.0 -"
is "the domain does not exist" "$(state_of x@nosuch.test)" "failed 5.1.2 dns"
is "no MX, A or AAAA" "$(state_of x@noaddr.test)" "failed 5.4.4 dns"
is "the MX host does not exist" "$(state_of x@nohost.test)" "failed 5.4.4 dns"
is "the MX host has no address" "$(state_of x@emptyhost.test)" "failed 5.4.4 dns"
is "an MX host that is an alias" "$(state_of x@cname.test)" "delivered 2.0.0 -"
is "a domain that is an alias" "$(state_of x@www.domcname.test)" "delivered 2.0.0 -"
is "a wildcard MX" "$(state_of x@any.wild.test)" "delivered 2.0.0 -"
is "an unsigned zone" "$(state_of x@unsigned.test)" "delivered 2.0.0 -"
is "a null MX among others is no null MX" "$(state_of x@mixednull.test)" "delivered 2.0.0 -"
is "an address literal" "$(state_of 'x@[127.0.0.2]')" "delivered 2.0.0 -"
is "hosts are tried in their order" "$(sql "SELECT mx, outcome FROM attempt WHERE domain = 'order.test' ORDER BY id")" \
	"a.order.test|deferred
b.order.test|deferred
c.order.test|delivered"
is "the address record of a domain with MX is never used" "$(wire connections trap)" ""
is "the DNSSEC status is kept" "$(sql "SELECT domain, status FROM mx_cache
	WHERE domain IN ('order.test', 'unsigned.test', 'null.test', 'implicit.test') ORDER BY domain")" \
	"implicit.test|secure
null.test|nullmx
order.test|secure
unsigned.test|insecure"
finish
