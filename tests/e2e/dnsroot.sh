# A private DNS root, sourced after lib.sh.  The stub zones of dns_start would bypass most of what libunbound
# does.  It has one zone, "test.", and asks on port 53.
#	dnsroot_start FILE		its records, relative to "test."
# It makes $T/dns/ub.conf and $T/dns/root.key, as dns_start does.
dnsroot_key() { ldns-keygen -k -a ECDSAP256SHA256 "$1"; }

dnsroot_sign() { # zone file key
	ldns-signzone -e 20361201000000 -i 20200101000000 -o "$1" -f "$2.signed" "$2" "$3"
}

dnsroot_serves() { drill @127.0.1.254 SOA test. | grep -q 'rcode: NOERROR'; }

dnsroot_files() { # in $T/dns
	{ cat <<-Z
	\$ORIGIN test.
	\$TTL 3600
	@ SOA ns.test. hostmaster.test. 1 3600 600 86400 60
	@ NS ns.test.
	ns A 127.0.1.254
	Z
	cat "$1"; } >test.zone
	dnsroot_test_key=$(dnsroot_key test.)
	dnsroot_sign test. test.zone "$dnsroot_test_key"
	{ cat <<-Z
	. 86400 IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
	. 86400 IN NS ns.test.
	test. 86400 IN NS ns.test.
	ns.test. 86400 IN A 127.0.1.254
	Z
	cat "$dnsroot_test_key.ds"; } >root.zone
	dnsroot_root_key=$(dnsroot_key .)
	dnsroot_sign . root.zone "$dnsroot_root_key"
	cp "$dnsroot_root_key.key" root.key
	cat >hints <<-Z
	. 3600000 NS ns.test.
	ns.test. 3600000 A 127.0.1.254
	Z
	cat >nsd.conf <<-C
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
	cat >ub.conf <<-C
	server:
	  root-hints: "$T/dns/hints"
	  do-not-query-localhost: no
	  do-ip6: no
	  local-zone: "test." nodefault
	C
}

dnsroot_start() { # file
	# shellcheck disable=SC2164
	(cd "$T/dns" && dnsroot_files "$1")
	start nsd -d -c "$T/dns/nsd.conf"
	ok "the name server answers" wait_for 60 dnsroot_serves
}
