# A real Sendmail in front of tlsq-milter: Debian's, from its packages unpacked
# beside the build and never installed (sendmail-bin conflicts with every other
# MTA).  Sourced by scenarios after lib.sh.
#
# It runs from $SM with a .cf that m4 makes, listens on port 2525, delivers
# local.test with a script into $SM/mbox.USER, and has nobody to ask for DNS: what
# it tries to send itself stays in its queue.

SENDMAIL_ROOT=${SENDMAIL_ROOT:-$top_builddir/peers/sendmail}
SENDMAIL=$SENDMAIL_ROOT/usr/libexec/sendmail/sendmail
MAKEMAP=$SENDMAIL_ROOT/usr/libexec/sendmail/makemap
SM=$T/sm
MILTER_SOCKET=${MILTER_SOCKET:-unix:$T/run/milter.sock}

smtp() { "$E2E/smtp.py" "$@"; }

# How often: one that was killed has left its words in the log.
milter_served() { cat "$T/milter.log" 2>/dev/null | grep -c 'serving'; }

serves_again() { [ "$(milter_served)" != "$served_before" ]; }

# The milter runs as the user of the spool, below a directory that Sendmail
# finds safe.
milter_start() { # options; its pid is in $milter_pid, its log in $T/milter.log
	mkdir -p "$T/run"
	chmod 750 "$T/run"
	! getent passwd tlsq >/dev/null || chown tlsq:tlsq "$T/run" "$T/spool"
	served_before=$(milter_served)
	tlsq-milter -d "$DB" -s "$MILTER_SOCKET" "$@" >>"$T/milter.out" 2>>"$T/milter.log" </dev/null &
	milter_pid=$!
	pids="$pids $milter_pid"
	wait_for 20 serves_again || diag "$(cat "$T/milter.log")"
}

milter_stop() {
	stop "$milter_pid"
	milter_code=$?
	: >"$T/milter.log.before"
	cat "$T/milter.log" >>"$T/milter.log.before"
	: >"$T/milter.log"
}

milter_memory() { # KiB at the most
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$milter_pid/status"
}

sendmail_files() {
	mkdir -p "$SM/mqueue"
	chmod 700 "$SM/mqueue"
	printf 'hosts files\naliases files\npasswd files\n' >"$SM/service.switch"
	printf '127.0.0.1 localhost\n127.0.0.1 mail.local.test\n192.0.2.7 stranger.test\n' >"$SM/hosts"
	printf 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' >"$SM/resolv.conf"
	printf 'list: bob@remote.test\nliteral: x@[127.0.0.2]\n' >"$SM/aliases"
	printf '#!/bin/sh\ncat >>%s/mbox.$1\n' "$SM" >"$SM/deliver.sh"
	chmod 755 "$SM/deliver.sh"
	: >"$SM/helpfile"
	: >"$SM/statistics"
	# Sendmail runs it as the user of the spool, who may not see the build
	mkdir -p "$T/bin"
	cp "$(command -v tlsq)" "$T/bin/tlsq"
	# only for this mount namespace
	mount --bind "$SM/hosts" /etc/hosts
	mount --bind "$SM/resolv.conf" "$(readlink -f /etc/resolv.conf)"
}

# A user who can authenticate, in Sendmail's realm; before sendmail_start.  SASL
# reads /etc/sasl2, which is laid over the real /etc for this mount namespace only.
sendmail_user() { # name password
	mkdir -p "$SM" "$T/etc.upper" "$T/etc.work"
	mount -t overlay overlay -o "lowerdir=/etc,upperdir=$T/etc.upper,workdir=$T/etc.work" /etc &&
		mkdir -p /etc/sasl2 || return 1
	printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: CRAM-MD5\nsasldb_path: %s/sasldb\n' \
		"$SM" >/etc/sasl2/Sendmail.conf
	perl -MDB_File -e 'umask 077; tie %db, "DB_File", "$ARGV[0]/sasldb", O_RDWR|O_CREAT, 0600, $DB_HASH or die;
		$db{"$ARGV[1]\0mail.local.test\0userPassword"} = $ARGV[2]' "$SM" "$@"
}

# A syslog for Sendmail: its lines, without date, are in $T/maillog.  /dev is ours
# for that, in this mount namespace only.  Before what is to log there.
syslog_listen() {
	mkdir "$T/dev"
	mount -t tmpfs tmpfs "$T/dev"
	for node in null zero full random urandom tty; do
		: >"$T/dev/$node"
		mount --bind "/dev/$node" "$T/dev/$node"
	done
	ln -s /proc/self/fd "$T/dev/fd"
	start python3 -c 'import os, re, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print(re.sub("^<[0-9]*>.{16}", "", s.recv(8192).decode("utf-8", "replace").rstrip("\0\n")), flush=True)' \
		"$T/dev/log" >"$T/maillog"
	wait_for 10 test -S "$T/dev/log"
	mount --move "$T/dev" /dev
}

# The m4 of an administrator is: his own lines, tlsq.m4, MAILERs.  Here the lines
# on standard input come before tlsq.m4, $1 says what comes after the MAILERs.
sendmail_mc() {
	cat <<-E
	divert(-1)
	define(\`D_', \`$SM')
	divert(0)dnl
	include(\`$SENDMAIL_ROOT/usr/share/sendmail/cf/m4/cf.m4')dnl
	VERSIONID(\`test')dnl
	OSTYPE(\`bsd4.4')dnl
	define(\`confDOMAIN_NAME', \`mail.local.test')dnl
	define(\`confDONT_PROBE_INTERFACES', \`True')dnl
	define(\`confPID_FILE', D_\`/sendmail.pid')dnl
	define(\`QUEUE_DIR', D_\`/mqueue')dnl
	define(\`STATUS_FILE', D_\`/statistics')dnl
	define(\`ALIAS_FILE', D_\`/aliases')dnl
	define(\`HELP_FILE', D_\`/helpfile')dnl
	define(\`confCONTROL_SOCKET_NAME', \`')dnl
	define(\`confHOST_STATUS_DIRECTORY', \`')dnl
	define(\`confSERVICE_SWITCH_FILE', D_\`/service.switch')dnl
	define(\`confHOSTS_FILE', D_\`/hosts')dnl
	define(\`confBIND_OPTS', \`-DNSRCH -DEFNAMES')dnl
	define(\`confTO_IDENT', \`0')dnl
	define(\`confREFUSE_LA', \`1000')dnl
	define(\`confQUEUE_LA', \`1000')dnl
	define(\`confDELAY_LA', \`0')dnl
	define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit')dnl
	define(\`confMAX_RCPTS_PER_MESSAGE', \`2000')dnl
	define(\`confBAD_RCPT_THROTTLE', \`0')dnl
	define(\`LOCAL_MAILER_PATH', D_\`/deliver.sh')dnl
	define(\`LOCAL_MAILER_ARGS', \`deliver.sh \$u')dnl
	define(\`LOCAL_MAILER_FLAGS', \`SPhn9')dnl
	define(\`confTLSQ_SOCKET', \`$MILTER_SOCKET')dnl
	define(\`confTLSQ_PATH', \`$T/bin/tlsq')dnl
	define(\`confTLSQ_ARGS', \`-d $DB')dnl
	FEATURE(\`no_default_msa')dnl
	FEATURE(\`nocanonify')dnl
	FEATURE(\`accept_unqualified_senders')dnl
	FEATURE(\`accept_unresolvable_domains')dnl
	FEATURE(\`promiscuous_relay')dnl
	DAEMON_OPTIONS(\`Name=MTA, Family=inet, Addr=127.0.0.1, Port=2525, Listen=511')dnl
	E
	cat
	cat <<-E
	include(\`$top_builddir/contrib/tlsq.m4')dnl
	MODIFY_MAILER_FLAGS(\`LOCAL', \`-w')dnl
	MAILER(\`local')dnl
	MAILER(\`smtp')dnl
	LOCAL_CONFIG
	Cwlocal.test
	E
}

sendmail_lacks() { # why there is none; nothing where there is
	[ -x "$SENDMAIL" ] || {
		echo "Sendmail is not unpacked in $SENDMAIL_ROOT (./bootstrap demo does it)"
		return
	}
	! ldd "$SENDMAIL" | grep -q 'not found' ||
		echo "Sendmail lacks libraries: $(ldd "$SENDMAIL" | grep 'not found' | tr -d '\n')"
}

sendmail_start() { # further lines of the .mc on standard input
	[ -z "$(sendmail_lacks)" ] || skip_all "$(sendmail_lacks)"
	sendmail_files
	sendmail_mc >"$SM/sendmail.mc"
	m4 "$SM/sendmail.mc" >"$SM/sendmail.cf" 2>"$SM/m4.err" ||
		verdict 1 "m4 makes a .cf of it" || diag "$(cat "$SM/m4.err")"
	"$SENDMAIL" -C "$SM/sendmail.cf" -bi >"$SM/newaliases" 2>&1 || diag "$(cat "$SM/newaliases")"
	sendmail_daemon
}

sendmail_daemon() {
	start "$SENDMAIL" -C "$SM/sendmail.cf" -bD -X "$SM/transcript"
	sendmail_pid=$started
	wait_for 20 sendmail_answers
}

sendmail_answers() {
	/usr/bin/python3 -c 'import socket
s = socket.create_connection(("127.0.0.1", 2525), 2)
assert s.recv(4).startswith(b"220")'
}

# what Sendmail has queued for itself: recipients
sendmail_queue() {
	sed -n 's/^R[^:]*:<\{0,1\}\([^>]*\)>\{0,1\}$/\1/p' "$SM"/mqueue/qf* 2>/dev/null | sort
}

sendmail_idle() { [ -z "$(sendmail_queue)" ]; }

mbox_has() { # user text
	grep -q "$2" "$SM/mbox.$1" 2>/dev/null
}

# the content of a stored message, in a file
stored() { # message id, file
	sql "SELECT hex(data) FROM content WHERE message_id = $1 ORDER BY seq" |
		python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >"$2"
}
