# What a large queue, many sessions and growing work cost.  Sourced by run.sh.

# --- W5: a million wait, five hundred are due
STORED=${STORED:-1000000}
DUE=${DUE:-500}
IDLE_S=${IDLE_S:-60}

# Not by the view submission: its checks would take most of the time.
queue_fill() { # count due
	sql "BEGIN;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO message(id, sender, size) SELECT i, 'a@sender.test', 16 FROM n;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO content(message_id, seq, data)
			SELECT i, 0, CAST('Subject: x' || char(13, 10, 13, 10) || 'x' || char(10) AS BLOB) FROM n;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO recipient(message_id, address, domain, state, attempts, next_attempt_at)
			SELECT i, 'u' || i || '@d' || (i % 5000) || '.test', 'd' || (i % 5000) || '.test',
			'deferred', 1, unixepoch() + iif(i % ($1 / $2), 3600 + i % 86400, -1) FROM n;
		COMMIT;
		PRAGMA wal_checkpoint(TRUNCATE);"
}

query_time() { # what query
	echo "$2;" | sqlite3 -batch -cmd '.timer on' "$DB" | awk -v what="$1" '
		/^Run Time:/ { printf "%-34s %8.2f ms, %.2f ms of CPU\n", what, $4 * 1000, ($6 + $8) * 1000 }'
}

queue_measure() {
	echo "W5: $STORED deferred recipients, $DUE of them due"
	tlsq_config </dev/null
	queue_fill "$STORED" "$DUE" >/dev/null
	"$top_builddir/tests/bench/claim" "$DB" "$DUE"
	query_time "first page of the view queue" 'SELECT * FROM queue LIMIT 50'
	query_time "the same, of one domain" "SELECT * FROM queue WHERE domain = 'd7.test' LIMIT 50"
	query_time "count of the view queue" 'SELECT count(*) FROM queue'
	sql "UPDATE recipient SET next_attempt_at = next_attempt_at + 3600
		WHERE next_attempt_at < unixepoch()"
	daemon_start
	# the runner is quiet when nothing has changed for five seconds
	sleep 10
	idle_before=$(cpu_ms "$daemon_pid")
	sleep "$IDLE_S"
	echo "$idle_before $(cpu_ms "$daemon_pid") $IDLE_S" |
		awk '{ printf "%-34s %8.2f ms of CPU a minute\n", "idle runner", ($2 - $1) * 60 / $3 }'
	stop "$daemon_pid"
}

# --- W7: all sessions are open before the first message is answered
sessions_run() { # count
	sink_options= TLSQ_SESSIONS=$1 SINK="-b $1" tlsq_run "$1" "$SIZE" "$1" d%.test
	sed 's/.*most_open=\([0-9]*\).*/\1/' "$T/sunk"
	sed 's/.*memory_kb=\([0-9]*\).*/\1/' "$T/measured"
}

sessions_measure() {
	echo "W7: sessions at once"
	{ sessions_run 1; sessions_run 100; sessions_run 500; sessions_run 1000; } | paste - - | awk '
		NR == 1 { base = $2 }
		{ printf "%6d open: %7.1f MB", $1, $2 / 1024 }
		NR > 1 { printf ", %.1f KiB for each beyond the first", ($2 - base) / ($1 - 1) }
		{ print "" }'
}

# --- cost grows as the work
growth_line() { # name value count
	cat "$T/sunk" "$T/measured" | tr '\n' ' ' |
		sed "s|^|workload=$1 peer=$2 run=1 count=$3 left=$left sink_ms=$sink_ms resolver_ms=0 proof=$proof |" |
		"$BENCH/report.py" --line | awk -F '\t' '{ print $1, $2, $5, $6, $7, $8, $10, $15 }'
}

growth_measure() {
	echo "growth: what, how many, messages per s, CPU ms per message, MB, syncs per message, sessions, faults"
	for n in 1000 10000 100000; do
		sink_options= tlsq_run $n "$SIZE" 1 one.test
		growth_line messages $n $n
	done
	for n in 1 5 20 100; do
		TLSQ_PER_DOMAIN=$n sink_options= tlsq_run 5000 "$SIZE" 1 one.test
		growth_line sessions $n 5000
	done
}

bounds_measure() {
	sink_options= sink_start
	"$top_builddir/tests/bench/bounds" "$T" 127.0.0.2 "$T/certs/ca.pem"
	sink_stop
}
