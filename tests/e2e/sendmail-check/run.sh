#!/bin/sh
# tlsq check reads Sendmail's .cf files and reports what keeps remote mail from tlsq or changes its domain.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

dns_zone example.test signed <<X
@ A 127.0.0.2
X
dns_start
config </dev/null
sendmail_start <<X
INPUT_MAIL_FILTER(\`first', \`S=inet:8891@127.0.0.1, F=T')dnl
X
check() { tlsq_ check; }
exits "Debian's files with the lines of doc/sendmail.md" 0 check
is "are sound, both" "$(grep '^sendmail: ' "$T/out")" "sendmail: /etc/mail/sendmail.cf: sound
sendmail: /etc/mail/submit.cf: sound"
is "nothing else is said" "$(cat "$T/err")" ""

# one change each; what is said
cp /etc/mail/sendmail.cf /etc/mail/submit.cf "$T"
changed() { # description file sed-script what-is-said
	sed "$3" "$T/$2" >"/etc/mail/$2"
	exits "$1" 78 check
	like "is told, of $2" "$(cat "$T/err")" "^tlsq: /etc/mail/$2(:[0-9]+)?: .*$4"
	is "and nothing else" "$(grep -c '^tlsq: /etc' "$T/err")" 1
	cp "$T/$2" "/etc/mail/$2"
}
changed "a filter that is not asked" sendmail.cf 's/^\(O InputMailFilters=\).*/\1first/' 'no filter tlsq'
changed "a filter that is not the last" sendmail.cf 's/^\(O InputMailFilters=\).*/\1tlsq, first/' 'not the last'
changed "a filter without F=T" sendmail.cf '/^Xtlsq/s/F=T/F=/' 'lacks F=T'
changed "too little time for an answer" sendmail.cf '/^Xtlsq/s/R:1m/R:10s/' 'a timeout of R:30s or more'
changed "times that are left out" sendmail.cf '/^Xtlsq/s/, T=.*//' 'a timeout of R:30s or more'
changed "too little time for the end" sendmail.cf '/^Xtlsq/s/E:5m/E:59s/' 'milter.wait'
changed "no mailer" sendmail.cf '/^Mtlsq/d' 'no mailer tlsq'
changed "a mailer that runs as the sender" sendmail.cf '/^Mtlsq/s/8S,/8,/' 'lacks flag S'
changed "a program that is not there" sendmail.cf '/^Mtlsq/s,/tlsq,&-gone,g' 'cannot be run'
changed "another smart host" sendmail.cf 's/^DS.*/DSesmtp:[127.0.0.9]/' 'not tlsq:spool'
changed "a daemon that asks for the lookup" sendmail.cf 's/Name=MSP-v4, Port=submission, M=Ea/Name=MSP-v4, Port=submission, M=Eca/' 'modifier c of DAEMON_OPTIONS'
changed "a domain that is to be looked up" sendmail.cf '$aC{Canonify}.example.test' 'CANONIFY_DOMAIN'
for file in sendmail.cf submit.cf; do
	changed "a CNAME would be expanded" $file 's/^O DontExpandCnames=.*/O DontExpandCnames=False/' 'DONT_EXPAND_CNAMES'
	changed "the same where nothing is said" $file '/^O DontExpandCnames/d' 'DONT_EXPAND_CNAMES'
	changed "the command line asks for a lookup" $file 's/^O DirectSub.*/O DirectSubmissionModifiers=c u/' 'SUBMISSION_MODIFIERS'
	changed "by default" $file '/^O DirectSub/d' 'SUBMISSION_MODIFIERS'
done
# the place of what is there; a line that is cut over several counts as its first
sed 's/^DS.*/DSesmtp:[127.0.0.9]/' "$T/sendmail.cf" >/etc/mail/sendmail.cf
exits "a smart host" 78 check
like "is found by its line" "$(cat "$T/err")" "^tlsq: /etc/mail/sendmail\\.cf:$(grep -n '^DS' /etc/mail/sendmail.cf | cut -d: -f1): SMART_HOST.*; remove"
sed '/^Mtlsq/s/8S,/8,/' "$T/sendmail.cf" >/etc/mail/sendmail.cf
exits "a mailer of three lines" 78 check
like "too" "$(cat "$T/err")" "^tlsq: /etc/mail/sendmail\\.cf:$(grep -n '^Mtlsq' /etc/mail/sendmail.cf | cut -d: -f1): the mailer tlsq lacks"
# other spellings of the same
sed 's/^O DontExpandCnames=True/O DontExpandCnames = y/; /^Xtlsq/s/R:1m/R:30/' "$T/sendmail.cf" >/etc/mail/sendmail.cf
exits "other spellings are as good" 0 check

# stock files without any line of ours: all is said at once
sed '/tlsq\.m4/d' /etc/mail/sendmail.mc >"$SM/naive.mc"
sendmail_m4 "$SM/naive.mc" /etc/mail/sendmail.cf
sed '/tlsq-submit\.m4/d' /etc/mail/submit.mc >"$SM/naive.mc"
sendmail_m4 "$SM/naive.mc" /etc/mail/submit.cf
exits "without the lines" 78 check
is "each of the files has its findings" "$(cut -d: -f2 <"$T/err" | grep /etc/mail | sort | uniq -c | tr -s ' ')" \
	" 6 /etc/mail/sendmail.cf
 3 /etc/mail/submit.cf"
like "the lookup among them" "$(cat "$T/err")" 'sendmail\.cf:[0-9]+: FEATURE.*nocanonify'
rm /etc/mail/*.cf
exits "a machine without them" 0 check
config <<X
[milter]
wait = "5m"
X
cp "$T/sendmail.cf" /etc/mail
exits "a filter that waits as long as Sendmail" 78 check
like "is told" "$(cat "$T/err")" 'longer than milter.wait'
rm -r /etc/mail
exits "or without Sendmail" 0 check
unlike "nothing is said of it" "$(cat "$T/out" "$T/err")" sendmail
finish
