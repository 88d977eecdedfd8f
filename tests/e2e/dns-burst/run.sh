#!/bin/sh
# Thousands of signed domains at once, from root hints: each lookup gets its answer, and no packet is sent twice.
. "${0%/*}/../lib.sh"
probe=$top_builddir/tests/unit/lookup/dns_probe
[ -x "$probe" ] || skip_all "tests/unit/lookup/dns_probe is not built"
count=${BURST:-2000}

# Stub zones, as dns_start has them, would hide most of what libunbound does: here
# it begins at a root of our own.
cd "$T/dns" || exit 1
key() { ldns-keygen -k -a ECDSAP256SHA256 "$1"; }
sign() { ldns-signzone -e 20361201000000 -i 20200101000000 -o "$1" -f "$2.signed" "$2" "$3"; } # zone file key
{ cat <<Z
\$ORIGIN test.
\$TTL 3600
@ SOA ns.test. hostmaster.test. 1 3600 600 86400 60
@ NS ns.test.
ns A 127.0.1.254
Z
seq 0 $((count - 1)) | awk '{ printf "d%d MX 10 mx.d%d\nmx.d%d A 127.0.2.1\n_25._tcp.mx.d%d TLSA 3 1 1 %064x\n",
	$1, $1, $1, $1, $1 }'; } >test.zone
k=$(key test.)
sign test. test.zone "$k"
{ cat <<Z
. 86400 IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
. 86400 IN NS ns.test.
test. 86400 IN NS ns.test.
ns.test. 86400 IN A 127.0.1.254
Z
cat "$k.ds"; } >root.zone
r=$(key .)
sign . root.zone "$r"
cp "$r.key" root.key
cat >hints <<Z
. 3600000 NS ns.test.
ns.test. 3600000 A 127.0.1.254
Z
cat >nsd.conf <<C
server:
  ip-address: 127.0.1.254
  username: ""
  chroot: ""
  zonesdir: "$T/dns"
  database: ""
  pidfile: "$T/dns/nsd.pid"
  xfrdfile: "$T/dns/xfrd.state"
  zonelistfile: "$T/dns/zone.list"
  logfile: "$T/dns/nsd.log"
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone.signed"
zone:
  name: "test."
  zonefile: "test.zone.signed"
C
cat >ub.conf <<C
server:
  root-hints: "$T/dns/hints"
  do-not-query-localhost: no
  do-ip6: no
  local-zone: "test." nodefault
C
start nsd -d -c "$T/dns/nsd.conf"
serves() { drill @127.0.1.254 SOA test. | grep -q 'rcode: NOERROR'; }
ok "the name server answers" wait_for 60 serves

datagrams() { awk '/^Udp: [0-9]/ { print $5 }' /proc/net/snmp; }
# The machine is busy meanwhile, and the resolver's thread gets to its answers late.
busy() { start sh -c 'while :; do :; done'; }
busy; busy_1=$started

before=$(datagrams)
got=$("$probe" ub.conf root.key 30000 0 "$count" .test 2>"$T/failures")
stop "$busy_1" 2>/dev/null
sent=$((($(datagrams) - before) / 2)) # questions and answers
diag "$got, $sent questions"
is "each domain has its TLSA records, and each TXT question its answer" "${got% within*}" \
	".test secure $count insecure 0 none 0 txt $count failed 0"
is "no failure" "$(head -n 3 "$T/failures")" ""
# MX, TXT, A, AAAA, TLSA; few more for the zones and what the scheduler delays
ok "next to nothing is asked twice ($sent)" [ "$sent" -lt $((count * 5 + count / 4 + 50)) ]
finish
