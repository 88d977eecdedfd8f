#!/bin/sh
# Whatever keeps a message from being stored, Sendmail's client gets a 4xx, and nothing leaves by another path.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

mount -t tmpfs -o size=12m tmpfs "$T/spool"
config </dev/null
milter_start
sendmail_start </dev/null
count() { sql 'SELECT count(*) FROM message'; }

letter good | smtp bob@remote.test >"$T/out"
like "at first all is well" "$(cat "$T/out")" '^DOT 250'

# somebody holds the write lock longer than anybody's patience
start python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("BEGIN IMMEDIATE")
open(sys.argv[2], "w").close()
time.sleep(3600)' "$DB" "$T/locked"
locker=$started
wait_for 10 test -e "$T/locked"
began=$(now_ms)
letter locked | smtp bob@remote.test nobody@local.test >"$T/out"
like "a locked database is a 451 with a reason" "$(cat "$T/out")" '^DOT 451 4\.3\.0 .*queue is busy'
is "within 10 seconds" "$([ $(($(now_ms) - began)) -lt 10000 ] && echo yes)" yes
like "the log has SQLite's words" "$(cat "$T/milter.log")" 'locked'
letter locked | smtp nobody@local.test >"$T/out"
like "local mail does not care" "$(cat "$T/out")" '^DOT 250'
kill "$locker"
wait_for 10 gone "$locker"
letter again | smtp bob@remote.test >"$T/out"
like "afterwards it is taken" "$(cat "$T/out")" '^DOT 250'

letter bad | smtp '50%off@-x-.test' bob@remote.test >"$T/out"
like "what no server would take is refused at once, in one piece" "$(cat "$T/out")" '^RCPT 553 5\.1\.3 .*50%off@-x-'

# a full disk: while the content comes, and at the commit
before=$(count)
{ letter large; yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 20000000; } | smtp bob@remote.test >"$T/out"
like "a full disk while the message comes is a 452" "$(cat "$T/out")" '^DOT 452 4\.3\.1'
{ letter large; yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 7000000; } | smtp bob@remote.test >"$T/out"
like "and at the commit" "$(cat "$T/out")" '^DOT 452 4\.3\.1'
is "nothing of it was stored" "$(count)" "$before"
letter small | smtp bob@remote.test >"$T/out"
like "what fits is taken" "$(cat "$T/out")" '^DOT 250'

# an expression that fails only with some mail
config <<X
[milter]
take = "CASE WHEN rcpt LIKE 'x%' THEN 'neither' ELSE rcpt_mailer = 'esmtp' END"
X
sleep 1
letter fine | smtp bob@remote.test xbob@remote.test >"$T/out"
like "an expression that fails is a 451 for its recipient" "$(cat "$T/out")" '^RCPT 451 4\.3\.5 .*configuration'
like "and no other" "$(cat "$T/out")" '^DOT 250'
is "which is taken" "$(sql "SELECT count(*) FROM recipient WHERE address LIKE 'x%'")" 0

sql 'DELETE FROM setting'
milter_stop
letter down | smtp bob@remote.test >"$T/out"
like "without the milter clients come again" "$(cat "$T/out")" '^(MAIL|RCPT|DATA|GREETING|DOT) 4[0-9][0-9]'
milter_start
letter up | smtp bob@remote.test >"$T/out"
like "with it, mail flows" "$(cat "$T/out")" '^DOT 250'
start sh -c "letter() { printf 'Subject: x\n\nx\n'; }; letter | '$E2E/smtp.py' --stop half bob@remote.test >/dev/null 2>&1"
kill -9 "$milter_pid"
letter killed | smtp bob@remote.test >"$T/out"
like "a milter that was killed is a 4xx" "$(cat "$T/out")" '^[A-Z]+ 4[0-9][0-9]'
: >"$T/milter.log"
milter_start
letter back | smtp bob@remote.test >"$T/out"
like "a new one takes its socket over" "$(cat "$T/out")" '^DOT 250'
exits "a second one is refused" 69 timeout 10 tlsq-milter -d "$DB" -s "$MILTER_SOCKET"
exits "a bad socket is a usage error" 64 tlsq-milter -d "$DB" -s /tmp/x
exits "none, too" 64 tlsq-milter
ok "nothing went into Sendmail's queue" wait_for 10 sendmail_idle
finish
