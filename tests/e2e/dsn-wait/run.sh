#!/bin/sh
# While the milter waits for a result, no DSN is sent, until the milter has finished or died.
. "${0%/*}/../lib.sh"

dns_zone bank.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
peer_start <<E
[{"name": "bank", "listen": ["127.0.0.2:25"], "rules": [{"on": "^RCPT", "say": "550 5.1.1 nobody"}]},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
E
config </dev/null
for s in accepts answers dies; do
	letter $s | submit --quiet -f $s@sender.test x@bank.test
done
sql "UPDATE message SET wait_until = unixepoch() + 3600"
runner_once
told() { wire messages local | awk '{ print $3 }' | paste -sd' '; }
is "the result is there for the milter" "$(sql "SELECT DISTINCT state, status, dsn_owed FROM recipient")" "failed|5.1.1|failed"
is "and nobody else was told" "$(told)" ""
is "the content stays" "$(sql "SELECT count(*) FROM content")" 3
sql "UPDATE recipient SET state = 'withdrawn' WHERE message_id = 2; UPDATE message SET wait_until = 0 WHERE id <= 2"
runner_once
is "the one that it accepted gets a report, the one it answered does not" "$(told)" "<accepts@sender.test>"
is "both are finished" "$(sql "SELECT count(*) FROM message WHERE id <= 2 AND finished_at IS NOT NULL AND wait_until IS NULL")" 2
is "what was answered owes nothing" "$(sql "SELECT state, dsn_owed IS NULL FROM recipient WHERE message_id = 2")" "withdrawn|1"
sql "UPDATE message SET wait_until = unixepoch() - 1 WHERE id = 3"
runner_once
is "a milter that died waits no longer" "$(told)" "<accepts@sender.test> <dies@sender.test>"
is "nothing is left" "$(sql "SELECT count(*) FROM content")" 0

# a daemon with nothing else to do
letter silent | submit --quiet -f silent@sender.test x@bank.test
sql "UPDATE message SET wait_until = unixepoch() + 3 WHERE sender GLOB 'silent*'"
daemon_start
silent_is_told() { wire messages local | grep -q silent; }
ok "wakes up when a wait ends" wait_for 20 silent_is_told
is "and not before" "$(sql "SELECT d.received_at - m.received_at BETWEEN 2 AND 8 FROM message AS d, message AS m
	WHERE d.source = 'dsn' AND m.id = d.id - 1 AND m.sender GLOB 'silent*'")" 1
stop "$daemon_pid"
finish
