#!/bin/sh
# What arrives is what was stored, byte for byte: dots, long lines, odd line ends, chunk boundaries, BDAT.
. "${0%/*}/../lib.sh"

dns_zone data.test signed <<E
@ MX 10 mx
mx A 127.0.1.1
E
dns_zone bdat.test signed <<E
@ MX 10 mx
mx A 127.0.1.2
E
dns_start
cert_make mx dns=mx.data.test,mx.bdat.test
peer_start <<E
[{"name": "data", "listen": ["127.0.1.1:25"], "cert": "mx"},
 {"name": "bdat", "listen": ["127.0.1.2:25"], "cert": "mx", "ehlo": ["PIPELINING", "8BITMIME", "CHUNKING"]}]
E
config <<E
[queue.limit]
sessions-per-domain = 1
E
cat >"$T/make.py" <<'P'
import sys
head = b"Date: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <%s@sender.test>\nFrom: <a@sender.test>\n\n"
bodies = {
    "dots": b".\n..\n.x\n\n.\nlast\n",
    "dotend": b"text\n.",
    "smuggle": b"text\n.\r\nMAIL FROM:<evil@x.test>\r\n",
    "bare": b"one\rtwo\nthree\r\nfour\r\r\nfive\n\r.\n\r\n.\r\n",
    "noeol": b"no line end",
    "empty": b"",
    "long": b"x" * 5000 + b"\n" + b"." * 3000 + b"\n",
    # a dot and a CR LF at each side of the 256 KiB pieces and of likely buffers
    "edges": b"".join(b"y" * (n - 1) + b"\n.\n" for n in (8190, 16383, 65535, 262141, 262142, 262143, 262144)),
    "lines": b".\n" * 300000,
}
for name, body in bodies.items():
    with open("%s/%s.in" % (sys.argv[1], name), "wb") as f:
        f.write(head % name.encode() + body)
P
/usr/bin/python3 "$T/make.py" "$T"
names=$(cd "$T" && ls ./*.in | sed 's|^\./||; s/\.in$//')
for n in $names; do
	submit -f a@sender.test $n@data.test <"$T/$n.in" >"$T/$n.id"
	submit --quiet -f a@sender.test $n@bdat.test <"$T/$n.in"
	tlsq_ cat "$(cat "$T/$n.id")" >"$T/$n.stored"
done
is "no bare CR or LF is stored" "$(cat "$T"/*.stored | sed 's/\r$//' | grep -c "$(printf '\r')")" 0
is "nor a line without CR" "$(cat "$T"/*.stored | grep -cv "$(printf '\r')\$")" 0
runner_once
received() { # server address
	wire messages "$1" | grep "<$2>" | sed 's/ .*//'
}
for n in $names; do
	ok "$n: DATA" cmp "$T/$n.stored" "$(received data $n@data.test)"
	ok "$n: where CHUNKING is offered" cmp "$T/$n.stored" "$(received bdat $n@bdat.test)"
done
is "a file with LF line ends arrives as it was" \
	"$(tr -d '\r' <"$T/dots.stored" | cksum)" "$(cksum <"$T/dots.in")"
is "every message once" "$(wire_count messages data) $(wire_count messages bdat)" \
	"$(echo "$names" | wc -l) $(echo "$names" | wc -l)"
finish
