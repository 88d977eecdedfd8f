#!/bin/sh
# Whatever Sendmail's resolver answers, the spool gets the recipient's domain as it was written: by SMTP, from the command line, by an alias.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

cert_make post dns=mx.post.test
dns_zone post.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.2
_mta-sts TXT "v=STSv1; id=1;"
mta-sts A 127.0.0.8
X
# where a forged answer would send the mail: no policy, no certificate
dns_zone cafe.test unsigned <<X
@ MX 10 mx
mx A 127.0.0.3
X
dns_zone post.test.test unsigned <<X
@ MX 10 mx.cafe.test.
X
dns_start
sts_mode post.test enforce 604800 mx.post.test
sts_start
peer_start <<X
[{"name": "post", "listen": ["127.0.0.2:25"], "cert": "post"}, {"name": "cafe", "listen": ["127.0.0.3:25"]}]
X
config </dev/null
milter_start
sendmail_start </dev/null
echo 'outside: alias@post.test' >>/etc/mail/aliases
"$SENDMAIL" -bi >"$T/out"
forge() { printf '%s\n' "$@" >"$SM/dns/forged"; : >"$SM/dns/queries"; }
spool_has() { [ "$(sql "SELECT count(*) FROM recipient")" = "$1" ]; }
spool_clear() { sql 'PRAGMA foreign_keys = ON; DELETE FROM message'; }
line() { "$SENDMAIL" -i -f root@local.test "$@"; }
three_doors() {
	spool_clear
	letter smtp | smtp Bob@post.test >"$T/out"
	letter line | line line@post.test
	printf 'To: header@post.test\nSubject: x\n\nx\n' | line -t
	letter alias | smtp outside@local.test >"$T/out"
	wait_for 20 spool_has 4
}
written() { sql "SELECT address FROM recipient ORDER BY address" | tr '\n' ' '; }
as_written='Bob@post.test alias@post.test header@post.test line@post.test '

# Sendmail obeys such an answer, unless it is told not to: the test's forgery works
sed '/tlsq\.m4/d' /etc/mail/sendmail.mc >"$SM/naive.mc"
ok "Debian's own sendmail.cf" sendmail_m4 "$SM/naive.mc" "$SM/naive.cf"
forge 'post.test CNAME cafe.test'
like "would put a CNAME's target in the recipient's place" \
	"$(echo '/parse u@post.test' | "$SENDMAIL" -C "$SM/naive.cf" -bt 2>&1)" 'host cafe\.test'
forge 'post.test NXDOMAIN'
like "or append a domain of the search list" \
	"$(echo '/parse u@post.test' | "$SENDMAIL" -C "$SM/naive.cf" -bt 2>&1)" 'host post\.test\.test'

forge 'post.test CNAME cafe.test'
three_doors
is "with a forged CNAME the domain stays as it was written, at each door" "$(written)" "$as_written"
runner_once
is "so the policy and the certificate are those of the domain" \
	"$(sql 'SELECT DISTINCT r.state, a.level, s.tls FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id JOIN session s ON s.id = a.session_id')" \
	"delivered|mta-sts|mta-sts"
is "and the other server sees nothing" "$(wire messages cafe)" ""
is "Sendmail did not even ask" "$(grep -ac '^post' "$SM/dns/queries")" 0

for answer in NXDOMAIN SERVFAIL SILENT; do
	forge "post.test $answer"
	three_doors
	is "the same where the answer is $answer" "$(written)" "$as_written"
done
is "nothing waits in the submission queue" "$(find "$SM/mqueue-client" -name 'qf*')" ""

forge
spool_clear
letter short | smtp bob@printer >"$T/out"
is "a host name without a dot is completed as before" "$(written)" "bob@printer.test "
finish
