#!/bin/sh
# tlsq whatif: attempts recorded under one strategy predict the results of another.  Each of six strategies runs against the same
# hosts; what the replay predicts for another strategy is what that one then does, or unknown.
. "${0%/*}/../lib.sh"

ca_make other self
cert_make good "dns=mx.good.test,mx.sts.test,mx.dane.test,mx.outside.test,mx.both.test,mx.testing.test,mx.gone.test,b.two.test"
cert_make unknown ca=other dns=mx.unknown.test,mx.stsbad.test,mx.danebad.test,mx.daneself.test,a.two.test
cert_make commonname cn=mx.onlycn.test dns=else.onlycn.test
: >"$T/script"
zone() { # name, kind, certificate ("-": no STARTTLS); records on standard input
	ip=127.0.1.$(($(wc -l <"$T/script") + 2))
	{ echo "@ MX 10 mx"; echo "mx A $ip"; echo "mta-sts A 127.0.0.8"; cat; } | dns_zone "$1.test" "$2"
	echo "{\"name\": \"$1\", \"listen\": [\"$ip:25\"]$([ "$3" = - ] || echo ", \"cert\": \"$3\""), \"rules\": [
		{\"on\": \"^RCPT TO:<refused\", \"say\": \"550 5.1.1 nobody\"}]}" | tr -d '\n\t' >>"$T/script"
	echo >>"$T/script"
}
sts='_mta-sts TXT "v=STSv1; id=1;"'
zone good unsigned good </dev/null
zone unknown unsigned unknown </dev/null
zone clear unsigned - </dev/null
echo "$sts" | zone sts unsigned good
echo "$sts" | zone stsbad unsigned unknown
echo "$sts" | zone outside unsigned good
echo "$sts" | zone testing unsigned good
echo "$sts" | zone onlycn unsigned commonname
echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)" | zone dane signed good
echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)" | zone danebad signed unknown
echo "_25._tcp.mx TLSA $(tlsa_of unknown 3 1 1)" | zone daneself signed unknown
echo "_25._tcp.mx TLSA 1 1 1 $(tlsa_of good 3 1 1 | cut -d' ' -f4)" | zone unusable signed unknown
{ echo "$sts"; echo "_25._tcp.mx TLSA $(tlsa_of good 3 1 1)"; } | zone both signed good
zone gone unsigned good </dev/null
dns_zone two.test unsigned <<X
@ MX 10 a
@ MX 20 b
a A 127.0.2.1
b A 127.0.2.2
X
echo '{"name": "a", "listen": ["127.0.2.1:25"], "cert": "unknown"}' >>"$T/script"
echo '{"name": "b", "listen": ["127.0.2.2:25"], "cert": "good"}' >>"$T/script"
dns_start
dns_fault mx.gone.test A servfail
paste -sd, "$T/script" | sed 's/.*/[&]/' | peer_start
for d in sts stsbad both; do sts_mode $d.test enforce 86400 mx.$d.test; done
sts_mode onlycn.test enforce 86400 mx.onlycn.test
sts_mode outside.test enforce 86400 mx.elsewhere.test
sts_mode testing.test testing 86400 mx.testing.test
sts_start
domains='good unknown clear sts stsbad outside testing onlycn dane danebad daneself unusable both gone two'
strategies='plain lax tls dane sts both'
cat >"$T/strategies" <<X
dns.timeout = "2s"
[queue.tls.plain]
dane = "disable"
mta-sts = "disable"
starttls = "disable"
[queue.tls.lax]
allow-invalid-certs = true
[queue.tls.tls]
starttls = "require"
on-policy-failure = "bounce"
[queue.tls.dane]
dane = "require"
[queue.tls.sts]
mta-sts = "require"
dane = "disable"
[queue.tls.both]
dane = "require"
mta-sts = "require"
X
db_of() { DB=$T/spool/$1.db; }
for s in $strategies; do
	db_of $s
	config <"$T/strategies"
	for d in $domains; do
		letter "$d" | submit --quiet --strategy $s -f a@sender.test "user@$d.test"
	done
	letter refused | submit --quiet --strategy $s -f a@sender.test refused@good.test
	runner_once
done

# --- prediction = outcome
cat >"$T/compare.py" <<'X'
import json, sqlite3, sys
spool, predictions = sys.argv[1], json.load(open(sys.argv[2]))
outcome = dict(sqlite3.connect(spool).execute("""SELECT r.domain, a.outcome FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id
    WHERE r.address LIKE 'user@%'"""))
known = unknown = 0
for d in predictions["domains"]:
    changed = [c for c in d["changes"]]
    name = d["domain"]
    if name not in outcome:     # a notification
        continue
    for c in changed:
        if c["predicted"] == "unknown":
            unknown += 1
        elif c["predicted"] != outcome[name]:
            print("%s: predicted %s, was %s (%s)" % (name, c["predicted"], outcome[name], c["why"]))
        else:
            known += 1
    if not changed:
        known += 1
        recorded = dict(sqlite3.connect(sys.argv[3]).execute("""SELECT r.domain, a.outcome FROM recipient r
            JOIN attempt a ON a.id = r.last_attempt_id WHERE r.address LIKE 'user@%'"""))[name]
        if recorded != outcome[name]:
            print("%s: predicted the same, %s, was %s" % (name, recorded, outcome[name]))
print("known %d unknown %d" % (known, unknown), file=sys.stderr)
X
for a in $strategies; do
	for b in $strategies; do
		db_of $a
		tlsq_ whatif --strategy $b --json >"$T/whatif.json" 2>"$T/err"
		is "$a predicts $b" "$(cat "$T/err")$(python3 "$T/compare.py" "$T/spool/$b.db" "$T/whatif.json" "$T/spool/$a.db" 2>>"$T/known" || echo broken)" ""
		is "$a agrees with itself" "$(python3 -c 'import json, sys
a = json.load(open(sys.argv[1]))["agreement"]
print(a["disagree"], a["unknown"])' "$T/whatif.json")" "0 0"
	done
done
diag "$(sort "$T/known" | uniq -c)"
is "more of it is known than not" "$(awk '{ k += $2; u += $4 } END { print (k > u) }' "$T/known")" 1

# --- as text
db_of lax
tlsq_ whatif --strategy tls >"$T/out"
like "the replay of the strategy that was used comes first" "$(sed -n 3p "$T/out")" '^agreement +[0-9]+ of [0-9]+ attempts'
like "who breaks, with the reason" "$(cat "$T/out")" '^clear\.test +1  delivered -> failed$'
like "and an attempt to look at" "$(grep -A2 '^clear.test' "$T/out")" '^    see attempt [0-9]+ of 20'
is "in 80 columns" "$(awk 'length > 80' "$T/out")" ""
tlsq_ whatif --strategy dane --since 1h >"$T/since"
tlsq_ whatif --strategy dane >"$T/out"
ok "the last hour is all there is" cmp "$T/since" "$T/out"
sql "UPDATE attempt SET started_at = started_at - 7200"
like "and older attempts are left out" "$(tlsq_ whatif --strategy dane --since 1h | head -n 1)" '^attempts +0,'
db_of plain
before=$(sql 'SELECT count(*) FROM attempt; SELECT sum(attempts) FROM recipient')
like "what was not asked for is unknown" "$(tlsq_ whatif --strategy tls)" '^unknown +[0-9]+ +1[0-9] '
tlsq_ whatif --strategy tls --probe >"$T/out"
like "until it is asked: what holds" "$(cat "$T/out")" '^good\.test +delivered$'
like "and what does not" "$(grep -A1 '^unknown.test' "$T/out" | tr '\n' ' ')" '^unknown\.test +failed .*(not trusted|certificate)'
is "nothing is changed by it" "$(sql 'SELECT count(*) FROM attempt; SELECT sum(attempts) FROM recipient')" "$before"

# --- shadow
db_of shadow
{ cat "$T/strategies"; printf '[queue.strategy]\ntls = "'"'lax'"'"\ntls-shadow = [ { if = "rcpt_domain == '"'good.test'"'", then = "'"'plain'"'" }, { else = "'"'tls'"'" } ]\n'; } | config
for d in $domains; do
	letter "$d" | submit --quiet -f a@sender.test "user@$d.test"
done
runner_once
shadow() { sql "SELECT outcome, shadow_strategy, shadow_outcome FROM attempt WHERE domain = '$1.test' ORDER BY id DESC LIMIT 1"; }
is "the shadow is judged beside the strategy in force" "$(shadow clear)" "delivered|tls|failed"
is "with a strategy of its own for each recipient" "$(shadow good)" "delivered|plain|delivered"
is "where no host was reached both are the same" "$(shadow gone)" "deferred|tls|deferred"
tlsq_ whatif --shadow >"$T/out"
like "and summed up" "$(cat "$T/out")" '^clear\.test +1  delivered -> failed$'
python3 - "$DB" "$T/spool/tls.db" >"$T/out" <<'X'
import sqlite3, sys
q = "SELECT r.domain, a.outcome, a.%s FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id"
real = {d: o for d, o, _ in sqlite3.connect(sys.argv[2]).execute(q % "strategy" + " WHERE r.address LIKE 'user@%'")}
for d, _, shadow in sqlite3.connect(sys.argv[1]).execute(q % "shadow_outcome" + " WHERE r.domain <> 'good.test'"):
    if shadow not in (real[d], "unknown"):
        print(d, shadow, real[d])
X
is "what the shadow said is what the strategy does" "$(cat "$T/out")" ""
is "a view says where the shadow differs" "$(sql "SELECT count(*) FROM shadow WHERE outcome <> shadow_outcome AND domain = 'clear.test'")" 1

# --- bad input
exits "no strategy" 64 tlsq_ whatif
exits "both" 64 tlsq_ whatif --strategy tls --shadow
exits "one that is not there" 64 tlsq_ whatif --strategy nothing
exits "a time that is none" 64 tlsq_ whatif --strategy tls --since yesterday
sql "UPDATE attempt SET facts = '{broken}' WHERE id = 1; UPDATE attempt SET facts = NULL WHERE id = 2; UPDATE attempt SET facts = '{}' WHERE id = 3"
ok "facts that somebody broke" tlsq_ whatif --strategy tls
printf '[queue.strategy]\ntls-shadow = "'"'nothing'"'"\n' >"$T/bad.toml"
exits "a shadow that is not there" 78 tlsq_ load "$T/bad.toml"
like "is told" "$(cat "$T/err")" 'bad\.toml:2: queue\.strategy\.tls-shadow: there is no queue\.tls\.nothing'
db_of plain
finish
