#!/bin/sh
# Content is deleted with the last result, everything else after queue.retention; the file and its log stay small.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.example.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [{"on": "^RCPT.*later", "say": "450 4.2.1 later"}]}]
E
config <<E
queue.retention = "1h"
E
rows() { # message, recipient, attempt, session, content
	sql "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM recipient), (SELECT count(*) FROM attempt),
		(SELECT count(*) FROM session), (SELECT count(*) FROM content)"
}
age() { # seconds: all that happened was so long ago
	sql "UPDATE message SET finished_at = finished_at - $1; UPDATE session SET started_at = started_at - $1"
}
pages() { sql 'PRAGMA page_count'; }

letter one | submit --quiet -f a@sender.test a@example.test b@example.test
letter two | submit --quiet -f a@sender.test c@example.test later@example.test
runner_once
is "content goes with the last result, not before" "$(rows)" "2|4|4|1|1"
age 3000
runner_once
is "the rest stays for the time of retention" "$(rows)" "2|4|4|1|1"
age 1000
runner_once
is "then it goes, but for what waits" "$(rows)" "1|2|2|1|1"
is "and nothing refers to what is gone" "$(sql 'PRAGMA foreign_key_check')" ""
tlsq_ delete --all >/dev/null
is "deleted: content goes at once" "$(rows)" "1|2|2|1|0"
sql "UPDATE message SET finished_at = 1; UPDATE session SET started_at = 1"
runner_once
is "and the rest in its time" "$(rows)" "0|0|0|0|0"

# --- the states of domains
sql "INSERT INTO domain_status (domain, last_attempt_at, failing_since, last_error)
	VALUES ('gone.test', unixepoch() - 3700, unixepoch() - 90000, 'tls'),
	('fresh.test', unixepoch() - 3500, unixepoch() - 3500, 'tls'),
	('waits.test', unixepoch() - 90000, unixepoch() - 90000, 'tls')"
letter waits | submit --quiet --hold -f a@sender.test a@waits.test
runner_once
is "the state of a domain goes when nothing was tried for the time of retention, unless mail waits" \
	"$(sql 'SELECT group_concat(domain) FROM (SELECT domain FROM domain_status WHERE failing_since > 0 ORDER BY domain)')" \
	"example.test,fresh.test,waits.test"
is "what fails now is a problem" "$(sql "SELECT domain, waiting FROM problems WHERE domain <> 'example.test' ORDER BY domain")" \
	"fresh.test|0
waits.test|1"
tlsq_ delete --all >/dev/null
sql "UPDATE message SET finished_at = 1; UPDATE domain_status SET last_attempt_at = 1"
runner_once
is "in the end all are gone" "$(rows) $(sql 'SELECT count(*) FROM domain_status')" "0|0|0|0|0 0"

letter stray | submit --quiet -f a@sender.test a@example.test
sql "UPDATE recipient SET state = 'deleted', finished_at = unixepoch()"
runner_once
is "a message that was ended by hand is finished" "$(sql 'SELECT count(*) FROM message WHERE finished_at IS NULL') $(rows)" \
	"0 1|1|0|0|0"

# --- more than one round, and a file that shrinks
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1800)
	INSERT INTO message(sender, size, received_at, finished_at) SELECT '', 1, 1, 1 FROM n;
	INSERT INTO recipient(message_id, address, domain, state, finished_at)
	SELECT id, 'x@example.test', 'example.test', 'delivered', 1 FROM message WHERE size = 1"
yes 'a line of a message that is not small' | head -c 30000000 >"$T/big"
submit --quiet -f a@sender.test x@example.test <"$T/big"
before=$(pages)
runner_once
is "all rounds that are due are made" "$(sql 'SELECT count(*) FROM message WHERE size = 1')" 0
after=$(pages)
ok "the file gives back what it does not need ($before pages, then $after)" test $((before - after)) -gt 2000
is "it is sound" "$(sql 'PRAGMA integrity_check')" ok

# --- a steady load, with a daemon
sql 'UPDATE message SET finished_at = 1'
daemon_start
purged() { [ "$(sql 'SELECT count(*) FROM message')" = 0 ]; }
ok "a daemon purges, too" wait_for 10 purged
round() {
	for i in 1 2 3 4; do
		head -c 2000000 "$T/big" | submit --quiet -f a@sender.test "r$1-$i@example.test"
	done
	wait_for 20 delivered
	sql "UPDATE message SET finished_at = 1 WHERE finished_at IS NOT NULL; UPDATE session SET started_at = 1"
}
delivered() { [ "$(sql 'SELECT count(*) FROM queue')" = 0 ]; }
largest=0
for r in 1 2 3 4 5 6; do
	round $r
	[ "$r" -gt 1 ] || first=$(pages)
	[ "$(pages)" -le "$largest" ] || largest=$(pages)
done
ok "six times the load needs no more than one ($first pages, at most $largest)" test "$largest" -le $((first + first / 4))
log=$(stat -c %s "$DB-wal")
ok "the log is short ($log octets)" test "$log" -lt 16000000
stop $daemon_pid
is "the runner ends in order" $? 0
is "and leaves no log" "$(test -s "$DB-wal"; echo $?)" 1

# --- a damaged page
cp "$DB" "$T/good.db"
pagesize=8192
root=$(sql "SELECT rootpage FROM sqlite_schema WHERE name = 'recipient_message'")
tlsq_ check >/dev/null
is "check passes" $? 0
printf 'XXXXXXXXXXXXXXXX' | dd of="$DB" bs=1 seek=$(((root - 1) * pagesize)) conv=notrunc 2>/dev/null
exits "check finds a damaged page" 65 tlsq_ check
like "and says where" "$(cat "$T/err")" '^tlsq: .*spool\.db: '

# --- and the document tells how to rebuild it
mkdir "$T/rebuilt"
sed -n '/sqlite3 spool\.db \.dump/,/journal_mode/s/^    //p' "$top_srcdir/doc/spool.md" | sed "s,spool\.db,$DB," >"$T/rebuild.sh"
is "the document has two commands" "$(wc -l <"$T/rebuild.sh")" 2
(cd "$T/rebuilt" && sh "$T/rebuild.sh") >"$T/out" 2>&1
is "the copy is nobody else's" "$(stat -c %a "$T/rebuilt/rebuilt.db")" 600
chown -R tlsq:tlsq "$T/rebuilt" 2>/dev/null
exits "what was rebuilt is sound" 0 tlsq -d "$T/rebuilt/rebuilt.db" check
for table in message recipient attempt session domain_status setting; do
	sqlite3 "$T/good.db" "SELECT * FROM $table NOT INDEXED" >"$T/good.rows"
	sqlite3 "$T/rebuilt/rebuilt.db" "SELECT * FROM $table" >"$T/rebuilt.rows"
	ok "and has all rows of $table" cmp "$T/good.rows" "$T/rebuilt.rows"
done
ok "the same schema" test "$(sqlite3 "$T/good.db" 'SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')" = \
	"$(sqlite3 "$T/rebuilt/rebuilt.db" 'SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')"
cp "$T/good.db" "$DB"
finish
