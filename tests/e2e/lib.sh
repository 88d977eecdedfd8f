# Shared by all scenarios: tests/e2e/<behaviour>/run.sh sources this file, checks
# results with `is`, `like` and `ok` (TAP), and ends with `finish`.
#
# Each scenario runs in namespaces of its own for network, mounts, processes and
# host name, so ports 25 and 53 are free and no process outlives it.  T is its
# directory (kept with KEEP=1), DB its spool.
# CONTRIBUTING.md shows how to write one.

E2E=${E2E:-$(cd "$(dirname "$0")/.." && pwd)}
top_srcdir=${top_srcdir:-$(cd "$E2E/../.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir/build}

skip_all() {
	finished=yes
	[ -z "$E2E_MUST_RUN" ] || { echo "cannot run here: $*" >&2; exit 69; }
	echo "1..0 # SKIP $*"
	exit 0
}

# --- a world of its own
if [ -z "$E2E_INSIDE" ]; then
	[ "$(id -u)" = 0 ] || skip_all "needs root, for a network namespace"
	unshare -n -m -u -p -f --mount-proc true 2>/dev/null ||
		skip_all "unshare -n -m -u -p is not permitted here"
	E2E_INSIDE=1
	export E2E_INSIDE
	exec timeout -k 5 "${E2E_LIMIT:-240}" unshare -n -m -u -p -f --mount-proc \
		--kill-child sh "$0" "$@" </dev/null
fi
ip link set lo up
hostname runner.test
has_ipv6=yes
ip -6 addr add fd00::1/64 dev lo nodad 2>/dev/null || has_ipv6=no
ulimit -n "$(ulimit -H -n)"
umask 022

T=$(mktemp -d "${E2E_TMP:-/tmp}/tlsq-e2e.XXXXXX") || exit 1
chmod 755 "$T"
HOME=$T
LC_ALL=C.UTF-8
export T HOME LC_ALL
unset TLSQ_DATABASE NOTIFY_SOCKET
DB=$T/spool/spool.db
mkdir "$T/spool" "$T/certs" "$T/peer" "$T/dns"
if getent group tlsq >/dev/null; then
	chgrp tlsq "$T/spool"
	chmod 2770 "$T/spool"
fi
# the installed programs where bootstrap says so, else those just built
if [ -n "$TLSQ_PREFIX" ]; then
	PATH=$TLSQ_PREFIX/sbin:$TLSQ_PREFIX/bin:/usr/sbin:/usr/bin:/sbin:/bin
else
	PATH=$top_builddir:$top_builddir/src:/usr/sbin:/usr/bin:/sbin:/bin
fi
# What sanitizers say goes to files, so that finish sees it whoever said it.  The
# leak check needs a process that did not change its user.
if [ -n "$E2E_SANITIZED" ]; then
	mkdir -m 1777 "$T/sanitizer"
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0:log_path=$T/sanitizer/report
	UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}print_stacktrace=1:log_path=$T/sanitizer/report
	TSAN_OPTIONS=${TSAN_OPTIONS:+$TSAN_OPTIONS:}log_path=$T/sanitizer/report
	TSAN_OPTIONS=$TSAN_OPTIONS:ignore_noninstrumented_modules=1:report_destroy_locked=0
	TSAN_OPTIONS=$TSAN_OPTIONS:suppressions=$E2E/tsan.supp
	export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
fi

# --- TAP
tests=0
failures=0
finished=
pids=

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

verdict() { # passed? description
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		failures=$((failures + 1))
	fi
	return "$1"
}

is() { # description got wanted
	if [ "$2" = "$3" ]; then
		verdict 0 "$1"
	else
		verdict 1 "$1"
		diag "got:    $2"
		diag "wanted: $3"
	fi
}

like() { # description text extended-regular-expression
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		verdict 0 "$1"
	else
		verdict 1 "$1"
		diag "got:            $2"
		diag "does not match: $3"
	fi
}

unlike() { # description text extended-regular-expression
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		verdict 1 "$1"
		diag "got:     $2"
		diag "matches: $3"
	else
		verdict 0 "$1"
	fi
}

ok() { # description command...
	ok_what=$1
	shift
	if "$@" >"$T/ok.out" 2>&1; then
		verdict 0 "$ok_what"
	else
		verdict 1 "$ok_what"
		diag "failed: $*"
		diag "$(tail -n 20 "$T/ok.out")"
	fi
}

exits() { # description code command...; its output is in $T/out and $T/err
	exits_what=$1 exits_code=$2
	shift 2
	"$@" >"$T/out" 2>"$T/err"
	exits_got=$?
	is "$exits_what" "$exits_got" "$exits_code"
	[ "$exits_got" = "$exits_code" ] || diag "$(tail -n 20 "$T/err")"
}

# --- processes, by pid; waiting on conditions
start() { # command... in the background; its pid is in $started
	"$@" &
	started=$!
	pids="$pids $started"
}

stop() { # pid; TERM, and its exit code
	kill "$1" 2>/dev/null
	wait "$1"
}

wait_for() { # seconds command...; until the command succeeds
	wait_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -ge "$wait_end" ]; then
			diag "waited in vain: $*"
			return 1
		fi
		sleep 0.05
	done
}

gone() { # pids
	for p in "$@"; do
		kill -0 "$p" 2>/dev/null && return 1
	done
	return 0
}

now_ms() { date +%s%3N; }

cleanup() {
	for p in $pids; do
		kill "$p" 2>/dev/null
	done
	wait_for 5 gone $pids || kill -9 $pids 2>/dev/null
	[ -n "$finished" ] || echo "Bail out! the scenario ended early"
	grep -o " $T/[^ ]*" /proc/mounts | xargs -r umount -l
	if [ -n "$KEEP" ]; then
		diag "kept: $T"
	else
		rm -rf "$T"
	fi
}
trap cleanup EXIT

# What holds in every scenario, then the plan.
finish() {
	is "no server saw a breach of protocol" "$(wire faults)" ""
	if [ -f "$DB" ] && [ -z "$FOREIGN_DB" ]; then
		is "the spool is whole" "$(sql 'PRAGMA integrity_check')" ok
		wire accepted | sort -u >"$T/accepted"
		sql "SELECT DISTINCT address FROM recipient WHERE state = 'delivered'
			ORDER BY address COLLATE BINARY" | LC_ALL=C sort -u >"$T/delivered"
		is "delivered means that a server said 2xx to the final dot" \
			"$(LC_ALL=C sort -u "$T/accepted" $EXTRA_ACCEPTED |
			LC_ALL=C comm -13 - "$T/delivered")" ""
	fi
	[ -z "$E2E_SANITIZED" ] ||
		is "no sanitizer has a report" "$(cat "$T"/sanitizer/* 2>/dev/null)" ""
	if [ "$failures" -gt 0 ]; then
		[ -s "$T/runner.log" ] && diag "runner: $(tail -n 40 "$T/runner.log")"
		diag "servers: $(wire show | tail -n 60 | cut -c1-300)"
	fi
	echo "1..$tests"
	finished=yes
	[ "$failures" = 0 ]
	exit
}

# --- certificates: $T/certs/NAME.pem (chain) and NAME.key
. "$E2E/certs.sh"

# --- DNS: dns_zone ... then dns_start
DNS_PORT=5453
dns_zone() { # name without last dot, kind (dnstree.py); records on standard input
	mkdir -p "$T/dns/zones"
	{ echo "; $2"; cat; } >"$T/dns/zones/$1"
}

dns_start() {
	mkdir -p "$T/dns/zones"
	"$E2E/dnstree.py" "$T/dns" $DNS_PORT 5454 || return 1
	start nsd -d -c "$T/dns/nsd.conf"
	dns_pid=$started
	start "$E2E/dnsproxy.py" "$T/dns" $DNS_PORT 5454
	wait_for 10 test -e "$T/dns/ready" || diag "$(cat "$T/dns/signed/nsd.log")"
}

dns_fault() { # NAME TYPE ACTION: see dnsproxy.py
	echo "$*" >>"$T/dns/faults"
}

dns_count() { # NAME [TYPE]: queries so far
	grep -ci "^$1\\.\\{0,1\\} ${2:-.*} " "$T/dns/queries"
}

# --- SMTP servers
peers=0
peer_start() { # script on standard input: see peer.py; the pid is in $peer_pid
	peers=$((peers + 1))
	peer_script=$T/peer/script$peers.json
	cat >"$peer_script"
	start "$E2E/peer.py" "$T/peer" "$peer_script"
	peer_pid=$started
	wait_for 20 test -e "$peer_script.ready" || kill -0 "$peer_pid" ||
		diag "a server of this script cannot start"
}

wire() { "$E2E/wire.py" "$T/peer" "$@"; }

wire_count() { wire "$@" | wc -l; }

# the file with the content of the one message that a server accepted
message_of() { wire messages "$@" | sed -n '1s/ .*//p'; }

# --- MTA-STS policies: sts_policy ..., with these records in the zone
#	_mta-sts TXT "v=STSv1; id=1;"
#	mta-sts A 127.0.0.8
# What policies are served can be changed at any time.
STS_LISTEN=127.0.0.8:443
sts_start() { # [more addresses to listen on]
	mkdir -p "$T/sts"
	start "$E2E/policyhost.py" "$T/sts" $STS_LISTEN "$@"
	sts_pid=$started
	wait_for 20 test -e "$T/sts/ready"
}

sts_policy() { # DOMAIN FILE|TEXT (with \n); a certificate is made unless there is one
	mkdir -p "$T/sts"
	[ -e "$T/certs/mta-sts.$1.pem" ] || cert_make "mta-sts.$1" "dns=mta-sts.$1" || return 1
	if [ -f "$2" ]; then
		cp "$2" "$T/sts/$1.new"
	else
		printf '%b' "$2" >"$T/sts/$1.new"
	fi
	mv "$T/sts/$1.new" "$T/sts/$1.policy"
}

sts_mode() { # DOMAIN MODE MAX_AGE MX...: a policy with these
	sts_text="version: STSv1\nmode: $2\nmax_age: $3\n"
	sts_domain=$1
	shift 3
	for mx in "$@"; do
		sts_text="${sts_text}mx: $mx\n"
	done
	sts_policy "$sts_domain" "$sts_text"
}

sts_fault() { # DOMAIN [ACTION]: see policyhost.py; none: no more
	sts_domain=$1
	shift
	echo "$*" >"$T/sts/$sts_domain.new"
	mv "$T/sts/$sts_domain.new" "$T/sts/$sts_domain.fault"
}

sts_count() { # DOMAIN [get]: tries to fetch so far; get: those that came to a request
	grep -c "^${2:-connect} $1\( \|\$\)" "$T/sts/requests"
}

# --- the programs
BASE_CONFIG='dns.unbound-config = "@T@/dns/ub.conf"
dns.trust-anchor = "@T@/dns/root.key"
dns.timeout = "10s"
tls.ca-file = "@T@/certs/ca.pem"
mta-sts.ca-file = "@T@/certs/ca.pem"
queue.connection.default.ehlo-hostname = "runner.test"'

config_text() { # the test's base, less the keys that standard input sets itself
	cat >"$T/config.more"
	printf '%s\n' "$BASE_CONFIG" | sed "s|@T@|$T|" | while read -r key rest; do
		grep -q "^$key " "$T/config.more" || printf '%s %s\n' "$key" "$rest"
	done
	cat "$T/config.more"
}

config() { # loads a configuration: the base and standard input
	# tls.ca-file must exist, also where no server has a certificate
	[ -e "$T/certs/ca.pem" ] || ca_make ca || return 1
	config_text >"$T/tlsq.toml"
	tlsq -d "$DB" load "$T/tlsq.toml" || { verdict 1 "the configuration loads"; return 1; }
}

tlsq_() { tlsq -d "$DB" "$@"; }

submit() { tlsq -d "$DB" submit "$@"; }

letter() { # subject: a small message
	printf 'From: <a@sender.test>\nTo: <b@example.test>\nSubject: %s\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <%s@sender.test>\n\n%s\n' \
		"$1" "$(echo "$1" | tr -c 'a-z0-9\n' -)" "This is about $1."
}

runner() { # options; the log is in $T/runner.log
	timeout -k 5 "${RUNNER_LIMIT:-90}" tlsq-runner -d "$DB" "$@" \
		>>"$T/runner.out" 2>>"$T/runner.log" </dev/null
}

runner_once() {
	runner --once "$@"
	runner_code=$?
	[ "$runner_code" = 0 ] || verdict 1 "tlsq-runner --once exits with 0 and not $runner_code"
}

daemon_start() { # options; its pid is in $daemon_pid
	tlsq-runner -d "$DB" --daemon "$@" >>"$T/runner.out" 2>>"$T/runner.log" </dev/null &
	daemon_pid=$!
	pids="$pids $daemon_pid"
	wait_for 20 daemon_seen
}

# A service manager's ear: what programs started from now on tell it is in
# $T/notified, a message a line.
notify_listen() {
	NOTIFY_SOCKET=$T/notify.sock
	start python3 -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print(" ".join(s.recv(4096).decode().split("\n")), flush=True)' \
		"$NOTIFY_SOCKET" >"$T/notified"
	wait_for 10 test -S "$NOTIFY_SOCKET"
	export NOTIFY_SOCKET
}

daemon_seen() { [ "$(sql 'SELECT count(*) FROM runner')" -gt 0 ]; }

sql() { sqlite3 -batch -cmd '.timeout 5000' "$DB" "$@"; }

state_of() { # address: state, code and what failed
	sql "SELECT state, coalesce(status, '-'), coalesce(last_error, '-')
		FROM recipient WHERE address = '$1'" | tr '|' ' '
}

# --- reports: dsn_of RECIPIENT chooses the one, dsn QUESTION asks (dsn.py)
dsn_of() { # address [server]; a server that took it, `local` where none is given
	dsn_file=$(wire messages "${2:-local}" | awk -v to="<$1>" '{ for (i = 2; i <= NF; i++) if ($i == to) f = $1 } END { print f }')
	[ -n "$dsn_file" ] || verdict 1 "there is a report to $1"
}

dsn() { "$E2E/dsn.py" "$dsn_file" "$@"; }
