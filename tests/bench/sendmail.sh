# Sendmail as a sender, and as what mail comes through; unpacked by ./bootstrap and
# never installed.  Sourced by run.sh.
#
# As a sender it is filled by SMTP with delivery off, then its queue is run.  What
# it logs goes to syslog, which nobody reads here.

. "$E2E/sendmail.sh"

sendmail_there() { [ -x "$SENDMAIL" ] && [ -x "$UNBOUND" ]; }

# --- W1, W2, W4: the queue runners that serve each best, by host but for one domain
sendmail_tuned() { # workload
	case $1 in
	W1) runners=60 order=priority ;;
	W2) runners=100 order=host ;;
	W4) runners=250 order=priority ;;
	*) return 1 ;; # Debian's has no DANE
	esac
}

sendmail_sender_mc() {
	cat <<-E
	divert(0)dnl
	include(\`$SENDMAIL_ROOT/usr/share/sendmail/cf/m4/cf.m4')dnl
	VERSIONID(\`bench')dnl
	OSTYPE(\`bsd4.4')dnl
	define(\`confDOMAIN_NAME', \`runner.test')dnl
	define(\`confDONT_PROBE_INTERFACES', \`True')dnl
	define(\`confPID_FILE', \`$SM/sendmail.pid')dnl
	define(\`QUEUE_DIR', \`$SM/mqueue')dnl
	define(\`STATUS_FILE', \`')dnl
	undefine(\`ALIAS_FILE')dnl
	define(\`confCONTROL_SOCKET_NAME', \`')dnl
	define(\`confHOST_STATUS_DIRECTORY', \`')dnl
	define(\`confSERVICE_SWITCH_FILE', \`$SM/service.switch')dnl
	define(\`confBIND_OPTS', \`-DNSRCH -DEFNAMES')dnl
	define(\`confTO_IDENT', \`0')dnl
	define(\`confREFUSE_LA', \`1000')dnl
	define(\`confQUEUE_LA', \`1000')dnl
	define(\`confDELAY_LA', \`0')dnl
	define(\`confDELIVERY_MODE', \`queueonly')dnl
	define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit')dnl
	define(\`confCACERT', \`$T/certs/ca.pem')dnl
	define(\`confCACERT_PATH', \`$T/certs')dnl
	define(\`confQUEUE_SORT_ORDER', \`$order')dnl
	define(\`confMAX_QUEUE_CHILDREN', \`$((runners + 10))')dnl
	define(\`confMAX_RUNNERS_PER_QUEUE', \`$runners')dnl
	QUEUE_GROUP(\`mqueue', \`P=$SM/mqueue, F=f, R=$runners, I=1m')dnl
	FEATURE(\`no_default_msa')dnl
	FEATURE(\`nocanonify')dnl
	FEATURE(\`accept_unresolvable_domains')dnl
	FEATURE(\`promiscuous_relay')dnl
	FEATURE(\`access_db', \`hash $SM/access')dnl
	DAEMON_OPTIONS(\`Name=MTA, Family=inet, Addr=127.0.0.1, Port=2525')dnl
	MAILER(\`smtp')dnl
	E
}

sendmail_sender_files() {
	rm -rf "$SM"
	mkdir -p "$SM/mqueue"
	chmod 700 "$SM/mqueue"
	printf 'hosts dns\naliases files\npasswd files\n' >"$SM/service.switch"
	# encryption, whatever the certificate: as Postfix's encrypt
	printf 'TLS_Srv:\tENCR:112\n' >"$SM/access"
	sendmail_sender_mc >"$SM/sendmail.mc"
	m4 "$SM/sendmail.mc" >"$SM/sendmail.cf" 2>"$SM/m4.err" || diag "$(cat "$SM/m4.err")"
	"$MAKEMAP" -C "$SM/sendmail.cf" hash "$SM/access" <"$SM/access" >"$SM/makemap" 2>&1 ||
		diag "$(cat "$SM/makemap")"
}

sendmail_queued() { find "$SM/mqueue" -name 'qf*' | wc -l; }

sendmail_empty() { [ "$(sendmail_queued)" = 0 ]; }

sendmail_run() { # count size domains pattern; as run.sh wants it
	sendmail_sender_files
	start "$SENDMAIL" -C "$SM/sendmail.cf" -bD
	wait_for 20 sendmail_answers
	"$BENCH/fill.py" 2525 "$@"
	stop "$started" 2>/dev/null
	resolver_start
	sink_start -n "$1" -f "$T/sink.done"
	sync
	start "$top_builddir/tests/bench/measure" -o "$T/measured" \
		-l "$top_builddir/tests/bench/syncs.so" \
		"$SENDMAIL" -C "$SM/sendmail.cf" -bD -q1h
	wait_for "$RUN_LIMIT" test -e "$T/sink.done"
	wait_for 10 sendmail_empty
	left=$(sendmail_queued)
	stop "$started" 2>/dev/null
	sink_stop
	resolver_stop
}

# --- W6: what it costs to take mail
ingest_line() { # what, count, ms, files of measure...
	ingest_what=$1 ingest_count=$2 ingest_ms=$3
	shift 3
	cat "$@" | tr ' ' '\n' | awk -F= -v what="$ingest_what" -v n="$ingest_count" -v ms="$ingest_ms" '
		$1 == "user_ms" || $1 == "system_ms" { cpu += $2 }
		$1 == "syncs" { syncs += $2 }
		END { printf "%-44s %7.0f messages/s, %.3f ms of CPU, %.2f syncs each\n", what,
			n * 1000 / (ms > 0 ? ms : 1), cpu / n, syncs / n }'
}

measured() { # name command... in the background, as start has it
	measured_file=$T/measured.$1
	shift
	start "$top_builddir/tests/bench/measure" -o "$measured_file" \
		-l "$top_builddir/tests/bench/syncs.so" "$@"
}

milter_serves() { grep -q serving "$T/milter.log"; }

# Sendmail only queues, in both cases: what the milter takes it forgets again.
sendmail_takes() { # name, lines to drop from the .mc
	rm -f "$SM"/mqueue/*
	echo "define(\`confDELIVERY_MODE', \`queueonly')dnl" | sendmail_mc |
		sed "$2" >"$SM/sendmail.mc"
	m4 "$SM/sendmail.mc" >"$SM/sendmail.cf" 2>"$SM/m4.err" || diag "$(cat "$SM/m4.err")"
	measured "$1" "$SENDMAIL" -C "$SM/sendmail.cf" -bD
	taker=$started
	wait_for 20 sendmail_answers
	ingest_began=$(now_ms)
	"$BENCH/fill.py" 2525 "$COUNT" "$SIZE" 200 d%.test
	ingest_ms=$(($(now_ms) - ingest_began))
	stop "$taker"
}

insert_all() { # count; one transaction for each
	awk -v n="$1" -v text="$(cat "$T/message")" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "INSERT INTO submission (sender, recipients, content) VALUES " \
				"(\047a@sender.test\047, \047[\"u%d@d.test\"]\047, \047%s\047);\n", i, text
	}'
}

ingest_check() { # what, wanted, got
	[ "$2" = "$3" ] || diag "$1: $3 of $2 are there"
}

stored_count() { sql 'SELECT count(*) FROM message'; }

ingest_measure() {
	echo "W6: $COUNT messages of $SIZE octets come in, 8 connections at a time"
	tlsq_config </dev/null
	sendmail_files
	sendmail_takes alone '/tlsq\.m4/d'
	ingest_check "queue of Sendmail" "$COUNT" "$(sendmail_queued)"
	ingest_line "Sendmail alone, into its queue" "$COUNT" "$ingest_ms" "$T/measured.alone"

	mkdir -p "$T/run"
	chmod 750 "$T/run"
	! getent passwd tlsq >/dev/null || chown tlsq:tlsq "$T/run" "$T/spool"
	: >"$T/milter.log"
	measured milter tlsq-milter -d "$DB" -s "$MILTER_SOCKET" >"$T/milter.out" 2>"$T/milter.log"
	milter=$started
	wait_for 20 milter_serves || diag "$(cat "$T/milter.log")"
	sendmail_takes through ''
	stop "$milter"
	ingest_check "spool, through the milter" "$COUNT" "$(stored_count)"
	ingest_line "Sendmail with the milter, into the spool" "$COUNT" "$ingest_ms" \
		"$T/measured.through" "$T/measured.milter"
	ingest_line "  Sendmail's part of it" "$COUNT" "$ingest_ms" "$T/measured.through"
	ingest_line "  the milter's part of it" "$COUNT" "$ingest_ms" "$T/measured.milter"

	tlsq_config </dev/null
	{
		printf 'Subject: measurement\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\n'
		yes "$(printf '%70s' x)" | head -c $((SIZE - 80))
		echo
	} >"$T/message"
	ingest_began=$(now_ms)
	measured submit sh -c 'for i in $(seq "$1"); do
		tlsq -d "$2" submit -f a@sender.test --quiet "u$i@d.test" <"$3" || exit 1
		done' submit $((COUNT / 10)) "$DB" "$T/message"
	wait "$started"
	ingest_ms=$(($(now_ms) - ingest_began))
	ingest_check "spool, by tlsq submit" $((COUNT / 10)) "$(stored_count)"
	ingest_line "tlsq submit, one program a message" $((COUNT / 10)) "$ingest_ms" "$T/measured.submit"

	tlsq_config </dev/null
	insert_all "$COUNT" >"$T/insert.sql"
	ingest_began=$(now_ms)
	measured insert sqlite3 "$DB" ".read $T/insert.sql"
	wait "$started"
	ingest_ms=$(($(now_ms) - ingest_began))
	ingest_check "spool, by INSERT" "$COUNT" "$(stored_count)"
	ingest_line "INSERT INTO submission, one transaction each" "$COUNT" "$ingest_ms" "$T/measured.insert"
	umount /etc/hosts "$(readlink -f /etc/resolv.conf)"
}
