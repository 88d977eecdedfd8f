#!/bin/sh
# The main job on this machine alone: a DNS tree signed by ourselves, mail servers
# of several kinds on loopback, real messages, the queue runner, and what the
# spool then says.  `./bootstrap demo` runs it with the programs just installed.
E2E=$(cd "$(dirname "$0")/../e2e" && pwd)
. "$E2E/lib.sh"

title() { printf '\n%s\n' "$*"; }
command_line() { printf '  $ %s\n' "$*"; }
show() { # what it means, SQL
	title "$1"
	command_line "sqlite3 -box spool.db \"$(echo "$2" | tr -s '\n\t' '  ')\""
	sqlite3 -box -cmd '.timeout 5000' "$DB" "$2" | sed 's/^/  /'
}
put() { # strategy recipient text
	command_line "tlsq submit --strategy $1 -f you@sender.test $2 < letter.eml"
	letter "$3" | submit --quiet --strategy "$1" -f you@sender.test "$2" || exit 1
}

title "A DNS tree, signed from its root, and five mail servers, all on this machine:"
i=1
for d in bank garage cafe shop island; do
	i=$((i + 1))
	dns_zone $d.test signed <<-E
	@ MX 10 mx
	mx A 127.0.0.$i
	E
done
dns_start || exit 1
cert_make bank dns=mx.bank.test
cert_make garage self dns=mx.garage.test
peer_start <<E
[{"name": "mx.bank.test", "listen": ["127.0.0.2:25"], "cert": "bank"},
 {"name": "mx.garage.test", "listen": ["127.0.0.3:25"], "cert": "garage"},
 {"name": "mx.cafe.test", "listen": ["127.0.0.4:25"]},
 {"name": "mx.shop.test", "listen": ["127.0.0.5:25"]}]
E
cat <<'E'
  mx.bank.test    has a certificate from an authority we trust
  mx.garage.test  has a certificate that it signed itself
  mx.cafe.test    does not offer STARTTLS
  mx.shop.test    does not either
  mx.island.test  is down
E

title "The configuration says what each message must have on its way:"
config <<'E' || exit 1
[queue.tls.strict]                 # TLS and a valid certificate, or not at all
starttls = "require"
[queue.tls.encrypt]                # TLS, whoever it is
starttls = "require"
allow-invalid-certs = true
E
sed -n '/^\[/,$p' "$T/tlsq.toml" | sed 's/^/  /'
command_line "tlsq load tlsq.toml"

title "Mail goes into the spool, by the command or by plain SQL:"
put strict ann@bank.test 'a contract'
put strict bob@garage.test 'an estimate'
put encrypt eve@garage.test 'an invoice'
put strict carl@cafe.test 'a recipe'
put default dora@shop.test 'an order'
letter 'a greeting' >"$T/letter.eml"
insert="INSERT INTO submission(sender, recipients, content)
	VALUES ('you@sender.test', '[\"fred@island.test\"]', readfile('letter.eml'))"
command_line "sqlite3 spool.db \"$(echo "$insert" | tr -s '\n\t' '  ')\""
(cd "$T" && sql "$insert") || exit 1

title "The queue runner makes one pass:"
command_line "tlsq-runner --once"
runner --once || { cat "$T/runner.log"; exit 1; }
sed 's/^/  /' "$T/runner.log"

show "Who has his mail, and what was proved on the way (pkix: certificate and name verified):" \
	"SELECT recipient, state, tls, mx, protocol, cipher FROM history"
show "What waits, and why:" \
	"SELECT recipient, strategy, attempts AS tries, next_attempt, status, reply FROM queue"
show "The evidence of each TLS session, its certificate included:" \
	"SELECT mx, tls, protocol, cert_subject, cert_issuer, substr(cert_sha256, 1, 16) || '...' AS fingerprint,
	verify_error FROM session WHERE tls <> 'none'"
show "Which domains have a problem now, since when, and how many messages wait for it:" \
	"SELECT * FROM problems"

title "Not one octet of the strict messages went out in clear: MAIL commands the servers saw outside TLS:"
wire mails '*' | sed 's/^/  /'

title "All of this is in files that are now removed; nothing on this machine has changed.
To read on: README, tlsq(8), tlsq-runner(8)."
finished=yes
