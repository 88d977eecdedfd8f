#!/bin/sh
# 50 MB are received and sent in pieces, in little memory.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.example.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}]
E
config </dev/null
{ letter big; /usr/bin/python3 -c 'import sys
line = "." + "0123456789abcdef" * 4 + "\n"
for i in range(50000000 // len(line)): sys.stdout.write(line)'; } >"$T/big.eml"
# the peak resident set in KiB of a command
peak() {
	/usr/bin/python3 -c 'import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)' "$@"
}
peak tlsq -d "$DB" submit -f a@sender.test b@example.test <"$T/big.eml" >"$T/id" 2>"$T/peak"
is "50 MB are taken" $? 0
rss=$(tail -n 1 "$T/peak")
[ -n "$E2E_SANITIZED" ] || ok "in less than 20 MB of memory ($rss KiB)" test "$rss" -lt 20480
is "in pieces of at most 256 KiB" "$(sql 'SELECT max(length(data)) <= 262144 FROM content')" 1
peak tlsq-runner -d "$DB" --once >>"$T/runner.out" 2>"$T/peak"
rss=$(tail -n 1 "$T/peak")
is "delivered" "$(state_of b@example.test)" "delivered 2.0.0 -"
[ -n "$E2E_SANITIZED" ] || ok "by a runner that stays below 64 MB ($rss KiB)" test "$rss" -lt 65536
is "byte for byte" "$(tr -d '\r' <"$(message_of mx)" | sha256sum)" "$(sha256sum <"$T/big.eml")"
/usr/bin/python3 -c 'import sys
sys.stdout.write("Subject: x\n\n")
for i in range(60): sys.stdout.write("x" * 70 + "\n" + ("y" * 76 + "\n") * 13000)' >"$T/toobig.eml"
tlsq -d "$DB" submit -f a@sender.test b@example.test <"$T/toobig.eml" >"$T/out" 2>"$T/err"
code=$?
diag "a message of $(stat -c %s "$T/toobig.eml") octets: exit $code $(cat "$T/err")"
finish
