# A real Sendmail in front of tlsq-milter: Debian's, from its packages unpacked
# beside the build and never installed (sendmail-bin conflicts with every other
# MTA).  Sourced by scenarios after lib.sh.
#
# It is configured as doc/sendmail.md says: the package's own sendmail.mc and
# submit.mc with the lines of tlsq, on ports 25 and 587 of 127.0.0.1, with real
# accounts.  /etc is a copy, in this mount namespace only.  Local mail is mail to
# local.test, and is delivered to $SM/mbox.USER.  Its resolver is nameserver.py,
# whose answers are unsigned, and which a scenario may make forge ($SM/dns/forged).

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

# /etc is ours, with what Debian's packages put there; once a scenario.
sendmail_etc() {
	[ ! -e "$T/etc" ] || return 0
	mkdir -p "$SM"
	cp -a /etc "$T/etc" && mount --bind "$T/etc" /etc || return 1
	mkdir -p /etc/mail/m4
	for group in smmta smmsp; do
		grep -q "^$group:" /etc/group || echo "$group:x:$((700 + (n += 1))):" >>/etc/group
		grep -q "^$group:" /etc/passwd ||
			echo "$group:x:$((700 + n)):$((700 + n))::/var/lib/sendmail:/usr/sbin/nologin" >>/etc/passwd
	done
	for user in ann carl branch fail; do
		mkdir -p "$SM/home/$user"
		chown $((2000 + (n += 1))):100 "$SM/home/$user"
		echo "$user:x:$((2000 + n)):100::$SM/home/$user:/bin/sh" >>/etc/passwd
	done
	: >/etc/mail/m4/dialup.m4
	: >/etc/mail/m4/provider.m4
	: >/etc/mail/trusted-users
	echo local.test >/etc/mail/local-host-names
	: >/etc/mail/helpfile
	printf 'hosts files dns\naliases files\npasswd files\n' >/etc/mail/service.switch
	printf 'list: bob@remote.test\nliteral: x@[127.0.0.2]\n' >/etc/mail/aliases
	for client in localhost 127.0.0.1 192.0.2.7; do
		printf 'Connect:%s\tRELAY\nGreetPause:%s\t0\n' $client $client
	done >/etc/mail/access
	"$MAKEMAP" -C /dev/null hash /etc/mail/access </etc/mail/access
}

sendmail_files() {
	sendmail_etc || return 1
	mkdir -p "$SM/mqueue" "$SM/mqueue-client" "$SM/dns"
	chmod 700 "$SM/mqueue"
	chown smmsp:smmsp "$SM/mqueue-client"
	chmod 2770 "$SM/mqueue-client"
	rm -f /etc/resolv.conf
	printf '127.0.0.1 localhost\n127.0.0.1 mail.local.test\n192.0.2.7 stranger.test\n' >/etc/hosts
	printf 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' >/etc/resolv.conf
	start "$E2E/nameserver.py" "$SM/dns"
	wait_for 10 test -e "$SM/dns/ready"
	# sensible-mda SENDER USER DETAIL CLIENT
	printf '#!/bin/sh\ncat >>%s/mbox.$2\n' "$SM" >"$SM/deliver.sh"
	chmod 755 "$SM/deliver.sh"
	# Sendmail runs it as the user of the spool, who may not see the build
	mkdir -p "$T/bin"
	cp "$(command -v tlsq)" "$T/bin/tlsq"
}

# A user who can authenticate, in Sendmail's realm; before sendmail_start.
sendmail_user() { # name password
	sendmail_etc && mkdir -p /etc/sasl2 || return 1
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

SENDMAIL_CF=$SENDMAIL_ROOT/usr/share/sendmail/cf

# m4 with the package's files where they were unpacked
sendmail_m4() { # file.mc file.cf
	if [ ! -e "$SM/cf" ]; then
		cp -a "$SENDMAIL_CF" "$SM/cf"
		grep -rl /usr/share/sendmail/cf "$SM/cf/debian" "$SM/cf/ostype/debian.m4" "$SM/cf"/domain/debian-* |
			xargs sed -i "s|/usr/share/sendmail/cf|$SM/cf|g"
	fi
	sed -i "s|/usr/share/sendmail/cf|$SM/cf|g" "$1"
	m4 "$1" >"$2" 2>"$SM/m4.err"
}

# Debian's sendmail.mc, with an administrator's own lines (on standard input) and,
# as doc/sendmail.md says, tlsq.m4 before MAILER_DEFINITIONS.  Of ours is what a
# test's directory and a busy machine ask for.
sendmail_mc() {
	cat >"$SM/lines" <<-E
	define(\`confDOMAIN_NAME', \`mail.local.test')dnl
	define(\`confDONT_PROBE_INTERFACES', \`True')dnl
	define(\`confPID_FILE', \`$SM/sendmail.pid')dnl
	define(\`QUEUE_DIR', \`$SM/mqueue')dnl
	define(\`STATUS_FILE', \`$SM/statistics')dnl
	define(\`confCONTROL_SOCKET_NAME', \`')dnl
	define(\`confHOST_STATUS_DIRECTORY', \`')dnl
	define(\`confREFUSE_LA', \`1000')dnl
	define(\`confQUEUE_LA', \`1000')dnl
	define(\`confDELAY_LA', \`0')dnl
	define(\`confCONNECTION_RATE_THROTTLE', \`0')dnl
	define(\`LOCAL_MAILER_PATH', \`$SM/deliver.sh')dnl
	define(\`confTLSQ_SOCKET', \`$MILTER_SOCKET')dnl
	define(\`confTLSQ_PATH', \`$T/bin/tlsq')dnl
	define(\`confTLSQ_ARGS', \`-d $DB')dnl
	E
	cat >>"$SM/lines"
	echo "include(\`$top_builddir/contrib/tlsq.m4')dnl" >>"$SM/lines"
	awk -v lines="$SM/lines" '/^MAILER_DEFINITIONS/ { while ((getline line <lines) > 0) print line } { print }' \
		"$SENDMAIL_CF/debian/sendmail.mc"
}

# Debian's submit.mc; doc/sendmail.md says what comes before its FEATURE(msp).
sendmail_submit_mc() {
	cat >"$SM/submit.lines" <<-E
	define(\`confDOMAIN_NAME', \`mail.local.test')dnl
	define(\`confPID_FILE', \`$SM/sm-client.pid')dnl
	define(\`MSP_QUEUE_DIR', \`$SM/mqueue-client')dnl
	define(\`STATUS_FILE', \`$SM/sm-client.st')dnl
	define(\`confCONTROL_SOCKET_NAME', \`')dnl
	include(\`$top_builddir/contrib/tlsq-submit.m4')dnl
	E
	awk -v lines="$SM/submit.lines" '/^FEATURE\(`msp/ { while ((getline line <lines) > 0) print line } { print }' \
		"$SENDMAIL_CF/debian/submit.mc"
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
	sendmail_mc >/etc/mail/sendmail.mc
	sendmail_submit_mc >/etc/mail/submit.mc
	for name in submit sendmail; do
		sendmail_m4 /etc/mail/$name.mc /etc/mail/$name.cf ||
			verdict 1 "m4 makes $name.cf" || diag "$(cat "$SM/m4.err")"
	done
	"$SENDMAIL" -bi >"$SM/newaliases" 2>&1 || diag "$(cat "$SM/newaliases")"
	sendmail_daemon
}

sendmail_daemon() {
	start "$SENDMAIL" -bD -X "$SM/transcript"
	sendmail_pid=$started
	wait_for 20 sendmail_answers
}

sendmail_answers() {
	/usr/bin/python3 -c 'import socket
s = socket.create_connection(("127.0.0.1", 25), 2)
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
