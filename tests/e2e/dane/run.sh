#!/bin/sh
# TLSA records, secure or not, usable or not: a host proves what they demand before MAIL, or gets no mail.
. "${0%/*}/../lib.sh"

. "${0%/*}/zones.sh"
config <<X
dns.timeout = "2s"
[queue.tls.strict]
dane = "require"
[queue.tls.off]
dane = "disable"
allow-invalid-certs = true
[queue.tls.bounce]
on-policy-failure = "bounce"
X

send() { letter "$1" | submit --quiet --strategy "$2" -f a@sender.test "$2@$1.test"; }
for d in $good $bad $lost $none unusable unusablebad hostonly plaintext next; do
	send $d default
	send $d strict
done
for d in mismatch bogus insecure; do
	send $d off
done
send cn.unsignedalias default
send mismatch bounce
runner_once

proof() { # recipient: level, what was proved, the record, what counted
	sql "SELECT a.level, s.tls, s.dane, coalesce(substr(s.tlsa, 1, 5), '-') FROM recipient r
		JOIN attempt a ON a.id = r.last_attempt_id LEFT JOIN session s ON s.id = a.session_id
		WHERE r.address = '$1'"
}
why() { # recipient: level, error, result type of the attempt that decided
	sql "SELECT coalesce(a.level, '-'), a.error, coalesce(a.result_type, '-') FROM recipient r
		JOIN attempt a ON a.id = r.last_attempt_id WHERE r.address = '$1'"
}
no_mail() { wire commands "$1" '^MAIL'; }

for d in $good; do
	is "$d: sent" "$(state_of default@$d.test) $(state_of strict@$d.test)" \
		"delivered 2.0.0 - delivered 2.0.0 -"
	like "$d: over DANE, with the record" "$(proof strict@$d.test)" '^dane\|dane\|verified\|[23] [01] [012]$'
done
is "the name that an unsigned alias leads to proves nothing" \
	"$(state_of default@cn.unsignedalias.test) $(why default@cn.unsignedalias.test)" \
	"deferred 4.7.5 dane dane|dane|validation-failure"
is "which record of two" "$(proof default@second.test)" "dane|dane|verified|3 1 1"
for d in $bad; do
	for s in default strict; do
		is "$d: held back under $s" "$(state_of $s@$d.test)" "deferred 4.7.5 dane"
		is "$d: as a mismatch" "$(why $s@$d.test)" "dane|dane|validation-failure"
	done
	is "$d: the session says so" "$(proof strict@$d.test)" "dane|encrypted|failed|-"
	[ $d = mismatch ] || is "$d: no MAIL was sent" "$(no_mail $d)" ""
done
like "a mismatch is told with both sides" "$(sql "SELECT reply FROM recipient WHERE address = 'strict@mismatch.test'")" \
	'no TLSA record matches: 1 published, the first 3 1 1 [0-9a-f]{64}; .* SHA-256 [0-9a-f]{64}, its key [0-9a-f]{64}'
like "an expired one below a TA with its date" "$(sql "SELECT reply FROM recipient
	WHERE address = 'strict@taold.test'")" 'expired on 2021-01-01'
for d in $lost; do
	for s in default strict; do
		is "$d: held back under $s" "$(state_of $s@$d.test)" "deferred 4.7.5 dane"
		is "$d: as a failed lookup" "$(why $s@$d.test)" "-|dane|dnssec-invalid"
	done
	[ $d = bogus ] || is "$d: never connected to" "$(wire commands $d '^EHLO' | head -n 1)" ""
done
for d in $none; do
	is "$d: no DANE here" "$(state_of default@$d.test) $(proof default@$d.test | cut -d'|' -f1,3)" \
		"$([ $d = absent ] && echo 'delivered 2.0.0 - opportunistic|none' ||
		echo "$(state_of default@$d.test) opportunistic|none")"
	is "$d: required and not there" "$(state_of strict@$d.test) $(why strict@$d.test)" \
		"deferred 4.7.5 dane -|dane|dane-required"
done
is "no TLSA query under insecure addresses" \
	"$(dns_count _25._tcp.mx.insecure.test) $(dns_count _25._tcp.mx.island.test)" "0 0"
is "unusable records: TLS without DANE, certificate as ever" \
	"$(state_of default@unusable.test) $(proof default@unusable.test)" \
	"delivered 2.0.0 - mandatory|pkix|unusable|-"
is "and where DANE is required" "$(state_of strict@unusable.test) $(why strict@unusable.test)" \
	"deferred 4.7.5 dane -|dane|tlsa-invalid"
is "unusable records and a certificate that is no good" "$(state_of default@unusablebad.test)" "deferred 4.7.5 tls"
is "an unsigned MX of a signed host" "$(state_of default@hostonly.test) $(proof default@hostonly.test)" \
	"delivered 2.0.0 - dane|dane|host-only|3 1 1"
is "is not enough where DANE is required" "$(state_of strict@hostonly.test) $(why strict@hostonly.test)" \
	"deferred 4.7.5 dane -|dane|dane-required"
is "no STARTTLS" "$(state_of default@plaintext.test) $(why default@plaintext.test)" \
	"deferred 4.7.4 dane dane|dane|starttls-not-supported"
is "in clear nothing is said but EHLO" "$(wire mails plaintext)$(no_mail plaintext)" ""
is "a second host that matches gets the mail" "$(state_of strict@next.test) $(proof strict@next.test)" \
	"delivered 2.0.0 - dane|dane|verified|3 1 1"
is "both hosts are recorded" "$(sql "SELECT mx, error FROM attempt WHERE domain = 'next.test'
	AND strategy = 'strict' ORDER BY id")" "mx.mismatch.test|dane
mx.ee11.test|"
is "disabled, nothing is asked" "$(state_of off@mismatch.test) $(state_of off@bogus.test)" \
	"delivered 2.0.0 - delivered 2.0.0 -"
is "on-policy-failure = bounce makes it final" "$(state_of bounce@mismatch.test)" "failed 5.7.5 dane"
is "SNI is the TLSA base domain" "$(grep -oE '"sni": "[^"]*(alias|ee11)[^"]*"' "$T/peer/wire.jsonl" | sort -u)" \
	'"sni": "alias.aliasown.test"
"sni": "mx.ee11.test"
"sni": "real.alias.test"'
like "the log line names it" "$(grep 'to=<strict@ee11.test>' "$T/runner.log")" \
	'strategy=strict, level=dane, tls=dane, protocol=TLSv1.3, .*dane=verified, mta-sts=none, dsn=2.0.0, stat=Sent'

# what is still valid is not asked again, by another process
cp "$T/dns/queries" "$T/dns/before"
for d in ee11 absent unusable mismatch cn.tacname; do
	letter again | submit --quiet --strategy default -f a@sender.test again@$d.test
done
runner_once
is "a second run asks nothing" "$(tail -n +$(($(wc -l <"$T/dns/before") + 1)) "$T/dns/queries")" ""
is "and counts it" "$(sql "SELECT cache, hits > 0, misses > 0 FROM cache_use ORDER BY cache")" "dane|1|1
host|1|1
mta-sts|1|1
mx|1|1"
is "and decides the same" "$(state_of again@ee11.test) $(proof again@ee11.test)" \
	"delivered 2.0.0 - dane|dane|verified|3 1 1"
is "also by the name that the domain stands for" "$(state_of again@cn.tacname.test) $(proof again@cn.tacname.test)
$(sql "SELECT domain, canonical FROM mx_cache WHERE canonical IS NOT NULL AND domain LIKE '%.tacname.test'")" "delivered 2.0.0 - dane|dane|verified|2 0 1
cn.tacname.test|real.tacname.test"
is "errors are not kept as answers" "$(sql "SELECT status FROM dane_cache WHERE host = 'mx.servfail.test'
	AND expires_at - fetched_at > 60")" ""
unnamed() { # recipients that are not delivered and were named to a server
	sql "SELECT address FROM recipient WHERE state <> 'delivered'" | while read -r address; do
		grep -F "RCPT TO:<$address>" "$T/peer/wire.jsonl"
	done
}
is "no recipient that is held back was ever named to a server" "$(unnamed)" ""
finish
