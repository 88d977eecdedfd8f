# Postfix as a sender, unpacked by ./bootstrap and never installed.  Sourced by
# run.sh.  It is filled by SMTP while no queue manager runs, then started with one.
#
# What it logs goes to its own postlogd, whose CPU is left out: a system has a
# syslog daemon for that.  Its resolver is unbound, whose CPU is left out too.

POSTFIX_ROOT=${POSTFIX_ROOT:-$top_builddir/peers/postfix}
POSTFIX_LIB=$POSTFIX_ROOT/usr/lib/postfix
PF=$T/postfix
POSTFIX_USER=daemon

postfix_there() {
	[ -x "$POSTFIX_LIB/sbin/master" ] && [ -x "$UNBOUND" ]
}

postfix_config() { # TLS level; further main.cf lines on standard input
	rm -rf "$PF"
	mkdir -p "$PF/etc" "$PF/data" "$PF/queue"
	(cd "$PF/queue" && mkdir -p active bounce corrupt defer deferred flush hold \
		incoming maildrop pid private public saved trace &&
		chown $POSTFIX_USER active bounce corrupt defer deferred flush hold \
			incoming maildrop private public saved trace &&
		chmod 700 private && chgrp lp public maildrop && chmod 710 public)
	chown $POSTFIX_USER "$PF/data"
	cat >"$PF/etc/main.cf" <<-E
	compatibility_level = 3.7
	queue_directory = $PF/queue
	data_directory = $PF/data
	command_directory = $POSTFIX_ROOT/usr/sbin
	daemon_directory = $POSTFIX_LIB/sbin
	shlib_directory = $POSTFIX_LIB
	meta_directory = $PF/etc
	import_environment = LD_LIBRARY_PATH LD_PRELOAD BENCH_SYNCS MAIL_CONFIG=$PF/etc
	mail_owner = $POSTFIX_USER
	setgid_group = lp
	default_privs = nobody
	myhostname = runner.test
	mydestination =
	mynetworks = 127.0.0.0/8
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	smtp_bind_address =
	alias_maps =
	local_recipient_maps =
	append_dot_mydomain = no
	smtpd_relay_restrictions = permit_mynetworks, reject
	smtpd_peername_lookup = no
	in_flow_delay = 0
	maillog_file = $T/maillog
	maillog_file_prefixes = $T
	smtp_tls_security_level = $1
	smtp_dns_support_level = $([ "$1" = dane ] && echo dnssec || echo enabled)
	smtp_tls_CAfile = $T/certs/ca.pem
	smtp_tls_session_cache_database = btree:\${data_directory}/scache
	E
	cat >>"$PF/etc/main.cf"
}

postfix_services() { # further services on standard input
	cat >"$PF/etc/master.cf" <<-E
	cleanup unix n - n - 0 cleanup
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	proxymap unix - - n - - proxymap
	error unix - - n - - error
	retry unix - - n - - error
	postlog unix-dgram n - n - 1 postlogd
	E
	cat >>"$PF/etc/master.cf"
}

postfix_queued() {
	find "$PF/queue/incoming" "$PF/queue/active" "$PF/queue/deferred" \
		"$PF/queue/maildrop" -type f | wc -l
}

postfix_empty() { [ "$(postfix_queued)" = 0 ]; }

postfix_listens() {
	python3 -c 'import socket
s = socket.create_connection(("127.0.0.1", 10025), 2)
assert s.recv(4).startswith(b"220")'
}

postfix_master() { # command before it...
	LD_LIBRARY_PATH=$POSTFIX_LIB MAIL_CONFIG=$PF/etc start "$@" \
		"$POSTFIX_LIB/sbin/master" -c "$PF/etc" -d
}

postfix_fill() { # count size domains pattern
	postfix_services <<-E
	10025 inet n - n - - smtpd
	anvil unix - - n - 1 anvil
	E
	postfix_master setsid
	wait_for 10 postfix_listens
	"$BENCH/fill.py" 10025 "$@" || diag "$(tail -n 3 "$T/maillog")"
	stop "$started" 2>/dev/null
}

postfix_run() { # level count size domains pattern, tuning...; as run.sh wants it
	postfix_level=$1
	shift
	printf '%s\n' "$tuning" | tr ';' '\n' | postfix_config "$postfix_level"
	postfix_fill "$@"
	resolver_start
	sink_start -n "$1" -f "$T/sink.done"
	postfix_services <<-E
	qmgr unix n - n 300 1 qmgr
	tlsmgr unix - - n 1000? 1 tlsmgr
	flush unix n - n 1000? 0 flush
	smtp unix - - n - - smtp
	scache unix - - n - 1 scache
	tlsproxy unix - - n - 0 tlsproxy
	E
	sync
	postfix_master "$top_builddir/tests/bench/measure" -o "$T/measured" \
		-l "$top_builddir/tests/bench/syncs.so" -x postlogd
	wait_for "$RUN_LIMIT" test -e "$T/sink.done"
	wait_for 10 postfix_empty
	left=$(postfix_queued)
	stop "$started" 2>/dev/null
	sink_stop
	resolver_stop
}
