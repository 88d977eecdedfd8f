#!/bin/sh
# Compat: entries of Sendmail's access map hold where milter.take leaves their recipients to Sendmail, as doc/sendmail.md says.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

settings() { # what is added to milter.take
	config <<X
[milter]
take = "rcpt_mailer == 'tlsq'$1"
[lookup.compat]
"ann@local.test<@>boss@remote.test" = ""
"ann@local.test<@>quiet@remote.test" = ""
"ann@local.test<@>fine@remote.test" = ""
X
}
settings ''
milter_start
sendmail_etc
printf 'Compat:ann@local.test<@>boss@remote.test\tERROR:550 not to the boss\nCompat:ann@local.test<@>quiet@remote.test\tDISCARD\n' >>/etc/mail/access
echo 'chief: boss@remote.test' >>/etc/mail/aliases
"$MAKEMAP" -C /dev/null hash /etc/mail/access </etc/mail/access
sendmail_start <<X
FEATURE(\`compat_check')dnl
X
taken() { sql "SELECT address FROM message m JOIN recipient r ON r.message_id = m.id WHERE mta_id = '$1'"; }
send() { # sender recipients...
	name=$1
	shift
	letter "$name" | smtp --from "$name@local.test" "$@" >"$T/out"
	qid=$(sed -n 's/^DOT 250 2\.0\.0 \([^ ]*\).*/\1/p' "$T/out")
}

send ann chief@local.test
ok "an entry holds for what comes by the mailer" wait_for 10 mbox_has ann 'not to the boss'
send ann boss@remote.test
is "the filter takes recipients before Sendmail asks" "$(taken "$qid")" boss@remote.test

settings " && !key_exists('compat', concat(sender, '<@>', rcpt))"
sleep 1	# the milter looks twice a second
rm "$SM/mbox.ann"
send ann boss@remote.test quiet@remote.test bob@remote.test
is "those pairs are left to Sendmail" "$(taken "$qid")" bob@remote.test
ok "which returns what is refused" wait_for 10 mbox_has ann '550.*<boss@remote.test>... not to the boss'
ok "and discards what is discarded" wait_for 10 sendmail_idle
send carl boss@remote.test
is "another sender may write to the boss" "$(taken "$qid")" boss@remote.test
send ann fine@remote.test
by_mailer() { [ "$(sql "SELECT source FROM message m JOIN recipient r ON r.message_id = m.id WHERE address = 'fine@remote.test'")" = submit ]; }
ok "a pair that Sendmail does not refuse comes by the mailer" wait_for 10 by_mailer
is "nothing else is in the spool" "$(sql "SELECT count(*) FROM recipient")" 4
finish
