#!/usr/bin/python3
"""Builds a signed DNS tree below "." and "test." for nsd and libunbound.

usage: dnstree.py DIR PORT NSD_PORT

DIR/zones has one zone a file, named as the zone without its last dot; the first line is "; KIND":
  signed    a chain of trust from the root
  unsigned  delegated without DS
  island    signed, but the parent has no DS
  bogus     the DS in the parent is that of another key: all of it fails
  expired   signatures ended in 2020
  ed448     signed with an algorithm that libunbound lacks where it links nettle
  nsec3     signed, with more NSEC3 iterations than libunbound follows (RFC 9276 3.2)
  oddalg    DS with an algorithm that nobody knows: insecure
Records are in master file form relative to the zone; SOA and NS are added.  A line "; tamper NAME TYPE"
breaks the signature of that one record set.  Written: DIR/nsd.conf (127.0.0.1, NSD_PORT),
DIR/root.key (trust anchor) and DIR/ub.conf for libunbound, which asks 127.0.0.1 at PORT.
A delegation cannot carry a port, so every zone has a stub of its own there.
"""
import os
import re
import subprocess
import sys

SOA = "3600 IN SOA ns1.test. hostmaster.test. 1 3600 600 604800 60"
SIGNED = ("signed", "bogus", "expired", "island", "ed448", "nsec3")


def run(*args, cwd=None):
    return subprocess.run(args, cwd=cwd, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          text=True).stdout


class Zone:
    def __init__(self, name, text):
        self.name = name
        first, _, self.text = text.partition("\n")
        self.kind = first.strip("; ")
        self.tampered = re.findall(r"^; tamper (\S+) (\S+)", text, re.M)
        self.children = []

    def make_key(self, directory):
        algorithm = "ED448" if self.kind == "ed448" else "ECDSAP256SHA256"
        self.key = run("ldns-keygen", "-a", algorithm, "-k", self.name, cwd=directory).strip()

    def ds(self, directory):
        """What the parent says of this zone."""
        if self.kind in ("unsigned", "island"):
            return ""
        if self.kind == "oddalg":
            return "%s DS 1 250 2 %064d\n" % (self.name, 7)
        ds = run("ldns-key2ds", "-n", "-2", self.key + ".key", cwd=directory)
        if self.kind == "bogus":
            ds = re.sub(r"([0-9a-f]{8})\s*$", lambda m: "%08x\n" % (int(m.group(1), 16) ^ 1), ds)
        return ds

    def source(self, directory):
        text = "$ORIGIN %s\n$TTL 300\n@ %s\n@ NS ns1.test.\n%s\n" % (self.name, SOA, self.text)
        if self.name == "test.":
            text += "ns1 A 127.0.0.1\n"
        if self.name == ".":
            text += "ns1.test. A 127.0.0.1\n"
        for child in self.children:
            text += "%s NS ns1.test.\n%s" % (child.name, child.ds(directory))
        return text

    def write(self, directory):
        """Writes the zone as nsd is to serve it; returns the file."""
        file = os.path.join(directory, (self.name if self.name != "." else "root.") + "zone")
        with open(file, "w", encoding="utf-8") as f:
            f.write(self.source(directory))
        if self.kind not in SIGNED:
            return file
        dates = ["-i", "20200101", "-e", "20200201"] if self.kind == "expired" else []
        run("ldns-signzone", "-n", "-t", "200" if self.kind == "nsec3" else "1", "-o", self.name, *dates, "-f", file + ".signed", file, self.key,
            cwd=directory)
        for name, kind in self.tampered:
            self.tamper(file + ".signed", name, kind)
        return file + ".signed"

    def tamper(self, file, name, kind):
        owner = self.name if name == "@" else "%s.%s" % (name, self.name)
        with open(file, encoding="utf-8") as f:
            lines = f.readlines()
        hits = 0
        for i, line in enumerate(lines):
            words = line.split()
            if words[:1] == [owner] and words[3:5] == ["RRSIG", kind]:
                lines[i] = re.sub(r"(\S)(\S*)$", lambda m: ("A" if m[1] != "A" else "B") + m[2], line, count=1)
                hits += 1
        if not hits:
            sys.exit("dnstree: nothing to tamper: %s %s" % (owner, kind))
        with open(file, "w", encoding="utf-8") as f:
            f.writelines(lines)


def read_zones(directory):
    zones = {".": Zone(".", "; signed\n"), "test.": Zone("test.", "; signed\n")}
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), encoding="utf-8") as f:
            zones[name + "."] = Zone(name + ".", f.read())
    for zone in zones.values():
        parent = zone.name
        while zone.name != ".":
            parent = parent.partition(".")[2] or "."
            if parent in zones:
                zones[parent].children.append(zone)
                break
    return list(zones.values())


NSD = """server:
  ip-address: 127.0.0.1
  port: {port}
  username: ""
  chroot: ""
  zonesdir: "{dir}"
  database: ""
  pidfile: "{dir}/nsd.pid"
  logfile: "{dir}/nsd.log"
  xfrdfile: "{dir}/xfrd.state"
  zonelistfile: "{dir}/zone.list"
  server-count: 1
  verbosity: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
"""
UNBOUND = """server:
  do-not-query-localhost: no
  local-zone: "test." nodefault
  harden-dnssec-stripped: yes
  harden-below-nxdomain: yes
  harden-glue: yes
  cache-max-ttl: 86400
  infra-host-ttl: 60
"""


def main(directory, port, nsd_port):
    zones = read_zones(os.path.join(directory, "zones"))
    work = os.path.join(directory, "signed")
    os.makedirs(work, exist_ok=True)
    for zone in zones:
        if zone.kind in SIGNED:
            zone.make_key(work)
    with open(os.path.join(directory, "nsd.conf"), "w", encoding="utf-8") as nsd:
        nsd.write(NSD.format(port=nsd_port, dir=work))
        for zone in zones:
            nsd.write('zone:\n  name: "%s"\n  zonefile: "%s"\n' % (zone.name, zone.write(work)))
    with open(os.path.join(directory, "ub.conf"), "w", encoding="utf-8") as unbound:
        unbound.write(UNBOUND)
        for zone in zones:
            unbound.write('stub-zone:\n  name: "%s"\n  stub-addr: 127.0.0.1@%s\n' % (zone.name, port))
    with open(os.path.join(work, zones[0].key + ".key"), encoding="ascii") as key, \
            open(os.path.join(directory, "root.key"), "w", encoding="ascii") as anchor:
        anchor.write(key.read())


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: dnstree.py DIR PORT NSD_PORT")
    main(os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3])
