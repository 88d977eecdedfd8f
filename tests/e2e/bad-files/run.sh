#!/bin/sh
# Files that the configuration names and that cannot be used: one line, exit code 78, and no weaker check of any mail.
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
letter x | submit --quiet -f a@sender.test x@example.test
echo 'gar{bage: [' >"$T/garbage"
mkfifo "$T/pipe"
mkdir "$T/directory"
for key in tls.ca-file dns.unbound-config dns.trust-anchor; do
	for file in "$T/nosuch" "$T/directory" "$T/pipe" /dev/zero "$T/garbage"; do
		echo "$key = \"$file\"" | config
		exits "$key = ${file##*/}" 78 timeout 20 tlsq-runner -d "$DB" --once
		is "its line names key and file" "$(grep -c "^tlsq-runner: $key: $file: " "$T/err")" 1
	done
done
is "the mail waits" "$(state_of x@example.test)" "queued - -"

# --- a daemon goes on with the configuration that it has
config </dev/null
notify_listen
daemon_start
ready() { grep -q '^READY=1' "$T/notified"; }
wait_for 10 ready
echo "tls.ca-file = \"$T/nosuch\"" | config
refused() { grep -q "configuration: tls.ca-file: $T/nosuch: .*keeping the previous configuration" "$T/runner.log"; }
ok "a daemon says what is wrong" wait_for 10 refused
for i in 1 2 3; do
	letter $i | submit --quiet -f a@sender.test y$i@example.test
	arrived() { [ "$(state_of y$i@example.test)" = "delivered 2.0.0 -" ]; }
	ok "and delivers by what it had ($i)" wait_for 10 arrived
done
is "it said so once" "$(grep -c 'keeping the previous configuration' "$T/runner.log")" 1
config </dev/null
in_force() { grep -q 'configuration [0-9]* is in force' "$T/runner.log"; }
ok "the next good one is taken" wait_for 10 in_force
stop $daemon_pid
is "SIGTERM ends it with 0" $? 0
finish
