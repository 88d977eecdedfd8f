#!/bin/sh
# A server that chooses a cipher suite or group that was not offered gets no mail.
. "${0%/*}/../lib.sh"

cert_make mx dns=mx.null.test,mx.cbc.test,mx.group.test,mx.offered.test
cert_make plain dns=mx.tls13.test
i=0
for d in null cbc group offered tls13; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.1.$i
	E
done
dns_start
cat >"$T/server.py" <<'E'
"""server.py ADDRESS SUITE GROUP CERT KEY LOG: SMTP, STARTTLS by hand, and what came after it."""
import socket, sys
import tls12
address, suite, group, chain, key, log = sys.argv[1:]
listener = socket.create_server((address, 25))
while True:
    conn = listener.accept()[0]
    lines = conn.makefile("rb")
    conn.sendall(b"220 mx ESMTP\r\n")
    for line in lines:
        if line.upper().startswith(b"EHLO"):
            conn.sendall(b"250-mx\r\n250 STARTTLS\r\n")
        elif line.upper().startswith(b"STARTTLS"):
            conn.sendall(b"220 go\r\n")
            break
    said = "handshake"
    try:
        theirs, ours = tls12.serve(conn, suite, group, chain, key)
        data = False
        while True:
            kind, body = tls12.take_record(conn)
            for line in theirs.open(body).split(b"\r\n")[:-1]:
                if not data:
                    said += " " + line.decode().split(" ")[0]
                data = line == b"DATA" or (data and line != b".")
                if data and line != b"DATA":
                    continue
                conn.sendall(ours.seal(23, b"354 go\r\n" if data else b"250 2.0.0 ok\r\n"))
    except EOFError:
        pass
    with open(log, "a") as out:
        print(said, file=out)
    conn.close()
E
serve() { # name address suite group
	PYTHONPATH=$E2E/.. start python3 "$T/server.py" "$2" "$3" "$4" "$T/certs/mx.pem" "$T/certs/mx.key" "$T/$1.log"
}
serve null 127.0.1.1 ECDHE-ECDSA-NULL-SHA P-256
serve cbc 127.0.1.2 ECDHE-ECDSA-AES128-SHA P-256
serve group 127.0.1.3 ECDHE-ECDSA-AES128-SHA256 secp256k1
serve offered 127.0.1.4 ECDHE-ECDSA-AES128-SHA256 P-256
peer_start <<'X'
[{"name": "tls13", "listen": ["127.0.1.5:25"], "cert": "plain"}]
X
config <<'X'
[queue.strategy]
tls = "'default'"
X
for d in null cbc group offered tls13; do
	letter $d | submit --quiet -f "" x@$d.test
done
letter required | submit --quiet --require-tls -f "" required@null.test
wait_for 10 sh -c 'ss -ltn | grep -c "127.0.1.[1-4]:25 " | grep -qx 4'
runner_once
for d in null cbc; do
	is "$d: the mail waits" "$(state_of x@$d.test)" "deferred 4.7.5 tls"
	like "$d: and the reply says why" "$(sql "SELECT reply FROM recipient WHERE address = 'x@$d.test'")" \
		'the server chose a cipher suite that was not offered'
done
is "group: the mail waits" "$(state_of x@group.test)" "deferred 4.7.5 tls"
like "group: and the reply says why" "$(sql "SELECT reply FROM recipient WHERE address = 'x@group.test'")" \
	'the server chose a key exchange group that was not offered'
for d in null cbc group; do
	is "$d: nothing was said after the handshake" "$(sort -u "$T/$d.log")" handshake
done
is "mail that requires TLS went nowhere" "$(sql "SELECT state FROM recipient WHERE address = 'required@null.test'")" deferred
is "the twin, which was offered, has its mail" "$(state_of x@offered.test)" "delivered 2.0.0 -"
like "after the handshake" "$(cat "$T/offered.log")" 'handshake EHLO MAIL RCPT DATA'
recorded() { sql "SELECT s.tls, s.protocol, s.key_exchange, s.signature FROM recipient r
	JOIN attempt a ON a.id = r.last_attempt_id JOIN session s ON s.id = a.session_id WHERE r.domain = '$1.test'"; }
is "group and signature are recorded" "$(recorded offered)" "pkix|TLSv1.2|P-256|ecdsa_secp256r1_sha256"
is "of TLS 1.3, too" "$(recorded tls13)" "pkix|TLSv1.3|X25519|ecdsa_secp256r1_sha256"
like "tlsq show has them" "$(tlsq_ show "$(sql "SELECT message_id FROM recipient WHERE domain = 'offered.test'")")" \
	'key exchange +P-256'

EXTRA_ACCEPTED=$T/odd; echo x@offered.test >"$EXTRA_ACCEPTED"
finish
