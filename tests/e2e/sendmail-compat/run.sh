#!/bin/sh
# Rules of Sendmail that do not apply to tlsq's mail (doc/sendmail.md): Compat: applies if milter.take leaves the recipients to
# Sendmail; TLS_Rcpt:, TLS_Srv: and Try_TLS: apply to what Sendmail delivers itself, and tlsq has equivalents.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

for name in remote.test plain.test; do
	dns_zone $name unsigned <<-X
	@ MX 10 mx
	mx A 127.0.0.2
	X
done
dns_start
cert_make mx dns=mx.remote.test
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}, {"name": "own", "listen": ["127.0.0.8:25", "127.0.0.9:25"], "cert": "mx"},
 {"name": "bare", "listen": ["127.0.0.7:25"]}]
X
settings() { # what is added to milter.take
	config <<X
[queue.tls.plain]
starttls = "disable"
[queue.strategy]
tls = [ { if = "mx == 'mx.plain.test'", then = "'plain'" }, { else = "'default'" } ]
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
# of the servers, by name or address, and of the recipient
printf 'Try_TLS:127.0.0.9\tNO\nTry_TLS:mx.remote.test\tNO\nTLS_Srv:127.0.0.7\tENCR:112\nTLS_Srv:mx.plain.test\tENCR:112\nTLS_Rcpt:bob@plain.test\tVERIFY\n' \
	>>/etc/mail/access
printf 'try.test\tesmtp:[127.0.0.8]\nno.test\tesmtp:[127.0.0.9]\nbare.test\tesmtp:[127.0.0.7]\n' >/etc/mail/mailertable
"$MAKEMAP" -C /dev/null hash /etc/mail/mailertable </etc/mail/mailertable
echo 'chief: boss@remote.test' >>/etc/mail/aliases
"$MAKEMAP" -C /dev/null hash /etc/mail/access </etc/mail/access
sendmail_start <<X
FEATURE(\`compat_check')dnl
FEATURE(\`mailertable')dnl
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

# What Sendmail delivers itself meets the rules for TLS.
send ann bob@try.test bob@no.test bob@bare.test
is "mail for mailertable is not the filter's" "$(taken "$qid")" ""
of_sendmail() { wire commands "$@" | cut -d' ' -f2-; }
ok "Sendmail delivers it" wait_for 10 eval '[ "$(wire_count messages own)" = 2 ]'
is "with STARTTLS, but where Try_TLS says NO" "$(wire_count commands own '^STARTTLS')" 1
reason() { grep -q '^M.*4\.7\.\|^M.*TLS\|^M.*403' "$SM"/mqueue/qf*; }
ok "TLS_Srv keeps it from a server without TLS" wait_for 10 reason
is "which got no message" "$(wire_count messages bare)" 0

# What tlsq delivers meets those of its configuration.
send ann bob@remote.test bob@plain.test
is "the filter takes it, whatever TLS_Rcpt says" "$(taken "$qid" | sort | tr '\n' ' ')" "bob@plain.test bob@remote.test "
sql "UPDATE recipient SET state = 'held' WHERE address NOT IN ('bob@remote.test', 'bob@plain.test', 'fine@remote.test')"
runner_once
tls_of() { sql "SELECT DISTINCT s.tls FROM session s JOIN attempt a ON a.session_id = s.id WHERE a.outcome = 'delivered' AND a.domain = '$1'"; }
is "Try_TLS means nothing to tlsq" "$(tls_of remote.test)" pkix
is "a strategy with starttls = \"disable\" for the host does the same" "$(tls_of plain.test)" none
is "what came by the mailer goes out in the same way" "$(state_of fine@remote.test)" "delivered 2.0.0 -"
finish
