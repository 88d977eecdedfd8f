#!/bin/sh
# The main job on this machine alone: a DNS tree signed by ourselves, mail servers
# of several kinds on loopback, a real Sendmail with our filter, real messages, the
# queue runner, and what the spool then says.  `./bootstrap demo` runs it with the
# programs just installed.  Where there is no Sendmail, `tlsq submit` puts the mail in.
E2E_MUST_RUN=yes
E2E=$(cd "$(dirname "$0")/../e2e" && pwd)
. "$E2E/lib.sh"
. "$E2E/sendmail.sh"

title() { printf '\n%s\n' "$*"; }
command_line() { printf '  $ %s\n' "$*"; }
show() { # what it means, SQL
	title "$1"
	command_line "sqlite3 -box spool.db \"$(echo "$2" | tr -s '\n\t' '  ')\""
	sqlite3 -box -cmd '.timeout 5000' "$DB" "$2" | sed 's/^/  /'
}
put() { # recipient text
	if [ -z "$no_sendmail" ]; then
		command_line "smtp.py --from you@sender.test $1 < letter.eml"
		letter "$2" | smtp --from you@sender.test "$1" >"$T/answer" || { cat "$T/answer"; exit 1; }
		sed -n 's/^DOT /  /p' "$T/answer"
	else
		command_line "tlsq submit -f you@sender.test $1 < letter.eml"
		letter "$2" | submit --quiet -f you@sender.test "$1" || exit 1
	fi
}
servers=
server() { # domain, certificate ("": no STARTTLS): the next address
	i=$((i + 1))
	servers="$servers${servers:+,} {\"name\": \"mx.$1.test\", \"listen\": [\"127.0.0.$i:25\"]${2:+, \"cert\": \"$2\"}}"
}
zone() { # domain, kind; more records on standard input
	{ printf '@ MX 10 mx\nmx A 127.0.0.%s\n' "$i"; cat; } | dns_zone "$1.test" "$2"
}

title "A DNS tree, signed from its root, and mail servers of several kinds, all on this machine:"
i=10
cert_make bank self dns=mx.bank.test
cert_make mismatch self dns=mx.mismatch.test
cert_make post dns=mx.post.test
cert_make garage self dns=mx.garage.test
server bank bank
zone bank signed <<E
_25._tcp.mx TLSA $(tlsa_of bank 3 1 1)
E
server mismatch mismatch
zone mismatch signed <<E
_25._tcp.mx TLSA $(tlsa_of bank 3 1 1)
E
server bogus bank
zone bogus bogus </dev/null
server post post
zone post unsigned <<E
_mta-sts TXT "v=STSv1; id=20261125;"
mta-sts A 127.0.0.8
E
server stripped ''
zone stripped unsigned <<E
_mta-sts TXT "v=STSv1; id=1;"
mta-sts A 127.0.0.8
E
server garage garage
zone garage unsigned </dev/null
server cafe ''
zone cafe unsigned </dev/null
dns_start || exit 1
echo "[$servers]" | peer_start
sts_mode post.test enforce 604800 mx.post.test
sts_mode stripped.test enforce 604800 mx.stripped.test
sts_start || exit 1
cat <<'E'
  bank.test      publishes its server's key in signed DNS (DANE)
  mismatch.test  does too, but its server has another key: an attack, or a mistake
  bogus.test     has a zone whose signatures are wrong
  post.test      has an MTA-STS policy, mode enforce, and a certificate that an authority signed
  stripped.test  has such a policy, but its server offers no STARTTLS: somebody took it out
  garage.test    has a certificate that it signed itself, and nothing else
  cafe.test      does not offer STARTTLS and promises nothing
E

title "The configuration: as shipped, DANE and MTA-STS where a domain has them, TLS where it is offered; and one rule
of our own, that mail to cafe.test must have TLS."
config <<'E' || exit 1
[queue.tls.default]                # dane, mta-sts and starttls: optional
[queue.tls.invalid-tls]
allow-invalid-certs = true
[queue.tls.strict]
starttls = "require"
[queue.strategy]
tls = [
  { if = "rcpt_domain == 'cafe.test'", then = "'strict'" },
  { if = "retry_num > 0 && last_error == 'tls'", then = "'invalid-tls'" },
  { else = "'default'" },
]
E
sed -n '/^\[/,$p' "$T/tlsq.toml" | sed 's/^/  /'
command_line "tlsq load tlsq.toml"

title "What would become of mail to a domain, and why, before any is sent:"
command_line "tlsq explain --connect mismatch.test"
tlsq_ explain --connect mismatch.test | sed 's/^/  /'

no_sendmail=$(sendmail_lacks)
if [ -z "$no_sendmail" ]; then
	title "Sendmail, Debian's own, with tlsq-milter as its filter; sendmail.mc has one line more:"
	echo "  include(\`tlsq.m4')dnl"
	syslog_listen
	command_line "tlsq-milter -s $MILTER_SOCKET &"
	milter_start
	sendmail_start </dev/null
	sed 's/^/  /' "$T/milter.log"
	title "A client (smtp.py, of the tests) sends mail to Sendmail; each 250 means: it is in the spool, on the disk:"
	put ann@bank.test 'a contract'
	title "What Sendmail logged of it, and the filter:"
	id=$(sed -n 's/^DOT 250 2\.0\.0 \([^ ]*\).*/\1/p' "$T/answer")
	wait_for 5 grep -q "$id: .*delete" "$T/maillog"
	grep -h "$id" "$T/maillog" "$T/milter.log" | sed 's/^/  /'
	show "The same in the spool; mta_id is Sendmail's queue id:" \
		"SELECT m.id, m.mta_id, m.source, m.sender, r.address AS recipient, r.state FROM message m
		JOIN recipient r ON r.message_id = m.id"
	title "More of them:"
else
	title "Mail goes into the spool by a command ($no_sendmail):"
	put ann@bank.test 'a contract'
fi
put mike@mismatch.test 'a secret'
put bob@bogus.test 'another one'
put pat@post.test 'a postcard'
put sue@stripped.test 'a parcel'
put gus@garage.test 'an estimate'
title "And one by plain SQL:"
letter 'a recipe' >"$T/letter.eml"
insert="INSERT INTO submission(sender, recipients, content)
	VALUES ('you@sender.test', '[\"carl@cafe.test\"]', readfile('letter.eml'))"
command_line "sqlite3 spool.db \"$(echo "$insert" | tr -s '\n\t' '  ')\""
(cd "$T" && sql "$insert") || exit 1

title "The queue runner makes one pass:"
command_line "tlsq-runner --once"
runner --once || { cat "$T/runner.log"; exit 1; }
sed 's/^/  /' "$T/runner.log"

show "Who has his mail, and what was proved on the way:" \
	"SELECT recipient, tls, dane, mta_sts, mx, protocol FROM history"
show "bank.test: the TLSA record that matched, and the key it binds (the certificate is self-signed: DANE does not mind):" \
	"SELECT a.level, s.tls, substr(s.tlsa, 1, 22) || '...' AS tlsa, substr(s.spki_sha256, 1, 16) || '...' AS key,
	s.cert_issuer FROM attempt a JOIN session s ON s.id = a.session_id WHERE a.domain = 'bank.test'"
show "mismatch.test: held back; there was a handshake, and no mail was sent:" \
	"SELECT level, outcome, error, result_type, status FROM attempt WHERE domain = 'mismatch.test'"
show "bogus.test: an answer that fails validation is no answer, and no reason for anything weaker:" \
	"SELECT recipient, last_error AS error, status, substr(reply, 1, 60) || '...' AS reply FROM queue
	WHERE domain = 'bogus.test'"
show "post.test and stripped.test: the policies, kept for their max_age; to be without STARTTLS is no way around them:" \
	"SELECT domain, mode, txt_id, mx, max_age, datetime(expires_at, 'unixepoch') AS expires FROM mta_sts_cache
	WHERE mode IS NOT NULL"
show "garage.test: error tls under the first strategy, then at once the one that allows invalid certificates:" \
	"SELECT a.strategy, a.rule, a.outcome, a.error, s.tls, s.verify_error FROM attempt a
	JOIN session s ON s.id = a.session_id WHERE a.domain = 'garage.test' ORDER BY a.id"
show "What waits, and why:" \
	"SELECT recipient, last_error AS error, status, next_attempt, substr(reply, 1, 50) || '...' AS reply FROM queue"
show "Which domains have a problem now, since when, and how many messages wait for it:" \
	"SELECT * FROM problems"

title "MAIL commands that the servers saw outside TLS: $(wire mails '*' | wc -l)"

title "All of this is in files that are now removed; nothing on this machine has changed.
To read on: README, doc/sendmail.md, doc/policy.md, tlsq(8), tlsq-runner(8)."
finished=yes
