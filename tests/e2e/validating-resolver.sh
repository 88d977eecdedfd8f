# A validating resolver for programs that use the system's resolver: unbound on
# port 53, with the zones of dns_start.  Sourced by scenarios after lib.sh.
resolver_start() {
	[ -x /usr/sbin/unbound ] || skip_all "unbound is not installed (./bootstrap does it)"
	sed "s|^server:|server:\n  username: \"\"\n  chroot: \"\"\n  directory: \"$T\"\n  pidfile: \"\"\n  use-syslog: no\n\
  logfile: \"$T/unbound.log\"\n  interface: 127.0.0.1\n  do-ip6: no\n  module-config: \"validator iterator\"\n\
  trust-anchor-file: \"$T/dns/root.key\"|" "$T/dns/ub.conf" >"$T/unbound.conf"
	start unbound -d -c "$T/unbound.conf"
	printf 'nameserver 127.0.0.1\noptions trust-ad timeout:2 attempts:1\n' >"$T/resolv.conf"
	mount --bind "$T/resolv.conf" /etc/resolv.conf
	wait_for 10 unbound-host -r -t SOA test.
}
