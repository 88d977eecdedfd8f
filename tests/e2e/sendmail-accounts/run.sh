#!/bin/sh
# Real accounts with Debian's own mailer flags: mail from one to an alias or .forward that points elsewhere reaches the spool.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

config </dev/null
milter_start
sendmail_etc
printf 'TLS_Srv:\tPERM+VERIFY:256\nTLS_Srv:mx.remote.test\tPERM+VERIFY:256\nTLS_Rcpt:remote.test\tVERIFY:256\n' >>/etc/mail/access
"$MAKEMAP" -C /dev/null hash /etc/mail/access </etc/mail/access
sendmail_start </dev/null
{ echo 'root: me@remote.test'; echo 'both: dora@remote.test, ann'; } >>/etc/mail/aliases
"$SENDMAIL" -bi >"$T/out"
echo 'carl@remote.test' >"$SM/home/carl/.forward"
chown carl "$SM/home/carl/.forward"
of() { # address: how it is in the spool
	sql "SELECT source, sender, state FROM message m JOIN recipient r ON r.message_id = m.id WHERE address = '$1'"
}
has() { [ -n "$(of "$1")" ]; }
# the package's sendmail is setgid smmsp; ours was unpacked without
cp "$SENDMAIL" "$T/bin/sendmail"
chgrp smmsp "$T/bin/sendmail"
chmod 2755 "$T/bin/sendmail"
as() { # account command...
	as_user=$1
	shift
	setpriv --reuid "$as_user" --regid users --clear-groups "$@"
}

letter alias | smtp --from ann@local.test list@local.test >"$T/out"
like "mail of an account to an alias is accepted" "$(cat "$T/out")" '^DOT 250'
ok "and leaves: it is in the spool" wait_for 10 has bob@remote.test
is "from the account" "$(of bob@remote.test)" "submit|ann@local.test|queued"
letter forward | smtp --from ann@local.test carl@local.test >"$T/out"
ok "so does what a .forward points elsewhere" wait_for 10 has carl@remote.test
letter cron | "$SENDMAIL" -i -FCronDaemon -oem root
ok "and cron's mail to root" wait_for 10 has me@remote.test
is "from root" "$(of me@remote.test)" "submit|root@mail.local.test|queued"
letter own | as ann "$T/bin/sendmail" -i eve@remote.test 2>"$T/err"
ok "an account's own mail, from the command line" wait_for 10 has eve@remote.test
is "comes by the filter" "$(of eve@remote.test)" "milter|ann@mail.local.test|queued"
letter both | as ann "$T/bin/sendmail" -i both 2>"$T/err"
ok "an alias that is here and elsewhere" wait_for 10 has dora@remote.test
ok "is delivered here, too" wait_for 10 mbox_has ann 'about both'
ok "Sendmail has nothing left" wait_for 10 sendmail_idle
# that access map asks for TLS with servers, not with the mailer, which is a program
ruleset() { printf '.D{server_name}%s\n%s\n' "$1" "$2" | "$SENDMAIL" -bt 2>"$T/err" | tail -2; }
like "the access map's TLS_Srv is not for the mailer" "$(ruleset tlsq 'tls_server NONE')" 'returns: \$# OK'
like "it is for servers" "$(ruleset mx.remote.test 'tls_server NONE')" 'returns: \$# error .*STARTTLS'
like "nor is TLS_Rcpt" "$(ruleset tlsq 'tls_rcpt bob@remote.test')" 'returns: \$# OK'
like "which is for recipients, too" "$(ruleset mx.remote.test 'tls_rcpt bob@remote.test')" 'returns: \$# error'
letter nobody | smtp nosuch@local.test >"$T/out"
like "who has no account is refused, as before" "$(cat "$T/out")" '^RCPT 550 5\.1\.1'

# named directly and through an alias: one message to Sendmail, one copy
copies() { of "$1" | wc -l; }
{ echo 'gina: fred@remote.test'; echo 'hugo: fred@remote.test, gerd@remote.test'; } >>/etc/mail/aliases
"$SENDMAIL" -bi >"$T/out"
letter twice | smtp --from ann@local.test gina@local.test fred@remote.test >"$T/out"
like "an address named directly and through an alias" "$(cat "$T/out")" '^DOT 250'
ok "Sendmail has nothing left of it" wait_for 10 sendmail_idle
is "is one recipient" "$(of fred@remote.test)" "milter|ann@local.test|queued"
letter more | smtp --from ann@local.test hugo@local.test fred@remote.test >"$T/out"
ok "what else the alias names" wait_for 10 has gerd@remote.test
is "is there" "$(of gerd@remote.test)" "submit|ann@local.test|queued"
is "a second message is a second copy" "$(copies fred@remote.test)" 2
letter alone | smtp --from ann@local.test gina@local.test >"$T/out"
third() { [ "$(copies fred@remote.test)" = 3 ]; }
ok "so is one through the alias alone" wait_for 10 third

# a smart host of one's own, left in sendmail.mc
sed "s/^include(.*tlsq\.m4/define(\`SMART_HOST', \`esmtp:[127.0.0.9]')dnl\n&/" /etc/mail/sendmail.mc >"$SM/smart.mc"
ok "with a leftover SMART_HOST m4 makes the .cf" sendmail_m4 "$SM/smart.mc" "$SM/smart.cf"
like "it says what to do" "$(cat "$SM/m4.err")" "tlsq\.m4: WARNING: ignored SMART_HOST esmtp:\[127\.0\.0\.9\].*"
like "about the line, too" "$(cat "$SM/m4.err")" "remove that line.*queue\.route"
is "the .cf is whole" "$(diff /etc/mail/sendmail.cf "$SM/smart.cf" | grep -c '^[<>] [^#]')" 0
cp "$SM/smart.cf" /etc/mail/sendmail.cf
stop "$sendmail_pid"
sendmail_daemon
letter smart | smtp --from ann@local.test list@local.test >"$T/out"
twice() { [ "$(of bob@remote.test | wc -l)" = 2 ]; }
ok "and mail goes through tlsq" wait_for 10 twice
finish
