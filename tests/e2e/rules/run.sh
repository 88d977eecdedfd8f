#!/bin/sh
# Rules of the administrator: suspend and except hold for mail that is there and mail that comes, for a time, for all runners, whoever
# wrote the row; set pins what waits.
. "${0%/*}/../lib.sh"

ca_make other self
cert_make good dns=mx.good.test
cert_make unknown ca=other dns=mx.bad.test,mx.other.test
dns_zone good.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.2
sub MX 10 mx
X
dns_zone bad.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.3
X
dns_zone other.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.4
X
dns_start
peer_start <<X
[{"name": "good", "listen": ["127.0.0.2:25"], "cert": "good"}, {"name": "bad", "listen": ["127.0.0.3:25"], "cert": "unknown"},
 {"name": "other", "listen": ["127.0.0.4:25"], "cert": "unknown"}]
X
config <<X
[queue.tls.lax]
allow-invalid-certs = true
[queue.tls.strict]
starttls = "require"
[queue.strategy]
tls = "'strict'"
X
send() { letter "$1" | submit --quiet -f a@sender.test "$1"; }
reply_of() { sql "SELECT reply FROM recipient WHERE address = '$1'"; }

# --- suspend
send early@good.test
send early@sub.good.test
exits "a domain is suspended" 0 tlsq_ suspend good.test --for 6h --reason 'their server moves'
like "the rule is told" "$(cat "$T/out")" '^rule 1: suspend good\.test until 20'
runner_once
is "nothing is tried for it" "$(state_of early@good.test)" "queued - -"
like "and list says why" "$(tlsq_ list)" '0 tried: suspended by rule 1 until 20.*Z: their server moves'
is "a domain below is another one" "$(state_of early@sub.good.test)" "delivered 2.0.0 -"
send late@good.test
runner_once --now
is "nor for mail that comes later, not even now" "$(state_of late@good.test)" "queued - -"
is "both are counted" "$(sql 'SELECT touched FROM rule')" 2
exits "explain knows it" 75 tlsq_ explain good.test
like "and says until when" "$(cat "$T/out")" '^suspended +until 20.*, by rule 1: their server moves$'
like "and what then" "$(cat "$T/out")" '^result +nothing is tried while the domain is suspended; then mail would be sent to mx\.good\.test$'
daemon_start
exits "the rule is removed" 0 tlsq_ rules --remove 1
ok "and the mail goes at once" wait_for 5 sh -c "[ \"\$(sqlite3 '$DB' \"SELECT count(*) FROM recipient WHERE domain = 'good.test' AND state = 'delivered'\")\" = 2 ]"
sql "INSERT INTO rule (kind, domain, until, reason) VALUES ('suspend', '*.good.test', unixepoch() + 3, 'by hand')"
send hand@sub.good.test
send hand@good.test
ok "a row by hand is a rule, for what is below, too" wait_for 5 sh -c "sqlite3 '$DB' \"SELECT reply FROM recipient WHERE address = 'hand@sub.good.test'\" | grep -q 'rule 2 .*by hand'"
is "made by" "$(sql 'SELECT made_by FROM rule')" sql
ok "its end comes by itself" wait_for 15 sh -c "[ \"\$(sqlite3 '$DB' \"SELECT count(*) FROM recipient WHERE address LIKE 'hand@%' AND state = 'delivered'\")\" = 2 ]"

# --- except
send strict@bad.test
send strict@other.test
ok "the strategy refuses both" wait_for 10 sh -c "[ \"\$(sqlite3 '$DB' \"SELECT count(*) FROM recipient WHERE address LIKE 'strict@%' AND last_error = 'tls'\")\" = 2 ]"
exits "an exception" 0 tlsq_ except bad.test --strategy lax --for 1h --reason 'ticket 12'
tlsq_ retry --all >"$T/out"
ok "lets its domain through" wait_for 10 sh -c "[ \"\$(sqlite3 '$DB' \"SELECT state FROM recipient WHERE address = 'strict@bad.test'\")\" = delivered ]"
is "the attempt names it" "$(sql "SELECT strategy, rule FROM attempt WHERE domain = 'bad.test' ORDER BY id DESC LIMIT 1")" "lax|rule 3: ticket 12"
is "another domain stays as it was" "$(state_of strict@other.test)" "deferred 4.7.5 tls"
like "explain shows it" "$(tlsq_ explain bad.test)" '^strategy +lax, by rule 3: ticket 12$'
letter pinned | submit --quiet --strategy strict -f a@sender.test pinned@bad.test
ok "a pinned strategy comes before it" wait_for 10 sh -c "[ \"\$(sqlite3 '$DB' \"SELECT last_error FROM recipient WHERE address = 'pinned@bad.test'\")\" = tls ]"
id=$(sql "SELECT message_id FROM recipient WHERE address = 'pinned@bad.test'")
exits "until it is unpinned" 0 tlsq_ set --strategy none "$id"
tlsq_ retry "$id" >"$T/out"
ok "then it goes" wait_for 10 sh -c "[ \"\$(sqlite3 '$DB' \"SELECT state FROM recipient WHERE address = 'pinned@bad.test'\")\" = delivered ]"
id=$(sql "SELECT message_id FROM recipient WHERE address = 'strict@other.test'")
exits "set pins what waits" 0 tlsq_ set --strategy lax "$id"
tlsq_ retry "$id" >"$T/out"
ok "and it goes with that" wait_for 10 sh -c "[ \"\$(sqlite3 '$DB' \"SELECT state FROM recipient WHERE address = 'strict@other.test'\")\" = delivered ]"
stop $daemon_pid

# --- lists
like "the rules are listed with who, when and why" "$(tlsq_ rules | tr '\n' ' ' | tr -s ' ')" \
	'^3 except bad\.test with strategy lax until 20.*Z; by root at 20.*; recipients: 2 ticket 12 $'
is "those that are over only when asked for" "$(tlsq_ rules --all | grep -c '^[0-9]')" 2
is "as JSON too" "$(tlsq_ rules --json --all | python3 -c 'import json, sys
print([(r["id"], r["in_force"]) for r in json.load(sys.stdin)])')" "[(2, False), (3, True)]"
sql "UPDATE rule SET strategy = 'gone' WHERE id = 3"
send broken@bad.test
runner_once
like "a rule whose strategy is not there delays, and says so" "$(reply_of broken@bad.test)" 'rule 3: ticket 12: there is no queue\.tls\.gone'

# --- bad input
exits "no reason" 64 tlsq_ suspend x.test
exits "an exception without end" 64 tlsq_ except x.test --strategy lax --reason x
exits "one without a strategy" 64 tlsq_ except x.test --for 1h --reason x
exits "a strategy that is not there" 65 tlsq_ except x.test --strategy nothing --for 1h --reason x
exits "a time that has passed" 64 tlsq_ suspend x.test --until 2020-01-01T00:00:00Z --reason x
exits "a time that is none" 64 tlsq_ suspend x.test --until tomorrow --reason x
exits "two ends" 64 tlsq_ suspend x.test --for 1h --until 2030-01-01T00:00:00Z --reason x
exits "a domain that is none" 65 tlsq_ suspend 'a b' --reason x
exits "a star alone" 65 tlsq_ suspend '*' --reason x
exits "a rule that is not there" 66 tlsq_ rules --remove 99
exits "a message that is not there" 66 tlsq_ set --strategy lax 9999
exits "set without a strategy" 64 tlsq_ set 1
for bad in "('suspend', 'A.test', NULL, 'x')" "('suspend', '*', NULL, 'x')" "('suspend', 'a*.test', NULL, 'x')" \
	"('suspend', 'a.test', NULL, ' ')" "('except', 'a.test', NULL, 'x')" "('stop', 'a.test', NULL, 'x')"; do
	unlike "SQL refuses $bad" "$(sql "INSERT INTO rule (kind, domain, until, reason) VALUES $bad" 2>&1 && echo taken)" taken
done
finish
