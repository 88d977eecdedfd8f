#!/bin/sh
# Mail that is deferred for long: a delay notification at each time in the schedule, then a failure when it expires.
. "${0%/*}/../lib.sh"

dns_zone down.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone later.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
peer_start <<E
[{"name": "later", "listen": ["127.0.0.3:25"], "rules": [{"on": "^RCPT", "say": "450 4.2.1 try later"}]},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
E
config <<E
[queue.schedule.default]
retry = ["2m"]
notify = ["4h", "1d", "2d"]
expire = "5d"
E
letter plain | submit -f a@sender.test x@down.test y@later.test >"$T/id"
letter asked | submit --quiet -f b@sender.test --notify delay x@down.test
letter unasked | submit --quiet -f c@sender.test --notify failure,success x@down.test
letter never | submit --quiet -f d@sender.test --notify never x@down.test
letter null | submit --quiet -f '' x@down.test
older() { sql "UPDATE message SET received_at = received_at - 3600 * $1 WHERE source <> 'dsn'"; }
told() { wire messages local | awk '{ print $3 }' | sort | uniq -c | awk '{ printf "%s%s ", $2, $1 }'; }

runner_once
is "no notice at once" "$(told)" ""
older 5
runner_once --now
is "after four hours: whom NOTIFY does not exclude" "$(told)" "<a@sender.test>1 <b@sender.test>1 "
is "it is counted" "$(sql "SELECT group_concat(notified) FROM recipient WHERE notify IS NOT 'NEVER' OR message_id = 4")" "1,1,1,0,0,0"
dsn_of a@sender.test
is "Action" "$(dsn 1 Action) $(dsn 2 Action)" "delayed delayed"
is "Status" "$(dsn 1 Status) $(dsn 2 Status)" "4.4.1 4.2.1"
is "Diagnostic-Code of what nobody said" "$(dsn 1 Diagnostic-Code | cut -d' ' -f1) $(dsn 1 Remote-MTA)" "x-tlsq; "
is "and of what a server said" "$(dsn 2 Diagnostic-Code) $(dsn 2 Remote-MTA)" "smtp; 450 4.2.1 try later dns; mx.later.test"
is "Will-Retry-Until is when it expires" "$(date -d "$(dsn 1 Will-Retry-Until)" +%s)" \
	"$(sql "SELECT expires_at FROM recipient WHERE address = 'x@down.test' LIMIT 1")"
like "Last-Attempt-Date" "$(dsn 1 Last-Attempt-Date)" "20[0-9][0-9]"
like "the subject says that it is a warning" "$(dsn header Subject)" "^Warning"
like "words for people" "$(dsn words)" "warning only.*could not be reached.*Delivery will be retried until"
is "only the header is returned" "$(dsn parts | cut -d' ' -f3) $(dsn returned | grep -c 'This is about')" "text/rfc822-headers 0"
runner_once --now
is "no second notice for the same time" "$(told)" "<a@sender.test>1 <b@sender.test>1 "
older 50
runner_once --now
is "one notice where two times have passed" "$(told)" "<a@sender.test>2 <b@sender.test>2 "
is "both are counted" "$(sql "SELECT DISTINCT notified FROM recipient WHERE message_id = $(cat "$T/id")")" 3
older 100
runner_once --now
is "expired: whom NOTIFY does not exclude" "$(told)" "<a@sender.test>3 <b@sender.test>2 <c@sender.test>1 "
dsn_of a@sender.test
is "it has failed" "$(dsn 1 Action) $(dsn 1 Status) $(dsn 2 Action) $(dsn 2 Status)" "failed 5.4.7 failed 5.4.7"
is "with the last reply" "$(dsn 2 Diagnostic-Code)" "smtp; 450 4.2.1 try later"
is "no Will-Retry-Until" "$(dsn 1 Will-Retry-Until)" ""
like "words for people say that it was tried long" "$(dsn words)" "retried until the message( |\r|$)"
is "the content goes when nothing is owed" "$(sql 'SELECT count(*) FROM content')" 0
finish
