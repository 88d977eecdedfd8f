#!/bin/sh
# The commands that change the queue, also for mail in delivery; stats; escaping in JSON output.
. "${0%/*}/../lib.sh"

n=0
for d in example stuck slow big; do
	n=$((n + 2))
	dns_zone $d.test signed <<E
@ MX 10 mx
mx A 127.0.0.$n
E
done
dns_start
cert_make mx dns=mx.example.test,mx.stuck.test,mx.slow.test,mx.big.test
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx", "rules": [{"on": "^RCPT.*later", "say": "450 4.2.1 later", "times": 1}]},
 {"name": "stuck", "listen": ["127.0.0.4:25"], "cert": "mx", "rules": [{"on": "^MAIL", "say": null, "then": "stall"}]},
 {"name": "slow", "listen": ["127.0.0.6:25"], "cert": "mx", "rules": [{"on": "EOM", "delay": 5}]},
 {"name": "big", "listen": ["127.0.0.8:25"], "cert": "mx", "rules": [{"on": "^DATA", "say": "354 go on", "rest": 7}]}]
E
config <<E
E
json() { # an expression about the document d
	/usr/bin/python3 -c 'import json, sys
d = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}
put() { # subject, recipients: the id
	put_subject=$1
	shift
	letter "$put_subject" | submit -f a@sender.test "$@"
}
states() { # message ids, commas between
	sql "SELECT group_concat(state, ' ') FROM (SELECT state FROM recipient WHERE message_id IN ($1) ORDER BY id)"
}
finished() { # of these ids: how many are finished, how many have content
	sql "SELECT count(finished_at), (SELECT count(DISTINCT message_id) FROM content WHERE message_id IN ($1))
		FROM message WHERE id IN ($1)"
}

# --- what waits
a=$(put one x@example.test y@other.test)
b=$(letter two | submit -f b@sender.test x@example.test)
c=$(letter three | submit -f '' x@other.test)
is "hold by id" "$(tlsq_ hold "$a")" "held: 2 recipients of 1 message"
is "hold once more changes nothing" "$(tlsq_ hold "$a" | head -n 1)" "held: 0 recipients of 0 messages"
runner_once --domain example.test
is "what is held is not tried" "$(states "$a,$b")" "held held delivered"
is "release by domain, in any spelling" "$(tlsq_ release --domain Example.Test.)" "released: 1 recipient of 1 message"
is "the rest stays" "$(states "$a")" "queued held"
runner_once --domain example.test
is "what was released is delivered" "$(states "$a")" "delivered held"
is "a dry run of delete says what it would do" "$(tlsq_ delete --dry-run --all)" "$(printf '%-8s %-9s %s\n' \
	"$a" held '<y@other.test>' "$c" queued '<x@other.test>'; echo 'would be deleted: 2 recipients of 2 messages')"
is "and a dry run of bounce" "$(tlsq_ bounce --sender '' --dry-run | tail -n 1)" \
	"would be returned to the sender: 1 recipient of 1 message"
is "and does nothing" "$(states "$a,$c")" "delivered held queued"
is "delete by sender: the null sender" "$(tlsq_ delete --sender '')" "deleted: 1 recipient of 1 message"
is "it is final, its content gone" "$(states "$c") $(finished "$c")" "deleted 1|0"
is "delete by id and domain" "$(tlsq_ delete -v --domain other.test "$a" "$b")" \
	"$(printf '%-8s %-9s %s\n' "$a" held '<y@other.test>'; echo 'deleted: 1 recipient of 1 message')"
is "the message ends with its last recipient" "$(finished "$a")" "1|0"
is "the history knows it" "$(sql "SELECT state FROM history WHERE recipient = 'y@other.test'")" deleted

d=$(put four later@example.test)
runner_once
is "a refusal for now" "$(state_of later@example.test)" "deferred 4.2.1 unexpected-reply"
runner_once
is "is not tried before its time" "$(states "$d")" deferred
is "retry makes it due" "$(tlsq_ retry --sender A@SENDER.test)" "due now: 1 recipient of 1 message"
runner_once
is "it is tried at once" "$(states "$d")" delivered

e=$(put five x@other.test y@other.test)
is "bounce" "$(tlsq_ bounce "$e")" "returned to the sender: 2 recipients of 1 message"
is "fails the recipients" "$(state_of y@other.test | tail -n 1)" "failed 5.0.0 -"
is "with content for the notice as long as one is owed" \
	"$(sql "SELECT (finished_at IS NULL) = EXISTS (SELECT 1 FROM recipient WHERE dsn_owed = 'failed' AND message_id = $e)
		AND (finished_at IS NULL) = EXISTS (SELECT 1 FROM content WHERE message_id = message.id)
		FROM message WHERE id = $e")" 1
f=$(letter six | submit -f '' x@other.test)
tlsq_ bounce "$f" >/dev/null
is "none is owed to the null sender" "$(states "$f") $(finished "$f")" "failed 1|0"

# --- in delivery
g=$(put stuck x@stuck.test y@stuck.test z@stuck.test)
h=$(put slow x@slow.test)
{ letter big; yes 'a line of a big message, one of very many' | head -c 40000000; } >"$T/big"
i=$(submit -f a@sender.test x@big.test <"$T/big")
daemon_start
stuck() { wire commands stuck '^MAIL' | grep -q .; }
sent() { wire commands slow '^DATA' | grep -q .; }
resting() { wire commands big '^DATA' | grep -q .; }
wait_for 20 stuck && wait_for 20 sent && wait_for 20 resting
sleep 1
is "all are with the runner" "$(states "$g,$h,$i")" "active active active active active"
is "stats counts them" "$(tlsq_ stats --json | json 'd["states"]["active"], d["runners"]')" "(5, 1)"
is "retry leaves them alone" "$(tlsq_ retry "$g")" "due now: 0 recipients of 0 messages
skipped: 3 recipients whose state does not allow it"
like "the dry run tells that they are in delivery" "$(tlsq_ delete --dry-run "$g")" '^in delivery: 3 of them'
tlsq_ delete "$i" >"$T/out"
like "delete in the midst of the content" "$(cat "$T/out")" '^deleted: 1 recipient of 1 message$'
like "says that it was in delivery" "$(cat "$T/out")" '^in delivery: 1 of them'
is "it is over at once" "$(states "$i") $(finished "$i")" "deleted 1|0"
tlsq_ delete "$h" >"$T/out"
is "delete behind the final dot" "$(states "$h") $(finished "$h")" "deleted 1|0"
is "hold in a session that stalls" "$(tlsq_ hold "$g" | head -n 1) $(states "$g")" \
	"held: 3 recipients of 1 message held held held"
is "a lease that was taken away bounds the next attempt" \
	"$(sql "SELECT min(next_attempt_at) > unixepoch() + 60 FROM recipient WHERE message_id = $g")" 1
tlsq_ release "$g" >/dev/null
sleep 2
is "so that another runner does not send it while the session lasts" "$(states "$g") $(wire_count commands stuck '^MAIL')" \
	"queued queued queued 1"
tlsq_ retry "$g" >/dev/null
sleep 2
is "the same runner does not, even where it is due" "$(states "$g") $(wire_count commands stuck '^MAIL')" \
	"queued queued queued 1"
is "it gives the claim back for a while" \
	"$(sql "SELECT min(next_attempt_at - unixepoch()) BETWEEN 50 AND 60 FROM recipient WHERE message_id = $g")" 1
tlsq_ bounce "$g" >/dev/null
is "returned after all" "$(states "$g")" "failed failed failed"
late() { [ "$(states "$h")" = delivered ]; }
ok "the server's 2xx to what was deleted is the truth" wait_for 10 late
gave_up() { grep -q 'its content was deleted while it was read' "$T/runner.log"; }
ok "content that vanishes ends the session" wait_for 20 gave_up
is "and no message cut short was accepted" "$(wire_count messages big)" 0
stop $daemon_pid
is "the runner ends in order" $? 0
is "what it lost stays as it was decided" "$(states "$g,$h,$i")" "failed failed failed delivered deleted"
runner_once
is "also after another run" "$(states "$g,$h,$i")" "failed failed failed delivered deleted"
is "nothing is claimed any more" "$(sql "SELECT count(*) FROM recipient WHERE claimed_by IS NOT NULL")" 0

# --- claimed, but not begun: the sessions are few and slow
config <<E
queue.limit.sessions-per-domain = 1
E
k=$(for m in 1 2 3 4 5 6; do put "row $m" "row$m@slow.test"; done | tr '\n' ' ')
daemon_start
first() { [ "$(wire commands slow '^DATA' | wc -l)" -ge 2 ]; } # one is of before
wait_for 20 first
is "all are claimed" "$(sql "SELECT count(*) FROM recipient WHERE address LIKE 'row%' AND state = 'active'")" 6
# shellcheck disable=SC2086
set -- $k
tlsq_ hold "$3" "$4" >/dev/null
tlsq_ delete "$5" >/dev/null
tlsq_ bounce "$6" >/dev/null
done_() { [ "$(sql "SELECT count(*) FROM recipient WHERE address LIKE 'row%' AND state = 'delivered'")" = 2 ]; }
ok "what is left to the runner is delivered" wait_for 20 done_
sleep 1
is "what was taken from it is not tried" "$(states "$3,$4,$5,$6") $(wire accepted slow | grep -c row)" \
	"held held deleted failed 2"
tlsq_ delete "$3" "$4" >/dev/null
stop $daemon_pid
is "nothing waits for it" $? 0

# --- many at once, while others write
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
	INSERT INTO submission(sender, recipients, content)
	SELECT 'bulk@sender.test', json_array('x' || i || '@bulk.test'), 'Subject: x' || char(10) || char(10) || 'text' FROM n"
tlsq_ hold --sender bulk@sender.test >"$T/out" &
held=$!
put beside x@example.test >/dev/null
is "mail is taken meanwhile" $? 0
wait $held
is "all are held" "$(cat "$T/out")" "held: 3000 recipients of 3000 messages"
is "stats: by domain" "$(tlsq_ stats --json | json '[(x["domain"], x["recipients"], x["age_minutes"]["5"]) for x in d["domains"]][0]')" \
	"('bulk.test', 3000, 3000)"
like "and for people" "$(tlsq_ stats)" '^ +bulk\.test +3000 +3000 +0 '
is "delete them" "$(tlsq_ delete --domain bulk.test)" "deleted: 3000 recipients of 3000 messages"
runner_once

# --- JSON is JSON whatever is in it
j=$(put json x@other.test)
sql "UPDATE recipient SET state = 'deferred', attempts = 1, last_error = 'tls',
	reply = CAST(x'22' || x'5c' || char(27) || char(10) || char(9) || char(8232) || x'ff' || x'c3' || x'27' AS TEXT)
	WHERE message_id = $j;
	UPDATE message SET client_name = char(13) || '</script>' || x'80' WHERE id = $j"
wanted=$(/usr/bin/python3 -c 'print(repr("\"\\\x1b\n\t\u2028\ufffd\ufffd\x27"))')
is "list --json" "$(tlsq_ list --json --domain other.test | json 'repr(d[0]["reply"])')" "$wanted"
is "show --json" "$(tlsq_ show --json "$j" | json 'repr(d["recipients"][0]["reply"])')" "$wanted"
unlike "no control character leaves list" "$(tlsq_ list)" "$(printf '\033')"
tlsq_ delete "$j" >/dev/null

# --- the command line
for v in retry hold release delete bounce; do
	exits "$v of nothing in particular" 64 tlsq_ $v
	like "asks what is meant" "$(cat "$T/err")" "^tlsq: $v: no recipients selected; give "
	exits "$v of a message that is not there" 66 tlsq_ $v "$e" 99999
	exits "$v of no id" 64 tlsq_ $v first
	exits "$v of all and some" 64 tlsq_ $v --all "$e"
	exits "$v of a bad domain" 65 tlsq_ $v --domain 'a b'
	exits "$v of a bad sender" 65 tlsq_ $v --sender nobody
	exits "$v of a domain without mail" 0 tlsq_ $v --domain nosuch.test
	exits "$v with an option that is none" 64 tlsq_ $v --json "$e"
	exits "$v of what is finished" 0 tlsq_ $v "$a"
done
exits "stats with arguments" 64 tlsq_ stats 1
exits "stats with an option that is none" 64 tlsq_ stats --domain x.test
exits "stats on a full device" 74 sh -c "tlsq -d $DB stats --json >/dev/full"
exits "a spool that is not there" 66 tlsq -d /nosuch/dir/spool.db delete --all
# --- by Sendmail's queue id
for n in 1 2 3; do
	letter queue-id$n | submit --quiet --hold -f a@sender.test "queue-id$n@later.test"
done
sql "UPDATE message SET mta_id = '6B19gRdq000268' WHERE id = (SELECT message_id FROM recipient WHERE address = 'queue-id1@later.test');
	UPDATE message SET mta_id = '6B19gRdr000268' WHERE id IN (SELECT message_id FROM recipient WHERE address IN
	('queue-id2@later.test', 'queue-id3@later.test'))"
like "show takes Sendmail's queue id" "$(tlsq_ show 6B19gRdq000268)" 'queue-id1@later\.test'
like "so does cat" "$(tlsq_ cat 6B19gRdq000268)" '^Subject: queue-id1'
exits "one that several messages have" 65 tlsq_ show 6B19gRdr000268
like "is told with one of them" "$(cat "$T/err")" 'is that of 2 messages: give the id of one, the first is [0-9]+$'
exits "a command for all of them" 0 tlsq_ release 6B19gRdr000268 6B19gRdq000268
is "takes them all" "$(cat "$T/out")" "released: 3 recipients of 3 messages"
exits "set takes it, too" 0 tlsq_ set --strategy default 6B19gRdr000268
is "for each" "$(sql "SELECT count(*) FROM message WHERE tls_strategy = 'default' AND mta_id = '6B19gRdr000268'")" 2
exits "one that no message has" 66 tlsq_ show 6B19gRds000268
like "is told with where it may be" "$(cat "$T/err")" "Sendmail's queue"
finish
