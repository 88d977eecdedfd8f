#!/bin/sh
# TLS reports (RFC 8460): every session that reached STARTTLS and every host that a policy excluded is counted once.  The report for a
# day is sent once to each domain that requests it, with retries for a day, and to no other domain.
. "${0%/*}/../lib.sh"

ca_make other self
cert_make good "dns=mx.broken.test,mx.sts.test,mx.open.test,mx.dane.test,mx.fetch.test,mx.outside.test,mx.testing.test,mx.both.test"
cert_make unknown ca=other dns=mx.testbad.test,mx.danebad.test
cert_make reports ca=other dns=elsewhere.test
: >"$T/script"
zone() { # name, kind, certificate ("-": no STARTTLS), path of the receiver ("-": none); further records on standard input
	n=$(($(wc -l <"$T/script") + 2))
	{ echo "@ MX 10 mx"; echo "mx A 127.0.1.$n"; echo "mta-sts A 127.0.0.8"
	[ "$4" = - ] || echo "_smtp._tls TXT \"v=TLSRPTv1; rua=https://reports.test/$4\""
	cat; } | dns_zone "$1.test" "$2"
	echo "{\"name\": \"$1\", \"listen\": [\"127.0.1.$n:25\"]$([ "$3" = - ] || echo ", \"cert\": \"$3\"")}" >>"$T/script"
}
policy() { echo '_mta-sts TXT "v=STSv1; id=1;"'; }
policy | zone sts unsigned good ok-sts
policy | zone outside unsigned good ok-outside
policy | zone testing unsigned good ok-testing
policy | zone testbad unsigned unknown ok-testbad
policy | zone fetch unsigned good ok-fetch
policy | zone broken unsigned good ok-broken
echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)" | zone dane signed good ok-dane
echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)" | zone danebad signed unknown ok-danebad
{ policy; echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)"; } | zone both signed good ok-both
zone open unsigned good ok-open </dev/null
zone clear unsigned - 500 </dev/null
zone none unsigned - - </dev/null
zone missing unsigned - 404 </dev/null
zone moved unsigned - redirect </dev/null
zone stall unsigned - stall </dev/null
zone big unsigned - big </dev/null
zone two unsigned - - <<X
_smtp._tls TXT "v=TLSRPTv1; rua=https://reports.test/ok-two"
_smtp._tls TXT "v=TLSRPTv1; rua=https://reports.test/ok-two2"
X
zone second unsigned - - <<X
_smtp._tls TXT "something else"
_smtp._tls TXT "v=TLSRPTv1; rua=https://reports.test/500," "https://reports.test/ok-second"
X
zone discard unsigned - ok-discard </dev/null
dns_zone reports.test unsigned <<X
@ A 127.0.0.9
X
dns_start
paste -sd, "$T/script" | sed 's/.*/[&]/' | peer_start
for d in sts fetch both; do sts_mode $d.test enforce 86400 mx.$d.test; done
sts_mode outside.test enforce 86400 mx.elsewhere.test
sts_mode testing.test testing 86400 mx.testing.test
sts_mode testbad.test testing 86400 mx.testbad.test
sts_policy broken.test 'version: STSv1\nmode: perhaps\n'
sts_start
sts_fault fetch.test status 404
mkdir "$T/reports"
start "$E2E/reporthost.py" "$T/reports" 127.0.0.9:443 "$T/certs/reports"
wait_for 10 test -e "$T/reports/ready"
cat >"$T/reports.toml" <<X
[report.tls]
enable = true
org-name = "Relay Ltd"
from = "tlsrpt@relay.test"
contact-info = "postmaster@relay.test"
[lookup.tlsrpt]
"discard.test" = "discard"
[queue.route.smart]
type = "relay"
address = "mx.open.test"
port = 25
[queue.strategy]
route = [ { if = "rcpt == 'smart@open.test'", then = "'smart'" }, { else = "'mx'" } ]
X
config <"$T/reports.toml"

# --- what is counted
all='broken sts outside testing testbad fetch dane danebad both open clear none missing moved stall big two second discard'
for d in $all; do
	letter "$d" | submit --quiet -f a@sender.test "one@$d.test"
done
letter second | submit --quiet -f a@sender.test two@sts.test three@sts.test
letter waived | submit --quiet --tls-optional -f a@sender.test waived@open.test
letter literal | submit --quiet -f a@sender.test 'x@[127.0.1.10]'
letter smart | submit --quiet -f a@sender.test smart@open.test
runner_once
counted() { # domain
	sql "SELECT policy_type, CASE result_type WHEN '' THEN 'success' ELSE result_type END, count, receiving_ip <> '' OR result_type = ''
		FROM tls_report WHERE domain = '$1.test' ORDER BY 1 DESC" | tr '\n' ' '
}
is "sessions under a policy, whatever the number of messages" "$(counted sts)" "sts|success|$(sql "SELECT count(DISTINCT session_id) FROM attempt
	WHERE domain = 'sts.test'")|1 "
is "a host that the policy does not name: no connection" "$(counted outside)" "sts|validation-failure|1|0 "
is "a policy in testing that is met" "$(counted testing)" "sts|success|1|1 "
is "and one that is not: two sessions, the second took the mail" "$(counted testbad)" "sts|certificate-not-trusted|2|1 "
is "a policy that cannot be fetched, and the session that goes on without" "$(counted fetch)" \
	"sts|sts-policy-fetch-error|1|1 no-policy-found|success|1|1 "
is "DANE" "$(counted dane)" "tlsa|success|1|1 "
is "a TLSA record that does not match" "$(counted danebad)" "tlsa|validation-failure|1|1 "
is "DANE and MTA-STS: both are told, what was applied is counted" "$(counted both)" "tlsa|success|1|1 sts|success|0|1 "
is "no policy; neither a relay nor mail that waives TLS" "$(counted open)" "no-policy-found|success|1|1 "
is "no STARTTLS" "$(counted clear)" "no-policy-found|starttls-not-supported|1|1 "
is "an address literal is no domain" "$(sql "SELECT count(*) FROM tls_report WHERE domain LIKE '[%'")" 0
is "nobody's address stands there" "$(sql "SELECT count(*) FROM tls_report WHERE policy || reason LIKE '%one@%'")" 0
before=$(sql 'SELECT sum(count) FROM tls_report')
runner_once
is "what is not tried is not counted" "$(sql 'SELECT sum(count) FROM tls_report')" "$before"
is "today's report is not sent" "$(cat "$T/reports/posts")" ""

# --- what is printed
day=$(date -u -d yesterday +%F)
sql "UPDATE tls_report SET day = '$day'"
for d in $all; do
	tlsq_ report --domain $d.test >"$T/$d.json"
	"$E2E/tlsrpt.py" check "$T/$d.json" || echo $d
done >"$T/out" 2>&1
is "all are valid by RFC 8460 4.4" "$(cat "$T/out")" ""
is "with what was counted" "$("$E2E/tlsrpt.py" counts "$T/testbad.json")" "sts 0 2
  certificate-not-trusted mx.testbad.test 127.0.1.5 2"
like "and the policy as it was served" "$(cat "$T/sts.json")" '"policy-string":\["version: STSv1","mode: enforce","max_age: 86400","mx: mx.sts.test"\]'
like "one that is none with its errors" "$(cat "$T/broken.json")" '"policy-string":\["version: STSv1","mode: perhaps"\]'
like "TLSA records as RFC 8460 writes them" "$(cat "$T/dane.json")" '"policy-string":\["3 1 1 [0-9a-fA-F]{64}"\]'
is "one line for each domain" "$(tlsq_ report --day "$day" | wc -l)" "$(echo $all | wc -w)"
exits "a day that is none" 64 tlsq_ report --day 2026-02-30
exits "a domain that is none" 65 tlsq_ report --domain 'a b'
is "of a domain that was never counted nothing" "$(tlsq_ report --domain nothing.test)" ""

# --- what is sent
sent() { sql "SELECT state, tries, coalesce(why, '-') FROM tls_report_sent WHERE domain = '$1.test'"; }
tlsq_ report --send --domain sts.test >"$T/out" 2>"$T/err"
is "the command sends what it is told to" "$(cat "$T/out")" "1 sent, 0 queued as mail, 0 to be tried again, 0 not wanted"
is "and nothing else" "$(cut -d' ' -f1 "$T/reports/posts")" /ok-sts
tlsq_ report --send --domain sts.test >"$T/out" 2>"$T/err"
is "a domain and day once" "$(cat "$T/out")" "0 sent, 0 queued as mail, 0 to be tried again, 0 not wanted"
sql "UPDATE tls_report_sent SET next_try_at = unixepoch() + 7200 WHERE state = 'due'"
runner_once
is "each at a time of its own in the four hours after midnight" "$(sql "SELECT count(*) FROM tls_report_sent WHERE tries = 0")" \
	$(($(echo $all | wc -w) - 1))
sql "UPDATE tls_report_sent SET next_try_at = unixepoch() WHERE state = 'due' AND domain <> 'stall.test'"
runner_once
for d in outside testing testbad fetch dane danebad both open; do
	is "$d: sent by the runner" "$(sent $d)" "sent|1|HTTP status 200"
done
is "what arrived is valid" "$("$E2E/tlsrpt.py" check "$T"/reports/*.json 2>&1)" ""
is "and says the same" "$("$E2E/tlsrpt.py" counts "$T/reports/ok-testbad.json")" "$("$E2E/tlsrpt.py" counts "$T/testbad.json")"
like "as RFC 8460 5.5 has it" "$(grep ok-dane "$T/reports/posts")" "^/ok-dane application/tlsrpt\\+gzip $day\\.[0-9a-f]{16}@relay.test$"
is "a receiver that fails is tried again" "$(sent clear)" "due|1|HTTP status 500"
is "so is one that does not know the path" "$(sent missing)" "due|1|HTTP status 404"
is "a redirect is not followed" "$(sent moved) $(grep -c redirected "$T/reports/posts")" "due|1|HTTP status 302 0"
is "an answer without end does no harm" "$(sent big)" "sent|1|HTTP status 200"
is "after a URI that fails the next one" "$(sent second)" "sent|1|HTTP status 200"
is "two records are none" "$(sent two)" "skipped|1|the domain wants no reports"
is "nor is no record" "$(sent none)" "skipped|1|the domain wants no reports"
is "then the counts are dropped" "$(counted none)$(counted two)" ""
is "the map tlsrpt says who gets none" "$(sent discard)" "skipped|1|the map tlsrpt says discard"
sql "UPDATE tls_report_sent SET next_try_at = unixepoch() WHERE domain = 'clear.test'"
runner_once
is "the id is the same at every try" "$(grep '^/500' "$T/reports/posts" | grep -v "$(sql "SELECT report_id FROM tls_report_sent
	WHERE domain = 'second.test'")" | cut -d' ' -f3 | sort | uniq -c | awk '{ print $1 }')" 2
is "and the time between them doubles" "$(sql "SELECT tries, next_try_at - unixepoch() BETWEEN 1100 AND 1200 FROM tls_report_sent
	WHERE domain = 'clear.test'")" "2|1"
sql "UPDATE tls_report_sent SET day = date(day, '-1 day'), next_try_at = unixepoch() WHERE domain = 'clear.test'"
runner_once
is "after a day it is given up" "$(sent clear | head -n 1)" "failed|3|HTTP status 500"
# a daemon is not kept from its end
sql "UPDATE tls_report_sent SET next_try_at = unixepoch() WHERE domain = 'stall.test'"
daemon_start
wait_for 20 grep -q '^/stall' "$T/reports/posts"
from=$(date +%s)
stop $daemon_pid
is "a receiver that stalls does not keep the runner from its end" $(($(date +%s) - from < 10)) 1
is "and gets the report later" "$(sql "SELECT state FROM tls_report_sent WHERE domain = 'stall.test'")" due

# --- what is shown
like "stats sums up" "$(tlsq_ stats)" '^TLS reports in 7 days: [0-9]+ sent, [0-9]+ waiting, 1 failed, [0-9]+ not wanted; 0 addresses refused one$'
like "with what failed, and why" "$(tlsq_ stats)" 'clear\.test failed https://reports\.test/500 +HTTP status 500'
like "with -v all" "$(tlsq_ stats -v)" ' open\.test sent https://reports\.test/ok-open +HTTP status 200'
is "as JSON too" "$(tlsq_ stats --json | python3 -c 'import json, sys
print(sorted({r["state"] for r in json.load(sys.stdin)["tls_reports"]}))')" "['due', 'failed', 'sent', 'skipped']"

# --- settings
sed 's/^enable = true/enable = true\nonly-failures = true/' "$T/reports.toml" | config
sql "DELETE FROM tls_report_sent; UPDATE tls_report SET day = '$day'"
tlsq_ report --send --domain open.test >"$T/out"
is "only-failures: nothing failed" "$(sent open)" "skipped|1|nothing failed, and report.tls.only-failures is set"
tlsq_ report --send --domain danebad.test >"$T/out"
is "something did" "$(sent danebad)" "sent|1|HTTP status 200"
sed 's/^enable = true/enable = true\nmax-per-day = 1/' "$T/reports.toml" | config
exits "a report whose result cannot be printed" 74 sh -c "tlsq -d $DB report --send --domain dane.test >/dev/full"
is "the command says what was done with it" "$(tail -n 1 "$T/err")" "tlsq: standard output: No space left on device; the change \
was made, but its result could not be printed: 0 sent, 0 queued as mail, 0 to be tried again, 1 not wanted"
exits "nothing to send, and no way to say so" 74 sh -c "tlsq -d $DB report --send --domain dane.test >/dev/full"
is "nothing is said of a change" "$(cat "$T/err")" "tlsq: standard output: No space left on device"
is "no more a day than max-per-day" "$(sent dane)" "skipped|1|report.tls.max-per-day is reached"
grep -v org-name "$T/reports.toml" | config 2>"$T/err"
like "load warns of a key that reports need" "$(cat "$T/err")" 'report\.tls\.enable: warning: report\.tls\.org-name is not set'
exits "and nothing is sent without" 78 tlsq_ report --send
like "with what to do" "$(cat "$T/err")" 'report\.tls\.org-name is not set'
finish
