#!/bin/sh
# The milter is killed again and again under load: what Sendmail accepted is in the spool, once or twice.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

config </dev/null
milter_start
sendmail_start </dev/null

start sh -c "'$E2E/flood.py' 20 3000 20000 >'$T/accepted.list'; : >'$T/flooded'"
kills=0
while [ $kills -lt 12 ] && [ ! -e "$T/flooded" ]; do
	sleep 0.3
	kill -9 "$milter_pid"
	wait "$milter_pid" 2>"$T/err"
	kills=$((kills + 1))
	: >"$T/milter.log"
	milter_start
done
wait_for 60 test -e "$T/flooded"
is "it was killed a dozen times" "$kills" 12
accepted=$(wc -l <"$T/accepted.list")
diag "$accepted of 3000 were accepted"
ok "many were accepted all the same" test "$accepted" -gt 200
sql "SELECT substr(data, instr(data, 'Subject: ') + 9, 20) FROM content" | tr -d '\r' | sed -n 's/^\(flood-[0-9]*\).*/\1/p' |
	LC_ALL=C sort >"$T/stored.list"
LC_ALL=C sort -o "$T/accepted.list" "$T/accepted.list"
is "none of them is missing" "$(LC_ALL=C sort -u "$T/stored.list" | LC_ALL=C comm -13 - "$T/accepted.list" | head -n 3)" ""
is "none is there more than twice" "$(uniq -c "$T/stored.list" | awk '$1 > 2')" ""
is "none was accepted twice" "$(uniq -d "$T/accepted.list")" ""
ok "nothing went into Sendmail's queue" wait_for 10 sendmail_idle
is "no file is left behind" "$(find "$T/spool" -name 'content*')" ""
letter after | smtp bob@remote.test >"$T/out"
like "and mail flows" "$(cat "$T/out")" '^DOT 250'

# on either side of the commit
if [ "$E2E_FAILPOINTS" = yes ]; then
	stored() { sql "SELECT count(*) FROM content WHERE instr(data, 'Subject: $1')"; }
	for point in insert.before-commit insert.after-commit; do
		milter_stop
		TLSQ_FAILPOINT=$point milter_start
		letter "$point" | smtp bob@remote.test >"$T/out"
		wait "$milter_pid" 2>"$T/err"
		is "it is killed at $point" $? 137
		unlike "Sendmail does not accept the message then" "$(cat "$T/out")" '^DOT 250'
		is "$point: what is stored" "$(stored "$point")" "$([ $point = insert.before-commit ] && echo 0 || echo 1)"
		: >"$T/milter.log"
		milter_start
		letter "$point" | smtp bob@remote.test >"$T/out"
		like "the next try is accepted" "$(cat "$T/out")" '^DOT 250'
		ok "$point: it is stored, once or twice" test "$(stored "$point")" -ge 1
	done
fi
finish
