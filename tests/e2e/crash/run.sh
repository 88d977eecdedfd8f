#!/bin/sh
# The programs are killed at each failpoint and restarted: nothing is lost, and at most one message of each session is sent twice.
#
# Each step below first runs undisturbed, to record which failpoints it passes and
# how it ends.  Then, for each failpoint in the source, the spool is reset to the
# start of a step that passes it, the program is killed there, the step runs again,
# and must end as it did the first time.  POINTS=... runs only these failpoints.
E2E_LIMIT=900
. "${0%/*}/../lib.sh"
[ "$E2E_FAILPOINTS" = yes ] || skip_all "needs a build with --enable-failpoints"

n=1
for d in ok hold later old del bounce slow wake down shut; do
	n=$((n + 1))
	dns_zone $d.test signed <<Z
@ MX 10 mx
mx A 127.0.0.$n
Z
done
dns_zone reports.test signed <<Z
@ A 127.0.0.12
Z
dns_zone report.test signed <<Z
_smtp._tls.good TXT "v=TLSRPTv1; rua=https://reports.test/ok"
_smtp._tls.bad TXT "v=TLSRPTv1; rua=https://reports.test/500"
_smtp._tls.mail TXT "v=TLSRPTv1; rua=mailto:rua@ok.test"
Z
dns_start
cert_make reports dns=reports.test
mkdir "$T/reports"
start "$E2E/reporthost.py" "$T/reports" 127.0.0.12:443 "$T/certs/reports"
cert_make mx dns=mx.ok.test,mx.hold.test,mx.later.test,mx.old.test,mx.del.test,mx.bounce.test,mx.slow.test,mx.wake.test,mx.shut.test
peer_start <<J
[{"name": "mx", "listen": ["127.0.0.2:25", "127.0.0.3:25", "127.0.0.4:25", "127.0.0.5:25", "127.0.0.6:25", "127.0.0.7:25"],
  "cert": "mx", "rules": [{"on": "^RCPT.*<bad@", "say": "550 5.1.1 no"}, {"on": "^RCPT.*@(later|old)", "say": "450 4.2.0 later"}]},
 {"name": "slow", "listen": ["127.0.0.8:25"], "cert": "mx", "rules": [{"on": "EOM", "delay": 1.5}]},
 {"name": "wake", "listen": ["127.0.0.9:25"], "cert": "mx"},
 {"name": "shut", "listen": ["127.0.0.11:25"], "cert": "mx", "rules": [{"on": "EOM", "then": "close"}]},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
J
config_text >"$T/tlsq.toml" <<C
queue.limit.sessions-per-domain = 2
report.tls.org-name = "Relay"
report.tls.contact-info = "postmaster@relay.test"
report.tls.from = "tlsrpt@relay.test"
[queue.schedule.default]
retry = ["10m"]
max-attempts = 2
C

# --- the steps: before_NAME prepares, NAME is killed, again_NAME is what its user does then
put() { # addresses; a message of its own each
	for to in "$@"; do
		letter "$to" | submit --quiet -f a@sender.test "$to"
	done
}
letters() { # how many bytes, about
	letter "$1"
	yes "and so on, and so on, and so on, and so on, and so on" | head -c "$2"
}
once() { timeout -k 5 60 tlsq-runner -d "$DB" --once >>"$T/runner.log" 2>&1 </dev/null; }

before_upgrade() {
	rm -rf "$T/spool"/*
	sqlite3 "$DB" <"$top_srcdir/tests/unit/spool/schema_v1.sql" >"$T/v1.out"
	chgrp tlsq "$DB" 2>/dev/null
	chmod 660 "$DB"
	chown tlsq "$DB" 2>/dev/null
}
upgrade() { tlsq_ load "$T/tlsq.toml"; }

before_create() { rm -rf "$T/spool"/*; }
create() { tlsq_ load "$T/tlsq.toml"; }

insert() { letter insert | submit --quiet -f a@sender.test insert@ok.test; }

checkpoint() { letters checkpoint 4000000 | submit --quiet -f a@sender.test checkpoint@ok.test; }

before_hold() { put 1@hold.test 2@hold.test; }
hold() { tlsq_ hold --domain hold.test; }
release() { tlsq_ release --domain hold.test; }
before_retry() {
	put 1@later.test
	once
}
retry() { tlsq_ retry --domain later.test; }
before_delete() { put 1@del.test; }
delete() { tlsq_ delete --domain del.test; }
before_bounce() { put 1@bounce.test; }
bounce() { tlsq_ bounce --domain bounce.test; }

before_run() {
	put 1@old.test
	once
	tlsq_ retry --domain old.test >/dev/null
	put 2@later.test
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		put run$i@ok.test
	done
	letter two | submit --quiet -f a@sender.test two@ok.test bad@ok.test
}
run() { once; }

before_dead() {
	put 1@ok.test 2@ok.test
	TLSQ_FAILPOINT=claim.after-commit once
}
dead() { once; }

before_expired() {
	put 3@ok.test 4@ok.test
	TLSQ_FAILPOINT=claim.after-commit once
	sql "DELETE FROM runner; UPDATE recipient SET claimed_until = unixepoch() - 1 WHERE state = 'active'"
	rm -f "$T/spool"/runner-*
}
expired() { once; }

before_late() { put 1@slow.test; }
late() { # another runner takes over while the first one waits for its 250
	tlsq-runner -d "$DB" --once >>"$T/runner.log" 2>&1 </dev/null &
	late_pid=$!
	wait_for 10 content_sent
	sql "UPDATE recipient SET claimed_by = 'elsewhere/1/1/1', claimed_until = unixepoch() + 900 WHERE state = 'active'"
	wait $late_pid
}
content_sent() { wire segments slow '.*\r\n\.\r\n' | grep -q .; }
again_late() {
	sql "UPDATE recipient SET claimed_until = unixepoch() - 1 WHERE state = 'active'"
	once
}

before_down() {
	put 1@down.test
	once
	put 2@down.test
}
down() { once; }

before_wake() {
	put 1@wake.test 2@wake.test
	sql "UPDATE recipient SET next_attempt_at = unixepoch() + 500, last_error = 'connection' WHERE address = '2@wake.test';
		INSERT INTO domain_status (domain, last_attempt_at, failing_since, last_error) VALUES ('wake.test', 1, 1, 'connection')"
}
wake() { once; }

before_waiting() { # the milter that had this one died
	put bad@ok.test
	sql "UPDATE message SET wait_until = 1 WHERE finished_at IS NULL
		AND id IN (SELECT message_id FROM recipient WHERE address = 'bad@ok.test')"
}
waiting() { once; }

before_retention() {
	letters purge 12000000 | submit --quiet --hold -f a@sender.test purge@del.test
	tlsq_ delete --domain del.test >/dev/null
	sql "UPDATE message SET finished_at = 1 WHERE finished_at IS NOT NULL"
}
retention() { once; }

before_report() { # of a day that is over, to one receiver of each kind
	sql "INSERT INTO tls_report (day, domain, policy_type, count) SELECT date('now', '-1 day'), value || '.report.test', 'no-policy-found', 1
		FROM json_each('[\"good\", \"bad\", \"mail\", \"none\"]')"
}
report() { tlsq_ report --send; }
again_report() { # ten minutes later
	sql "UPDATE tls_report_sent SET next_try_at = 0 WHERE state = 'due'"
	report
}

before_reported() { # one that comes back, signed
	put rua@ok.test
	sql "UPDATE message SET tls_report = 'id@relay.test', source = 'milter' WHERE id = (SELECT max(id) FROM message);
		INSERT INTO tls_report_sent (day, domain, report_id, state, next_try_at) VALUES ('2026-01-01', 'x.test', 'id@relay.test', 'queued', 0)"
}
reported() { once; }

before_suspend() {
	put 1@hold.test
	tlsq_ suspend hold.test --for 1d --reason test
}
suspend() { once; }

steps="upgrade create insert checkpoint hold release retry delete bounce run dead expired late down wake waiting report reported suspend retention"

has() { command -v "$1" >/dev/null; }
prepare() { ! has "before_$1" || "before_$1"; }
again() {
	if has "again_$1"; then
		"again_$1"
	else
		"$1" >/dev/null
	fi
}

# --- what must be true
outcome() { # a message may be there twice: its sender heard no yes; a DSN may not
	sql "SELECT DISTINCT address, state, coalesce(status, '-') FROM recipient ORDER BY 1, 2, 3;
		SELECT 'DSN', count(*) FROM message WHERE source = 'dsn';
		SELECT 'report', domain, state, target FROM tls_report_sent ORDER BY 1, 2;
		SELECT 'reports by mail', count(*) FROM message WHERE source = 'report'"
}
breaches() { # of what holds at any time, also right after a crash
	breaches_ 2>&1
}
breaches_() {
	sql "PRAGMA integrity_check" | sed '/^ok$/d'
	sql "PRAGMA foreign_key_check"
	sql "SELECT 'message without recipient', id FROM message WHERE id NOT IN (SELECT message_id FROM recipient);
		SELECT 'content without message', message_id FROM content WHERE message_id NOT IN (SELECT id FROM message);
		SELECT 'content not whole', id FROM message AS m WHERE finished_at IS NULL
			AND size <> coalesce((SELECT sum(length(data)) FROM content WHERE message_id = m.id), 0);
		SELECT 'content of a finished message', m.id FROM message AS m JOIN content AS c ON c.message_id = m.id WHERE finished_at IS NOT NULL;
		SELECT 'finished with an open recipient', m.id FROM message AS m JOIN recipient AS r ON r.message_id = m.id
			WHERE m.finished_at IS NOT NULL AND r.finished_at IS NULL;
		SELECT 'claimed by nobody we know', id FROM recipient WHERE state = 'active'
			AND claimed_by NOT LIKE 'elsewhere/%' AND claimed_until >= unixepoch() AND NOT EXISTS
			(SELECT 1 FROM runner WHERE claimed_by LIKE '%/' || runner.id)"
}
leftovers() { # of what holds once nobody runs and everything was tried
	sql "SELECT 'still active', id FROM recipient WHERE state = 'active';
		SELECT 'runner still there', id FROM runner;
		SELECT 'never finished', m.id FROM message AS m WHERE finished_at IS NULL AND wait_until IS NULL AND NOT EXISTS
			(SELECT 1 FROM recipient AS r WHERE r.message_id = m.id AND r.finished_at IS NULL)"
	(cd "$T/spool" && ls | grep -vE '^spool\.db(-wal|-shm|-reserve|\.version-1|\.new-.*)?$')
}
unsent() { # delivered, as the spool says, but no server had it
	wire accepted | LC_ALL=C sort -u >"$T/sent"
	sql "SELECT DISTINCT address FROM recipient WHERE state = 'delivered' AND finished_at >= $began" |
		LC_ALL=C sort -u | LC_ALL=C comm -23 - "$T/sent"
}
too_often() { wire repeated | awk '$2 > 1'; }

wire_keep() {
	cat "$T/peer/wire.jsonl" >>"$T/wire.all"
	: >"$T/peer/wire.jsonl"
}

# --- as it is
mkdir "$T/before" "$T/passed" "$T/ends"
chmod 1777 "$T/passed"
for step in $steps; do
	prepare $step
	cp -a "$T/spool" "$T/before/$step"
	wire_keep
	TLSQ_FAILPOINT_LOG=$T/passed/$step
	export TLSQ_FAILPOINT_LOG
	$step >"$T/out" 2>"$T/err"
	is "$step works" $? 0
	unset TLSQ_FAILPOINT_LOG
	once
	outcome >"$T/ends/$step"
	is "$step leaves nothing behind" "$(breaches; leftovers)" ""
done

# --- killed
# One that no step passes is an error here: write a step for it.
points=$("${0%/*}/points.py" "$top_srcdir/src")
ok "the source has failpoints" test "$(echo "$points" | wc -l)" -gt 40
"${0%/*}/points.py" "$top_srcdir/src" rows | while read -r row; do
	grep -q "\`$row\`" "$top_srcdir/doc/spool-states.md" || echo "$row"
done >"$T/unknown"
is "doc/spool-states.md has each of them" "$(cat "$T/unknown")" ""
for point in ${POINTS:-$points}; do
	# needs Sendmail: tests/e2e/sendmail-wait
	case $point in withdraw.*) continue ;; esac
	step=$(grep -lx "$point" "$T/passed"/* | head -n 1)
	step=${step##*/}
	[ -n "$step" ] || { verdict 1 "a step passes $point"; continue; }
	rm -rf "$T/spool"
	cp -a "$T/before/$step" "$T/spool"
	wire_keep
	began=$(date +%s)
	TLSQ_FAILPOINT=$point
	export TLSQ_FAILPOINT
	$step >"$T/out" 2>"$T/err"
	code=$?
	unset TLSQ_FAILPOINT
	# where it came about another way this time
	[ $code = 137 ] || { verdict 1 "$step is killed at $point, not: $code"; continue; }
	ls "$DB" >/dev/null 2>&1 && after=$(breaches) || after=
	is "$point in $step: a crash breaks nothing" "$after" ""
	again $step >"$T/out" 2>&1 || diag "$(tail -n 5 "$T/out")"
	once
	is "$point: it ends as it would have" "$(outcome | diff "$T/ends/$step" -)" ""
	is "$point: nothing is left behind" "$(breaches; leftovers)" ""
	is "$point: what is delivered was taken by a server" "$(unsent)" ""
	is "$point: at most one message of a session was sent twice" "$(too_often)" ""
done

# --- a disk that hangs: nobody runs ahead of the commit
rm -rf "$T/spool"
cp -a "$T/before/run" "$T/spool"
wire_keep
TLSQ_FAILPOINT=result-delivered.before-commit=stall tlsq-runner -d "$DB" --once >"$T/out" 2>"$T/err" </dev/null &
stalled=$!
pids="$pids $stalled"
wait_for 20 grep -q stalled "$T/err"
sleep 2
is "no session has a second message taken while the first is not recorded" \
	"$(wire messages mx | wc -l)" 2
kill -9 $stalled
wait $stalled 2>/dev/null
once
is "killed then, it ends as it would have" "$(outcome | diff "$T/ends/run" -)" ""
is "and at most one message of a session was sent twice" "$(too_often)" ""

# the same with a server that ends each session after its first message
rm -rf "$T/spool"
cp -a "$T/before/run" "$T/spool"
wire_keep
put 1@shut.test 2@shut.test 3@shut.test 4@shut.test 5@shut.test 6@shut.test
TLSQ_FAILPOINT=result-delivered.before-commit=stall tlsq-runner -d "$DB" --once --domain shut.test \
	>"$T/out" 2>"$T/err" </dev/null &
stalled=$!
pids="$pids $stalled"
wait_for 20 grep -q stalled "$T/err"
sleep 2
ok "nor does a new session go on where the last one's message is not recorded" \
	test "$(wire offered shut | wc -l)" -le 2
kill -9 $stalled
wait $stalled 2>/dev/null

# --- a commit that fails once
rm -rf "$T/spool"
cp -a "$T/before/run" "$T/spool"
wire_keep
: >"$T/runner.log"
TLSQ_FAILPOINT=result-delivered.before-commit=fail once
like "a commit that fails is tried again" "$(cat "$T/runner.log")" "released its disk reserve and is retrying"
is "and nothing is sent twice" "$(wire repeated; outcome | diff "$T/ends/run" -)" ""
cat "$T/wire.all" >>"$T/peer/wire.jsonl"
finish
