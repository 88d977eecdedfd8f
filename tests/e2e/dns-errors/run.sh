#!/bin/sh
# A DNS answer that is bogus or missing defers the mail: nothing falls back to a weaker decision.
. "${0%/*}/../lib.sh"

for z in 'bogus bogus' 'expired expired'; do
	dns_zone ${z% *}.test ${z#* } <<-E
	@ MX 10 mx
	@ A 127.0.0.9
	mx A 127.0.0.9
	E
done
dns_zone badmx.test signed <<E
@ MX 10 mx
@ A 127.0.0.9
mx A 127.0.0.9
; tamper @ MX
E
dns_zone badhost.test signed <<E
@ MX 10 mx
@ A 127.0.0.9
mx A 127.0.0.9
; tamper mx A
E
dns_zone badfirst.test signed <<E
@ MX 10 bad
@ MX 20 good
bad A 127.0.0.9
good A 127.0.0.2
; tamper bad A
E
dns_zone servfail.test unsigned <<E
@ MX 10 mx
@ A 127.0.0.9
E
dns_zone silent.test unsigned <<E
@ MX 10 mx
@ A 127.0.0.9
E
dns_zone hostfail.test unsigned <<E
@ MX 10 mx
mx A 127.0.0.9
E
dns_start
dns_fault servfail.test MX servfail
dns_fault silent.test MX drop
dns_fault mx.hostfail.test '*' servfail
peer_start <<E
[{"name": "trap", "listen": ["127.0.0.9:25"]}, {"name": "good", "listen": ["127.0.0.2:25"]}]
E
config <<E
dns.timeout = "3s"
E
all='bogus expired badmx badhost servfail silent hostfail'
for d in $all badfirst; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
begin=$(now_ms)
runner_once
took=$(($(now_ms) - begin))
for d in $all; do
	is "$d: deferred" "$(state_of x@$d.test)" "deferred 4.4.3 dns"
done
is "no wrong host was asked" "$(wire connections trap)" ""
is "the next host serves where one's address is bogus" "$(state_of x@badfirst.test)" "delivered 2.0.0 -"
ok "a silent server costs dns.timeout and no more (took $took ms)" test $took -lt 9000
is "a bogus answer is not recorded as none" "$(sql "SELECT status FROM mx_cache WHERE domain = 'badmx.test'")" bogus
finish
