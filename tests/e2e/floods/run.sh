#!/bin/sh
# Servers that flood the client, all at once, through every loop that a fast server can keep busy: mail to each is
# deferred with the reason, and other mail of the same threads does not wait.
. "${0%/*}/../lib.sh"

here=$(cd "${0%/*}" && pwd)
PYTHONPATH=$E2E/..
export PYTHONPATH
modes=$(python3 "$here/server.py" list)
i=0
names=mx.fast.test
for m in $modes; do
	i=$((i + 1))
	dns_zone $m.test signed <<-X
	one MX 10 mx1
	mx1 A 127.0.1.$i
	two MX 10 mx2
	mx2 A 127.0.2.$i
	X
	names=$names,mx1.$m.test,mx2.$m.test
done
dns_zone fast.test signed <<X
$(for n in 1 2 3 4 5 6 7 8; do echo "d$n MX 10 mx"; done)
mx A 127.0.0.2
X
cert_make mx dns=$names
dns_start
peer_start <<X
[{"name": "fast", "listen": ["127.0.0.2:25"], "cert": "mx"}]
X
start python3 "$here/server.py" "$T"
wait_for 10 test -e "$T/listening"
config <<'X'
queue.virtual.default.threads-per-node = 100
[queue.strategy]
tls = "'default'"
X
daemon_start

put() { # subject: a message to each of the eight domains of the fast server; they take $took ms
	begin=$(now_ms)
	letter "$1" | submit --quiet -f a@sender.test $(for n in 1 2 3 4 5 6 7 8; do echo "$1@d$n.fast.test"; done)
	wait_for 30 delivered "$1"
	took=$(($(now_ms) - begin))
}
delivered() { [ "$(sql "SELECT count(*) FROM recipient WHERE address LIKE '$1@%' AND state = 'delivered'")" = 8 ]; }
at_the_gate() { [ "$(wc -l <"$T/ready")" = $((2 * i)) ]; }
judged() { [ "$(sql "SELECT count(*) FROM recipient WHERE domain NOT LIKE '%fast.test' AND state = 'active'")" = 0 ]; }

put alone
alone=$took
for m in $modes; do
	letter $m | submit --quiet -f a@sender.test x@one.$m.test x@two.$m.test
done
ok "all are connected at once" wait_for 30 at_the_gate
: >"$T/go"
put beside
diag "8 messages alone in $alone ms, beside the floods in $took ms"
[ -n "$E2E_SANITIZED" ] || ok "other mail does not wait for the floods" test $took -lt $((alone + 2000))
ok "all floods come to an end" wait_for 30 judged
says() { # mode code regular-expression
	like "$1: deferred, and the reply says why" "$(sql "SELECT state, status, reply FROM recipient
		WHERE domain = 'one.$1.test'")" "^deferred\|$2\|.*$3"
	is "$1: the other one, too" "$(sql "SELECT count(DISTINCT state || status) FROM recipient
		WHERE domain LIKE '%.$1.test'")" 1
}
for m in key-updates key-updates-answered tickets empty-records; do
	says $m 4.7.5 'the server floods the session'
done
# what wolfSSL itself does not take more than a few times
says warnings 4.4.2 'the server sent too many alerts'
says hello-requests 4.4.2 'the server sent an unexpected handshake message'
says early-warnings 4.7.5 'the server sent too many alerts'
says endless-handshake 4.7.5 'the server sent a malformed handshake message'
for m in change-cipher-specs empty-handshakes; do
	says $m 4.7.5 'what the server sent is not TLS'
done
for m in greeting-lines ehlo-lines ehlo-strays tls-ehlo-lines tiny-records end-of-message-lines; do
	says $m 4.5.0 'a reply that breaks the rules of SMTP'
done
is "a few tickets and KeyUpdates are no flood" "$(state_of x@one.polite.test) $(state_of x@two.polite.test)" \
	"delivered 2.0.0 - delivered 2.0.0 -"
stop $daemon_pid
is "SIGTERM ends it with 0" $? 0
EXTRA_ACCEPTED=$T/polite; printf 'x@one.polite.test\nx@two.polite.test\n' >"$EXTRA_ACCEPTED"
finish
