# Zones with TLSA records of every kind, and their servers; sourced after lib.sh.
# good, bad, lost and none name those whose records match, do not match, cannot
# be looked up, and are not there.

ca_make inter
cert_make other
cert_make plain "dns=mx.plain.test,*.absent.test,mx.insecure.test,mx.unusable.test"
cert_make self self to=20210101 dns=elsewhere.test
cert_make below ca=inter dns=mx.ta.test,mx.takey.test,mx.tafull.test,mx.tanext.test,tadomain.test
cert_make belowcname ca=inter dns=real.tacname.test
cert_make belowold ca=inter to=20210101 dns=mx.taold.test
cert_make belowname ca=inter dns=mx.elsewhere.test

# Zones and servers are numbered alike; the pipes below run in shells of their own.
: >"$T/script"
next() { echo $(($(wc -l <"$T/script") + 1)); }
zone() { # name, kind of zone, certificate ("-": no STARTTLS); its further records on standard input
	zone_ip=127.0.1.$(next)
	sed "s/@IP@/$zone_ip/" >"$T/zone"
	grep -q MX "$T/zone" || echo "@ MX 10 mx" >>"$T/zone"
	echo "mx A $zone_ip" >>"$T/zone"
	dns_zone "$1.test" "$2" <"$T/zone"
	echo "{\"name\": \"$1\", \"listen\": [\"$zone_ip:25\"]$([ "$3" = - ] ||
		echo ", \"cert\": \"$3\"")}" >>"$T/script"
}
tlsa() { echo "_25._tcp.${5:-mx} TLSA $(tlsa_of "$1" "$2" "$3" "$4")"; }

# DANE-EE: the key alone, whatever else the certificate says
for r in 0:0 0:1 0:2 1:0 1:1 1:2; do
	tlsa self 3 ${r%:*} ${r#*:} | zone "ee${r%:*}${r#*:}" signed self
done
# DANE-TA: sent, published as a whole, with names and dates below it
tlsa inter 2 0 1 | zone ta signed below
tlsa inter 2 1 2 | zone takey signed below
tlsa ca 2 0 0 | zone tafull signed below
tlsa ca 2 1 0 | zone tanext signed below
tlsa inter 2 0 1 | zone tadomain signed below
# the domain is an alias, and the certificate names what it stands for (RFC 7672 3.2.2)
{ printf '%s\n' "cn CNAME real" "real MX 10 mx"; tlsa inter 2 0 1; } | zone tacname signed belowcname
dns_zone unsignedalias.test unsigned <<X
cn CNAME real.tacname.test.
X
tlsa inter 2 0 1 | zone taold signed belowold
tlsa inter 2 0 1 | zone taname signed belowname
tlsa ca 2 0 1 | zone tamissing signed below
# sets
tlsa other 3 1 1 | zone mismatch signed plain
{ tlsa other 3 1 1; tlsa self 3 1 1; } | zone second signed self
{ echo "_25._tcp.mx TLSA 3 1 1 00112233"; echo "_25._tcp.mx TLSA 1 1 1 $(printf %064d 7)"
tlsa self 3 1 1; } | zone mixed signed self
{ tlsa other 3 1 2; tlsa self 3 1 1; } | zone agility signed self
# more than 64; Postfix looks at the first 100 of an answer, in whatever order it comes
{ for n in $(seq 80); do echo "_25._tcp.mx TLSA 3 1 1 $(printf %064d $n)"; done
tlsa self 3 1 1; } | zone many signed self
# unusable as a whole, absent, insecure
echo "_25._tcp.mx TLSA 1 1 1 $(printf %064d 7)" | zone unusable signed plain
echo "_25._tcp.mx TLSA 3 0 0 00112233" | zone unusablebad signed other
zone absent signed plain </dev/null
tlsa other 3 1 1 | zone insecure unsigned plain
tlsa other 3 1 1 | zone island island plain
# lookups that fail
{ tlsa self 3 1 1; echo "; tamper _25._tcp.mx TLSA"; } | zone bogus signed self
tlsa self 3 1 1 | zone servfail signed self
tlsa self 3 1 1 | zone silent signed self
# aliases
aliased() { printf '%s\n' "@ MX 5 alias" "alias CNAME real" "real A @IP@"; }
{ aliased; tlsa self 3 1 1 real; } | zone alias signed self
{ aliased; tlsa self 3 1 1 alias; } | zone aliasown signed self
# the MX itself is not signed, its host is
dns_zone hosts.test signed <<X
mx A 127.0.2.1
$(tlsa self 3 1 1)
X
dns_zone hostonly.test unsigned <<X
@ MX 10 mx.hosts.test.
X
# no STARTTLS; a second host that will do
tlsa self 3 1 1 | zone plaintext signed -
dns_zone next.test signed <<X
@ MX 10 mx.mismatch.test.
@ MX 20 mx.ee11.test.
X
dns_start
dns_fault _25._tcp.mx.servfail.test TLSA servfail
dns_fault _25._tcp.mx.silent.test TLSA drop
peer_start <<X
[$(paste -sd, "$T/script"), {"name": "hosts", "listen": ["127.0.2.1:25"], "cert": "self"}]
X
good='ee00 ee01 ee02 ee10 ee11 ee12 ta takey tafull tanext tadomain cn.tacname second mixed many alias aliasown'
bad='taold taname tamissing mismatch agility'
lost='bogus servfail silent'
none='absent insecure island'
