# tlsq-runner as a sender.  Sourced by run.sh.

# starttls = require: like Postfix's encrypt, but the certificate must be valid.  DANE
# is tried where the domain has it.
tlsq_config() { # further lines on standard input
	rm -f "$T"/spool/*
	{ cat; cat <<-E
	[queue.tls.secure]
	starttls = "require"
	E
	} >"$T/config.bench"
	config <"$T/config.bench"
}

tlsq_fill() { # count size domains pattern
	sql "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1 - 1)
		INSERT INTO submission(sender, recipients, content, tls_strategy)
		SELECT 'a@sender.test', json_array('u' || i || '@' || replace('$4', '%', i % $3 + 1)),
			substr('From: <a@sender.test>' || char(10) || 'Subject: measurement' || char(10) ||
			'Date: Mon, 23 Nov 2026 10:00:00 +0000' || char(10) ||
			'Message-ID: <' || i || '@sender.test>' || char(10) || char(10) ||
			replace(printf('%*c', $2 / 72, '#'), '#', printf('%.70c', 'x') || char(13, 10)), 1, $2 - 7),
			'secure' FROM n"
}

tlsq_run() { # count size domains pattern; as run.sh wants it
	tlsq_config <<-E
	queue.virtual.default.threads-per-node = ${TLSQ_SESSIONS:-500}
	queue.limit.sessions-per-domain = ${TLSQ_PER_DOMAIN:-20}
	queue.limit.messages-per-session = 1000
	E
	tlsq_fill "$@"
	sql 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	sync
	sink_start
	"$top_builddir/tests/bench/measure" -o "$T/measured" \
		-l "$top_builddir/tests/bench/syncs.so" \
		tlsq-runner -d "$DB" --once >"$T/runner.out" 2>"$T/runner.log"
	sink_stop
	left=$(sql "SELECT count(*) FROM recipient WHERE state <> 'delivered'")
	proof=$(sql "SELECT group_concat(DISTINCT tls) FROM session")
	[ "$left" = 0 ] || diag "$(tail -n 3 "$T/runner.log")"
}
