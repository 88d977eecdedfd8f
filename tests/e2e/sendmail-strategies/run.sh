#!/bin/sh
# Who may request what: TLS-Required, Require-TLS-ESMTP, milter.strategy-header, milter.tls-strategy.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

ip addr add 192.0.2.7/32 dev lo
config <<X
[queue.tls.secure]
starttls = "require"
[queue.tls.bank]
dane = "require"
[milter]
strategy-header = "X-TLS-Strategy"
tls-strategy = "CASE WHEN rcpt_domain = 'bank.test' THEN 'bank' WHEN rcpt_domain = 'wrong.test' THEN concat('wro', 'ng') END"
X
milter_start
sendmail_user ann secret 2>"$T/err" && can_authenticate=yes
sendmail_start </dev/null
newest() { sql "SELECT $1 FROM message ORDER BY id DESC LIMIT 1"; }
with() { # field
	printf '%s\n' "$1"
	letter with
}
stranger='--bind 192.0.2.7'

with 'TLS-Required: No' | smtp bob@remote.test >"$T/out"
is "a local submitter's TLS-Required: No" "$(newest tls_optional,require_tls)" "1|0"
stored "$(newest id)" "$T/got"
like "stays in the message" "$(cat "$T/got")" '^TLS-Required: No'
with 'TLS-Required: No' | smtp $stranger bob@remote.test >"$T/out"
is "a stranger's means nothing" "$(newest client_ip,tls_optional)" "192.0.2.7|0"
with 'Require-TLS-ESMTP: yes' | smtp bob@remote.test >"$T/out"
is "a local submitter's Require-TLS-ESMTP" "$(newest tls_optional,require_tls)" "0|1"
stored "$(newest id)" "$T/got"
unlike "does not leave" "$(cat "$T/got")" '^Require-TLS'
printf 'Require-TLS-ESMTP: yes\nTLS-Required: No\nSubject: both\n\nx\n' | smtp bob@remote.test >"$T/out"
is "and wins over the other" "$(newest tls_optional,require_tls)" "0|1"
with 'Require-TLS-ESMTP: yes' | smtp $stranger bob@remote.test >"$T/out"
is "a stranger's means nothing" "$(newest require_tls)" 0
stored "$(newest id)" "$T/got"
like "and stays" "$(cat "$T/got")" '^Require-TLS'

with 'x-tls-strategy:   secure ' | smtp bob@remote.test >"$T/out"
is "the header pins a strategy" "$(newest tls_strategy)" secure
stored "$(newest id)" "$T/got"
unlike "and does not leave" "$(cat "$T/got")" '-strategy'
with 'X-TLS-Strategy: none-such' | smtp bob@remote.test >"$T/out"
like "one that does not exist is the submitter's mistake" "$(cat "$T/out")" '^DOT 554 5\.6\.0 .*X-TLS-Strategy.*none-such'
with 'X-TLS-Strategy: secure' | smtp $stranger bob@remote.test >"$T/out"
is "a stranger pins nothing" "$(newest "coalesce(tls_strategy, '-')")" -

# who is authenticated is no stranger
if [ -n "$can_authenticate" ]; then
	with 'X-TLS-Strategy: secure' | smtp $stranger --auth ann:secret bob@remote.test >"$T/out" 2>&1
	is "an authenticated submitter pins one from anywhere" "$(newest client_ip,auth_user,tls_strategy)" \
		"192.0.2.7|ann|secure"
	stored "$(newest id)" "$T/got"
	like "the Received field says so" "$(tr -d '\r\n' <"$T/got")" '\(authenticated bits=0\).*with ESMTPA id'
	with 'TLS-Required: No' | smtp $stranger --auth ann:secret bob@remote.test >"$T/out" 2>&1
	is "and may say TLS-Required: No" "$(newest tls_optional)" 1
else
	diag "no overlay or no sasldb: nobody authenticates here: $(cat "$T/err")"
fi

before=$(newest id)
letter split | smtp bob@remote.test ann@bank.test carl@bank.test dora@remote.test nobody@local.test >"$T/out"
like "recipients under two strategies" "$(cat "$T/out")" '^DOT 250'
is "are two messages" "$(sql "SELECT coalesce(tls_strategy, '-'), group_concat(address, ' ') FROM message m
	JOIN recipient r ON r.message_id = m.id WHERE m.id > $before GROUP BY m.id")" \
	"-|bob@remote.test dora@remote.test
bank|ann@bank.test carl@bank.test"
is "with the same content" "$(sql "SELECT count(DISTINCT data) FROM content WHERE message_id > $before")" 1
is "one queue id" "$(sql "SELECT count(DISTINCT mta_id) FROM message WHERE id > $before")" 1
letter wrong | smtp ann@wrong.test bob@remote.test >"$T/out"
like "an expression that names no strategy is never a default" "$(cat "$T/out")" '^RCPT 451 4\.3\.5'
is "for that recipient" "$(newest "(SELECT group_concat(address) FROM recipient WHERE message_id = message.id)")" "bob@remote.test"
finish
