#!/bin/sh
# The daemon notices new mail and a new configuration within a second, and stops on SIGTERM.
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
notify_listen
WATCHDOG_USEC=1000000
export WATCHDOG_USEC
daemon_start
told() { grep -q "$1" "$T/notified"; }
ok "the service manager hears when it is ready" wait_for 10 told '^READY=1 MAINPID=[0-9]'
ok "and that it lives" wait_for 10 told '^WATCHDOG=1 STATUS=0 recipients in delivery'
delivered() { [ "$(sql "SELECT count(*) FROM recipient WHERE state = 'delivered'")" -ge "$1" ]; }
begin=$(now_ms)
letter one | submit --quiet -f a@sender.test one@example.test
wait_for 10 delivered 1
took=$(($(now_ms) - begin))
ok "mail by tlsq submit is sent at once (took $took ms)" test $took -lt 2500
begin=$(now_ms)
sql "INSERT INTO submission(sender, recipients, content)
	VALUES ('a@sender.test', '[\"two@example.test\"]', 'Subject: two' || char(10) || char(10) || 'text')"
wait_for 10 delivered 2
took=$(($(now_ms) - begin))
ok "and mail by plain SQL (took $took ms)" test $took -lt 2500
config <<E
queue.connection.default.ehlo-hostname = "renamed.test"
E
renamed() {
	letter again | submit --quiet -f a@sender.test again@example.test
	wire commands mx '^EHLO renamed.test' | grep -q .
}
ok "a new configuration is used without a restart" wait_for 10 renamed
is "one runner is registered" "$(sql 'SELECT count(*) FROM runner')" 1
user=$(stat -c %U "/proc/$daemon_pid")
if getent passwd tlsq >/dev/null; then
	is "started as root it runs as tlsq" "$user" tlsq
fi
all_done() { [ "$(sql 'SELECT count(*) FROM queue')" = 0 ]; }
wait_for 10 all_done
begin=$(now_ms)
stop $daemon_pid
code=$?
took=$(($(now_ms) - begin))
ok "the service manager hears that it ends" told '^STOPPING=1'
is "SIGTERM ends it with 0" $code 0
ok "soon (took $took ms)" test $took -lt 3000
is "nothing stays claimed" "$(sql "SELECT count(*) FROM recipient WHERE state = 'active' OR claimed_by IS NOT NULL")" 0
is "and it is no longer registered" "$(sql 'SELECT count(*) FROM runner')" 0
finish
