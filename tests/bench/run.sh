#!/bin/sh
# Measurements (make bench): run.sh [WORKLOAD...]
#
#   W1      2,000 messages of 4 KiB to one domain
#   W2      2,000 to 200 domains with a host each
#   W3      W2 with DANE
#   W4      2,000 to 2,000 domains, each flight of the client answered 50 ms late
#   W5      a spool of 1,000,000 deferred recipients, 500 of them due
#   W6      mail comes in: Sendmail without and with the milter, tlsq submit, SQL
#   W7      1,000 sessions at once
#   growth  W1 with 1,000 to 100,000 messages, with 1 to 100 sessions at a time
#   bounds  what this machine can do at most
#
# W1 to W4 go through tlsq-runner, Postfix and Sendmail (which has no DANE: not W3)
# in turn, RUNS times (3), in the namespaces of the end-to-end tests: no packet leaves the machine.  STARTTLS
# is required everywhere.  Each result is a line of results.tsv in the build
# directory; report.py makes medians and ratios.  Nothing here passes or fails.
#
# Environment: RUNS, PEERS ("tlsq postfix postfix-tuned sendmail"), COUNT (2000),
# SIZE (4096), SINK (further options of the sink), RUN_LIMIT (seconds).

E2E=$(cd "$(dirname "$0")/../e2e" && pwd)
E2E_LIMIT=${E2E_LIMIT:-7200}
. "$E2E/lib.sh"
BENCH=$E2E/../bench
UNBOUND=${UNBOUND:-$(command -v unbound)}
RESULTS=${RESULTS:-$top_builddir/tests/bench/results.tsv}
RUNS=${RUNS:-3}
PEERS=${PEERS:-tlsq postfix postfix-tuned sendmail}
COUNT=${COUNT:-2000}
SIZE=${SIZE:-4096}
RUN_LIMIT=${RUN_LIMIT:-300}
finished=yes	# no TAP here
. "$BENCH/postfix.sh"
. "$BENCH/tlsq.sh"
. "$BENCH/queue.sh"
. "$BENCH/sendmail.sh"

# --- the world: names, certificates, the sink
# Every domain has a mail host with an address of its own.
records() { # count, lines before each
	awk -v n="$1" -v tlsa="$2" 'BEGIN {
		print "one MX 10 one.mx\none.mx A 127.0.0.2"
		for (i = 1; i <= n; i++) {
			printf "d%d MX 10 d%d.mx\nd%d.mx A 127.1.%d.%d\n", i, i, i,
				i / 200, i % 200 + 1
			if (tlsa)
				printf "_25._tcp.d%d.mx TLSA 3 1 1 %s\n", i, tlsa
		}
	}'
}

world_make() {
	cert_make mx 'dns=one.mx.test,*.mx.test,*.mx.dane.test'
	tlsa=$(openssl x509 -in "$T/certs/mx.pem" -noout -pubkey |
		openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
	records 2000 '' | dns_zone test signed
	records 200 "$tlsa" | dns_zone dane.test signed
	# without the proxy of the tests: it costs more than what is measured
	"$E2E/dnstree.py" "$T/dns" 5454 5454 || exit 1
	start nsd -d -c "$T/dns/nsd.conf"
	wait_for 10 dns_answers || exit 1
	cat >"$T/unbound.conf" <<-E
	server:
	  interface: 127.0.0.1
	  do-daemonize: no
	  do-ip6: no
	  username: ""
	  chroot: ""
	  directory: "$T"
	  pidfile: "$T/unbound.pid"
	  use-syslog: no
	  logfile: "$T/unbound.log"
	  trust-anchor-file: "$T/dns/root.key"
	  module-config: "validator iterator"
	  outgoing-range: 1024
	  num-queries-per-thread: 1024
	E
	cat "$T/dns/ub.conf" >>"$T/unbound.conf"
	echo 'remote-control: {control-enable: no}' | tr '{}' '\n\n' >>"$T/unbound.conf"
	printf 'nameserver 127.0.0.1\noptions trust-ad\n' >"$T/resolv.conf"
	mount --bind "$T/resolv.conf" /etc/resolv.conf
}

dns_answers() { drill -p 5454 @127.0.0.1 MX one.test | grep -q 'MX.*one.mx.test'; }

cpu_ms() { # pid: what all its threads had so far, by the scheduler's clock
	cat /proc/"$1"/task/*/schedstat 2>/dev/null |
		awk '{ ns += $1 } END { printf "%.1f", ns / 1e6 }'
}

resolver_start() { # cold
	start "$UNBOUND" -c "$T/unbound.conf"
	resolver=$started
	wait_for 10 resolver_answers || diag "$(cat "$T/unbound.log")"
	resolver_before=$(cpu_ms "$resolver")
}

resolver_answers() { drill @127.0.0.1 NS test | grep -q 'NS.*ns1'; }

resolver_stop() {
	resolver_ms=$(echo "$(cpu_ms "$resolver") $resolver_before" | awk '{ print $1 - $2 }')
	stop "$resolver"
}

sink_start() { # options
	rm -f "$T/sink.done"
	ulimit -n "$(ulimit -H -n)"
	# shellcheck disable=SC2086
	start "$top_builddir/tests/bench/sink" -c "$T/certs/mx.pem" \
		-k "$T/certs/mx.key" $sink_options $SINK "$@" >"$T/sunk"
	sink=$started
	wait_for 10 sink_listens
}

sink_listens() { ss -tln | grep -q ':25 '; }

sink_stop() {
	sink_ms=$(cpu_ms "$sink")
	stop "$sink"
}

# --- one run, one line
# Takes the words of the sink and of measure, and the variables below.
record() { # workload peer run count
	printf 'workload=%s peer=%s run=%s count=%s left=%s sink_ms=%s resolver_ms=%s proof=%s %s %s\n' \
		"$1" "$2" "$3" "$4" "${left:--}" "${sink_ms:-0}" "${resolver_ms:-0}" \
		"${proof:--}" "$(cat "$T/sunk")" "$(cat "$T/measured")" |
		"$BENCH/report.py" --line | tee -a "$RESULTS"
	left= sink_ms= resolver_ms= proof=
}

# What is best for Postfix in each workload: connections are reused, or many
# processes wait for slow servers and no TLS session that nobody resumes is kept.
tuned() { # workload
	case $1 in
	W4) echo 'default_process_limit = 500;smtp_tls_session_cache_database =' ;;
	*) echo 'smtp_tls_connection_reuse = yes' ;;
	esac
}

workload() { # name run
	sink_options= level=encrypt
	case $1 in
	W1) domains=1 pattern=one.test ;;
	W2) domains=200 pattern=d%.test ;;
	W3) domains=200 pattern=d%.dane.test level=dane ;;
	W4) domains=2000 pattern=d%.test sink_options='-d 50 -t 2' ;;
	esac
	for peer in $PEERS; do
		tuning=
		case $peer in
		tlsq) tlsq_run "$COUNT" "$SIZE" "$domains" "$pattern" ;;
		postfix*)
			postfix_there || continue
			[ $peer = postfix ] || tuning=$(tuned "$1")
			postfix_run $level "$COUNT" "$SIZE" "$domains" "$pattern"
			;;
		sendmail)
			sendmail_there && sendmail_tuned "$1" || continue
			sendmail_run "$COUNT" "$SIZE" "$domains" "$pattern"
			;;
		esac
		record "$1" $peer "$2" "$COUNT"
	done
}

[ $# -gt 0 ] || set -- bounds W1 W2 W3 W4 W5 W6 W7
postfix_there || diag "no Postfix in $top_builddir/peers, or no unbound: ./bootstrap gets them"
world_make
run=1
while [ $run -le "$RUNS" ]; do
	for w in "$@"; do
		case $w in
		W[1-4]) workload "$w" $run ;;
		esac
	done
	run=$((run + 1))
done
for w in "$@"; do
	case $w in
	W[1-4]) ;;
	W5) queue_measure ;;
	W6) ingest_measure ;;
	W7) sessions_measure ;;
	growth) growth_measure ;;
	bounds) bounds_measure ;;
	*) diag "no workload $w" ;;
	esac
done
[ ! -s "$RESULTS" ] || "$BENCH/report.py" "$RESULTS"
