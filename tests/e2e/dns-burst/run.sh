#!/bin/sh
# Thousands of signed domains at once, from root hints: each lookup gets its answer, and no packet is sent twice.
. "${0%/*}/../lib.sh"
. "$E2E/dnsroot.sh"
probe=$top_builddir/tests/unit/lookup/dns_probe
[ -x "$probe" ] || skip_all "tests/unit/lookup/dns_probe is not built"
count=${BURST:-2000}

seq 0 $((count - 1)) | awk '{ printf "d%d MX 10 mx.d%d\nmx.d%d A 127.0.2.1\n_25._tcp.mx.d%d TLSA 3 1 1 %064x\n",
	$1, $1, $1, $1, $1 }' >"$T/records"
dnsroot_start "$T/records"

datagrams() { awk '/^Udp: [0-9]/ { print $5 }' /proc/net/snmp; }
# The machine is busy meanwhile, and the resolver's thread gets to its answers late.
busy() { start sh -c 'while :; do :; done'; }
busy; busy_1=$started

before=$(datagrams)
got=$("$probe" "$T/dns/ub.conf" "$T/dns/root.key" 30000 0 "$count" .test 2>"$T/failures")
stop "$busy_1" 2>/dev/null
sent=$((($(datagrams) - before) / 2)) # questions and answers
diag "$got, $sent questions"
is "each domain has its TLSA records, and each TXT question its answer" "${got% within*}" \
	".test secure $count insecure 0 none 0 txt $count failed 0"
is "no failure" "$(head -n 3 "$T/failures")" ""
# MX, TXT, A, AAAA, TLSA; few more for the zones and what the scheduler delays
ok "next to nothing is asked twice ($sent)" [ "$sent" -lt $((count * 5 + count / 4 + 50)) ]
finish
