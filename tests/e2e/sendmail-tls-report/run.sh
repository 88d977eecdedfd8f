#!/bin/sh
# TLS reports by mail: tlsq gives them to the local Sendmail, OpenDKIM signs them, and the milter takes them over again and sends
# them, even if the receiver's policy fails; never without a signature, never counted in a report, never in a loop.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

DKIM_ROOT=$top_builddir/peers/opendkim
DKIM_LIBS=$(find "$DKIM_ROOT/usr/lib" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
LD_LIBRARY_PATH=$DKIM_LIBS "$DKIM_ROOT/usr/sbin/opendkim" -V >"$T/version" 2>&1 || skip_all "OpenDKIM does not run from $DKIM_ROOT (./bootstrap unpacks it)"

ca_make other self
cert_make mx dns=mx.good.test,mx.refuses.test,mx.a.test,mx.b.test
cert_make wrong ca=other dns=mx.fails.test
report_to() { echo "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:$1\""; }
{ echo "@ MX 10 mx"; echo "mx A 127.0.0.2"; report_to rua@good.test; } | dns_zone good.test unsigned
{ echo "@ MX 10 mx"; echo "mx A 127.0.0.3"; report_to rua@refuses.test; } | dns_zone refuses.test unsigned
{ echo "@ MX 10 mx"; echo "mx A 127.0.0.4"; report_to rua@fails.test
	echo "_25._tcp.mx TLSA $(tlsa_of mx 3 1 1)"; } | dns_zone fails.test signed
{ echo "@ MX 10 mx"; echo "mx A 127.0.0.5"; report_to tlsrpt@a.test; } | dns_zone a.test unsigned
{ echo "@ MX 10 mx"; echo "mx A 127.0.0.6"; report_to tlsrpt@b.test; } | dns_zone b.test unsigned
dns_start
peer_start <<X
[{"name": "good", "listen": ["127.0.0.2:25"], "cert": "mx"},
 {"name": "refuses", "listen": ["127.0.0.3:25"], "cert": "mx", "rules": [{"on": "^RCPT TO:<rua", "say": "550 5.1.1 no such report"}]},
 {"name": "fails", "listen": ["127.0.0.4:25"], "cert": "wrong"},
 {"name": "a", "listen": ["127.0.0.5:25"], "cert": "mx"},
 {"name": "b", "listen": ["127.0.0.6:25"], "cert": "mx"}]
X
reports_config() { # from
	config <<-X
	[report.tls]
	enable = true
	org-name = "Relay Ltd"
	from = "$1"
	contact-info = "postmaster@relay.test"
	X
}
reports_config tlsrpt@relay.test
milter_start
openssl genrsa -traditional -out "$T/dkim.key" 2048 2>"$T/err"
openssl rsa -in "$T/dkim.key" -pubout -out "$T/dkim.pub" 2>"$T/err"
# the lines of doc/sendmail.md, and what a test needs
cat >"$T/dkim.conf" <<X
$(sed -n '/^ *# opendkim.conf/,/^$/p' "$top_srcdir/doc/sendmail.md" | sed 's/^ *//' | grep -v '^#')
Domain relay.test,a.test,b.test
Selector sel
KeyFile $T/dkim.key
Canonicalization simple/simple
Socket inet:8891@127.0.0.1
Mode s
Background no
Syslog no
RequireSafeKeys no
InternalHosts 127.0.0.1
X
start env LD_LIBRARY_PATH="$DKIM_LIBS" "$DKIM_ROOT/usr/sbin/opendkim" -f -x "$T/dkim.conf"
# A second relay beside the first: its own port, milter and spool.
DB_A=$DB
mkdir "$T/spool/b"
! getent passwd tlsq >/dev/null || chown tlsq:tlsq "$T/spool/b"
sendmail_start <<X
INPUT_MAIL_FILTER(\`opendkim', \`S=inet:8891@127.0.0.1, F=T')dnl
MAIL_FILTER(\`tlsqb', \`S=unix:$T/run/b.sock, F=T')dnl
DAEMON_OPTIONS(\`Family=inet, Name=B, Port=2525, Addr=127.0.0.1, InputMailFilters=opendkim;tlsqb')dnl
X

# --- a domain with a policy that is met, one that refuses reports, one whose policy fails
today() { # what was recorded is of the day before
	sql "DELETE FROM tls_report_sent; UPDATE tls_report SET day = date('now', '-1 day')"
}
for d in good refuses fails; do
	letter $d | submit --quiet -f a@sender.test "bob@$d.test"
done
runner_once
today
sql 'SELECT domain, policy_type, result_type, count FROM tls_report ORDER BY 1' >"$T/counted"
is "sessions were counted" "$(cut -d'|' -f1 "$T/counted" | sort -u | tr '\n' ' ')" "fails.test good.test refuses.test "
runner_once
is "the reports are mail for the local Sendmail" "$(sql "SELECT count(*) FROM message WHERE source = 'report' AND tls_report IS NOT NULL")" 3
runner_once
runner_once
is "Sendmail has handed them back, signed" "$(sql "SELECT count(*) FROM message WHERE source = 'milter' AND tls_report IS NOT NULL")" 3
for d in good fails; do
	file=$(message_of $d)
	[ $d = fails ] || file=$(wire messages $d | grep rua@ | sed -n '1s/ .*//p')
	is "$d.test: the signature holds" "$("$E2E/dkim.py" "$file" "$T/dkim.pub" 2>&1)" good
	like "and has the fields of the report in it" "$(sed -n '/^DKIM-Signature/,/^[^ \t]*: /p' "$file" | tr -d ' \t\r\n' | tr A-Z a-z)" \
		'h=.*tls-report-domain.*tls-report-submitter|h=.*tls-report-submitter.*tls-report-domain'
	"$E2E/tlsrpt.py" unpack "$file" "$T/$d.json" 2>"$T/err"
	is "it is a report by RFC 8460 5.3" "$(cat "$T/err")" ""
	is "all counts are there" "$("$E2E/tlsrpt.py" counts "$T/$d.json" | grep -v '^ ' | tr '\n' ' ')" "$(awk -F'|' -v d=$d.test '$1 == d {
		if ($3 == "") good[$2] += $4; else bad[$2] += $4; type[$2] } END { for (t in type) printf "%s %d %d ", t, good[t], bad[t] }' "$T/counted")"
	is "it is known to have arrived" "$(sql "SELECT state, target FROM tls_report_sent WHERE domain = '$d.test'")" "sent|rua@$d.test"
done
is "where the policy fails mail waits and the report goes" "$(state_of bob@fails.test) $(state_of rua@fails.test | sort -u)" \
	"deferred 4.7.5 dane delivered 2.0.0 -"
is "a report is not reported on" "$(sql "SELECT count(*) FROM tls_report WHERE day = date('now') AND domain = 'good.test'")" 0
is "an address that refuses one" "$(sql "SELECT state, why FROM tls_report_sent WHERE domain = 'refuses.test'")" \
	"failed|550 5.1.1 no such report"
is "is noted for 30 days" "$(sql "SELECT address, (until - unixepoch() + 60) / 86400, why FROM tls_report_refused")" \
	"rua@refuses.test|30|550 5.1.1 no such report"
is "nobody is told" "$(sql "SELECT count(*) FROM message WHERE source = 'dsn'") $(sql "SELECT count(*) FROM recipient WHERE dsn_owed IS NOT NULL")" "0 0"
today
tlsq_ report --send --domain refuses.test >"$T/out" 2>"$T/err"
is "and gets none meanwhile" "$(sql "SELECT state, why FROM tls_report_sent WHERE domain = 'refuses.test'")" \
	"skipped|its addresses do not take reports"
ok "check finds nothing wrong" tlsq_ check
like "and says what was sent" "$(cat "$T/ok.out")" '^TLS reports: [0-9]+ sent'

# --- without a signature
reports_config tlsrpt@unsigned.test
milter_stop
milter_start
today
tlsq_ report --send --domain good.test >"$T/out" 2>"$T/err"
runner_once
is "a report that nobody signed is not sent" "$(sql "SELECT state, substr(why, 1, 70) FROM tls_report_sent WHERE domain = 'good.test'")" \
	"failed|554 5.7.20 TLS report without a DKIM signature of unsigned.test: see d"
runner_once
is "its receiver has one as before" "$(wire messages good | grep -c rua@)" 1
is "the address is not to blame" "$(sql "SELECT count(*) FROM tls_report_refused WHERE address = 'rua@good.test'")" 0
exits "check says so" 78 tlsq_ check
like "and what to do" "$(cat "$T/err")" 'TLS report.*not signed.*doc/sendmail.md'
is "mail that only looks like a report is mail" "$({ printf 'TLS-Report-Domain: x.test\nTLS-Report-Submitter: y.test\n'; letter fake; } |
	smtp --from '<a@sender.test>' fake@good.test | sed -n 's/^DOT \(...\).*/\1/p')" 250

# --- two relays that report to each other: a@ of a.test and b@ of b.test write once
config_of() { # domain port
	config <<-X
	[report.tls]
	enable = true
	org-name = "Relay of $1"
	from = "tlsrpt@$1"
	contact-info = "postmaster@$1"
	[queue.route.local]
	type = "relay"
	address = "127.0.0.1"
	port = $2
	[queue.tls.plain]
	starttls = "disable"
	dane = "disable"
	mta-sts = "disable"
	X
}
sql "DELETE FROM message; DELETE FROM tls_report; DELETE FROM tls_report_sent"
config_of a.test 25
milter_stop
milter_start
: >"$T/milter.log"
DB=$T/spool/b/spool.db
config_of b.test 2525
a_socket=$MILTER_SOCKET
MILTER_SOCKET=unix:$T/run/b.sock
milter_start
MILTER_SOCKET=$a_socket
letter hello | submit --quiet -f b@b.test ann@a.test
DB=$DB_A
letter hello | submit --quiet -f a@a.test bill@b.test
each() { # command...; for both spools
	for db in "$DB_A" "$T/spool/b/spool.db"; do
		DB=$db
		"$@"
	done
	DB=$DB_A
}
reports() { sql "SELECT count(*) FROM message WHERE source = 'report'"; }
for day in 1 2 3; do
	each runner_once
	each runner_once
	each runner_once
	is "day $day: reports so far" "$(each reports | tr '\n' ' ')" "$([ $day = 1 ] && echo "0 0 " || echo "1 1 ")"
	each sql "UPDATE tls_report SET day = date(day, '-1 day'); UPDATE tls_report_sent SET day = date(day, '-1 day')"
done
is "each has the other's report" "$(wire messages a | grep -c tlsrpt@a.test) $(wire messages b | grep -c tlsrpt@b.test)" "1 1"
echo rua@refuses.test >"$T/sendmail.took"
EXTRA_ACCEPTED=$T/sendmail.took
finish
