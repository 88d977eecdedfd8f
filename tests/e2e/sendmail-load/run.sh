#!/bin/sh
# 10,000 messages over 200 connections through Sendmail: none lost, none twice, and memory does not grow.
E2E_LIMIT=${E2E_LIMIT:-900}
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

messages=${MESSAGES:-10000} connections=${CONNECTIONS:-200}
config </dev/null
milter_start
sendmail_start <<X
DAEMON_OPTIONS(\`Name=MTA-load, Family=inet, Addr=127.0.0.1, Port=2525, Listen=511')dnl
X
"$E2E/flood.py" "$connections" 400 1000 2525 >"$T/first.list"
before=$(milter_memory)
began=$(now_ms)
"$E2E/flood.py" "$connections" "$messages" 1000 2525 >"$T/accepted.list"
diag "$messages messages in $(($(now_ms) - began)) ms, $before KiB at first, $(milter_memory) KiB at the end"
is "all were accepted" "$(sort -u "$T/accepted.list" | wc -l)" "$messages"
is "all are in the spool, once" "$(sql 'SELECT count(*) FROM message')" $((messages + 400))
is "under as many queue ids" "$(sql 'SELECT count(DISTINCT mta_id) FROM message')" $((messages + 400))
# 200 sessions hold 32 KiB and more each; what matters is that it does not grow
[ -n "$E2E_SANITIZED" ] || ok "memory stays below 48 MB" test "$(milter_memory)" -lt 49152
ok "nothing went into Sendmail's queue" wait_for 10 sendmail_idle
milter_stop
is "SIGTERM ends it with 0" "$milter_code" 0
finish
