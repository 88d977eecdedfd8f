#!/bin/sh
# A domain whose mail fails on TLS is refused at RCPT, with the reason; when it works again, tlsq notices.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

dns_zone bank.test signed <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_start
peer_start <<X
[{"name": "plain", "listen": ["127.0.0.2:25"]}]
X
settings() { # failing-domains, failing-probe
	config <<X
[queue.tls.default]
starttls = "require"
[queue.strategy]
tls = "'default'"
[queue.schedule.default]
retry = ["1s"]
[milter]
failing-domains = "$1"
failing-probe = "$2"
X
	sleep 1	# the milter looks twice a second
}
milter_start
settings tempfail 1h
sendmail_start </dev/null

letter first | smtp ann@bank.test >"$T/out"
like "at first nothing is known" "$(cat "$T/out")" '^DOT 250'
runner_once
is "the message waits" "$(state_of ann@bank.test)" "deferred 4.7.4 tls"
letter probe | smtp bob@bank.test >"$T/out"
like "one recipient is let through" "$(cat "$T/out")" '^DOT 250'
letter second | smtp carl@bank.test nobody@local.test >"$T/out"
like "the next hears why, and since when" "$(cat "$T/out")" \
	'^RCPT 451 4\.7\.5 mail for bank\.test has failed since 20[0-9T:-]+Z: starttls-not-supported: mx\.bank\.test'
like "other recipients do not mind" "$(cat "$T/out")" '^DOT 250'
settings reject 1h
letter third | smtp carl@bank.test >"$T/out"
like "or is refused for good" "$(cat "$T/out")" '^RCPT 550 5\.7\.5'

# mended
stop "$peer_pid"
cert_make mx dns=mx.bank.test
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}]
X
settings reject 1s
letter chance | smtp dora@bank.test >"$T/out"
like "after the interval one is let through" "$(cat "$T/out")" '^DOT 250'
runner_once --now
is "and delivered" "$(state_of dora@bank.test)" "delivered 2.0.0 -"
settings reject 1h
for r in eve fred; do
	letter $r | smtp $r@bank.test >"$T/out"
	like "$r is welcome" "$(cat "$T/out")" '^DOT 250'
done
finish
