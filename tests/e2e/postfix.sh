# A real MTA as a server: Postfix from its Debian package, unpacked beside the
# build and never installed (its package conflicts with sendmail-bin).  Sourced by
# scenarios after lib.sh.
#
# Postfix and not OpenSMTPD or Exim: it is the strictest of them about the protocol
# (smtpd_forbid_bare_newline, unauthorised pipelining), supports DSN, SMTPUTF8 and
# CHUNKING, and records in its Received header which TLS it saw.  It runs from
# any directory with LD_LIBRARY_PATH, as users that every Debian has.

POSTFIX_ROOT=${POSTFIX_ROOT:-$top_builddir/peers/postfix}
PF=$T/postfix
POSTFIX_USER=daemon
POSTFIX_LIB=$POSTFIX_ROOT/usr/lib/postfix

postfix_start() { # certificate name; further main.cf lines on standard input
	[ -x "$POSTFIX_LIB/sbin/master" ] ||
		skip_all "Postfix is not unpacked in $POSTFIX_ROOT (./bootstrap does it)"
	mkdir -p "$PF/etc" "$PF/data" "$PF/queue" "$PF/mail"
	(cd "$PF/queue" && mkdir -p active bounce corrupt defer deferred flush hold \
		incoming maildrop pid private public saved trace &&
		chown $POSTFIX_USER active bounce corrupt defer deferred flush hold \
			incoming maildrop private public saved trace &&
		chmod 700 private && chgrp lp public maildrop && chmod 710 public)
	chown $POSTFIX_USER "$PF/data" "$PF/mail"
	cp "$T/certs/$1.pem" "$T/certs/$1.key" "$PF/etc"
	cat >"$PF/etc/main.cf" <<-E
	compatibility_level = 3.7
	queue_directory = $PF/queue
	data_directory = $PF/data
	command_directory = $POSTFIX_ROOT/usr/sbin
	daemon_directory = $POSTFIX_LIB/sbin
	shlib_directory = $POSTFIX_LIB
	meta_directory = $PF/etc
	import_environment = LD_LIBRARY_PATH=$POSTFIX_LIB MAIL_CONFIG=$PF/etc
	mail_owner = $POSTFIX_USER
	setgid_group = lp
	default_privs = nobody
	myhostname = postfix.test
	mydestination =
	mynetworks =
	inet_interfaces = all
	inet_protocols = all
	alias_maps =
	local_recipient_maps =
	virtual_mailbox_domains = static:all
	virtual_mailbox_base = $PF/mail
	virtual_mailbox_maps = static:box/
	virtual_uid_maps = static:$(id -u $POSTFIX_USER)
	virtual_minimum_uid = 1
	virtual_gid_maps = static:$(id -g $POSTFIX_USER)
	smtpd_relay_restrictions = reject_unauth_destination
	smtpd_recipient_restrictions = reject_unauth_pipelining
	smtpd_peername_lookup = no
	strict_rfc821_envelopes = yes
	smtpd_forbid_bare_newline = yes
	smtpd_tls_security_level = may
	smtpd_tls_chain_files = $PF/etc/$1.key, $PF/etc/$1.pem
	smtpd_tls_received_header = yes
	maillog_file = $T/maillog
	maillog_file_prefixes = $T
	maillog_file_permissions = 0644
	E
	cat >>"$PF/etc/main.cf"
	cat >"$PF/etc/master.cf" <<-E
	25 inet n - n - - smtpd
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	tlsmgr unix - - n 1000? 1 tlsmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	flush unix n - n 1000? 0 flush
	proxymap unix - - n - - proxymap
	error unix - - n - - error
	retry unix - - n - - error
	virtual unix - n n - - virtual
	anvil unix - - n - 1 anvil
	scache unix - - n - 1 scache
	postlog unix-dgram n - n - 1 postlogd
	E
	start env LD_LIBRARY_PATH="$POSTFIX_LIB" MAIL_CONFIG="$PF/etc" \
		"$POSTFIX_LIB/sbin/master" -c "$PF/etc" -d
	wait_for 10 postfix_answers || diag "$(cat "$T/maillog")"
}

postfix_answers() { # on port 25
	/usr/bin/python3 -c 'import socket
s = socket.create_connection(("127.0.0.1", 25), 2)
assert s.recv(4).startswith(b"220")'
}

postfix_mail() { # the delivered messages, one file each
	find "$PF/mail/box/new" -type f 2>/dev/null
}

postfix_has() { # count
	[ "$(postfix_mail | wc -l)" -ge "$1" ]
}
