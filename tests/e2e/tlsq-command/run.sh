#!/bin/sh
# The command tlsq: what submit records, what list, show and cat print, load and config as inverses, exit codes.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
E
dns_start
config <<E
[queue.tls.secure]
starttls = "require"
E
esc=$(printf '\033')
cr=$(printf '\r')
json() { # an expression about the document d
	/usr/bin/python3 -c 'import json, sys
d = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}

# --- submit
id=$(letter options | submit --strategy secure --hold --notify success,delay --ret hdrs --envid 'a+b c' \
	--orcpt 'o+1@x.test' --body 8bitmime --require-tls -f A.B@SENDER.test '<Bob@Example.test>')
is "every option is recorded with the message" \
	"$(sql "SELECT sender, source, body_type, smtputf8, require_tls, tls_optional, ret, envid, tls_strategy
		FROM message WHERE id = $id")" "A.B@sender.test|submit|8BITMIME|0|1|0|HDRS|a+b c|secure"
is "and with the recipient" "$(sql "SELECT address, domain, state, notify, orcpt FROM recipient WHERE message_id = $id")" \
	"Bob@example.test|example.test|held|SUCCESS,DELAY|rfc822;o+1@x.test"
id=$(letter utf8 | submit --smtputf8 --tls-optional --orcpt 'ö@x.test' -f '' 'jörg@example.test')
is "SMTPUTF8, an ORCPT of its type, no TLS asked for" \
	"$(sql "SELECT smtputf8, tls_optional, orcpt FROM message JOIN recipient ON message_id = message.id WHERE message.id = $id")" \
	"1|1|utf-8;ö@x.test"
id=$(letter plain | submit -f a@sender.test b@example.test b@EXAMPLE.test)
is "a recipient named twice counts once" "$(sql "SELECT count(*) FROM recipient WHERE message_id = $id")" 1
is "7-bit content is 7BIT" "$(sql "SELECT body_type FROM message WHERE id = $id")" 7BIT
id=$( { letter eight; echo 'Grüße'; } | submit --body 7bit -f a@sender.test b@example.test)
is "8-bit content is 8BITMIME, whatever was said" "$(sql "SELECT body_type FROM message WHERE id = $id")" 8BITMIME
id=$(letter mine | submit b@example.test)
is "the default sender is who calls" "$(sql "SELECT sender FROM message WHERE id = $id")" "$(id -un)@runner.test"
id=$(printf 'From a@b Mon\nBcc: secret@x.test,\n more@x.test\nReturn-Path: <r@x.test>\nTLS-Required: No\nSubject: x\rX: y\n\ntext' |
	submit -f a@sender.test b@example.test)
is "fields for no other eyes go, others stay" "$(tlsq_ cat "$id" | sed '/^Date:/d; /^Message-ID:/d' | tr -d "$cr")" \
	"TLS-Required: No
Subject: x
X: y

text"
is "TLS-Required: No is obeyed" "$(sql "SELECT tls_optional FROM message WHERE id = $id")" 1
id=$(printf 'Require-TLS-ESMTP: yes\nTLS-Required: No\nDate: x\nMessage-ID: <i@x.test>\n\n' | submit -f a@sender.test b@example.test)
is "Require-TLS-ESMTP is REQUIRETLS, and wins" "$(sql "SELECT require_tls, tls_optional FROM message WHERE id = $id")" "1|0"
is "and is removed" "$(tlsq_ cat "$id" | grep -c Require-TLS)" 0
before=$(sql 'SELECT count(*) FROM message, recipient, content')
refuse() { # description code arguments; the message is in $T/in
	refuse_what=$1 refuse_code=$2
	shift 2
	tlsq -d "$DB" submit "$@" <"$T/in" >"$T/out" 2>"$T/err"
	is "$refuse_what" "$?" "$refuse_code"
	like "and it says why in one line" "$(grep -c . "$T/err") $(cat "$T/err")" '^1 tlsq: .+'
}
: >"$T/in"
refuse "no message at all" 66 -f a@sender.test b@example.test
{ yes 'Received: x' | head -n 101; echo; } >"$T/in"
refuse "a mail loop" 65 -f a@sender.test b@example.test
letter x >"$T/in"
refuse "an envelope id with a line end" 65 --envid "a
b" -f a@sender.test b@example.test
refuse "REQUIRETLS that is optional" 64 --require-tls --tls-optional -f a@sender.test b@example.test
refuse "never and more" 64 --notify never,delay -f a@sender.test b@example.test
refuse "one ORCPT for two" 64 --orcpt x@y.test -f a@sender.test b@example.test c@example.test
is "nothing of these is stored" "$(sql 'SELECT count(*) FROM message, recipient, content')" "$before"

# --- list, show, cat
sql "UPDATE recipient SET reply = 'bad ' || char(27) || '[2J' || char(10) || 'forged', last_error = 'tls' WHERE address = 'Bob@example.test'"
list=$(tlsq_ list)
like "list names them" "$list" '<Bob@example\.test>'
unlike "and passes no terminal escapes on" "$list" "$esc"
like "but shows them" "$list" 'bad \\x1b\[2J\\x0aforged'
is "list --json is one document" "$(tlsq_ list --json | json 'len(d)')" "$(sql 'SELECT count(*) FROM queue')"
is "list --state" "$(tlsq_ list --json --state held | json 'd[0]["recipient"]')" Bob@example.test
is "list --sender: the null sender" "$(tlsq_ list --json --sender '' | json 'd[0]["recipient"]')" jörg@example.test
is "list --domain takes any spelling" "$(tlsq_ list --json --domain EXAMPLE.Test. | json 'len(d)')" "$(sql 'SELECT count(*) FROM queue')"
is "list of nothing" "$(tlsq_ list --json --domain other.test)" "[]"
is "show --json has the envelope" "$(tlsq_ show --json 1 | json 'd["envid"], d["require_tls"], d["recipients"][0]["orcpt"], d["attempts"]')" \
	"('a+b c', True, 'rfc822;o+1@x.test', [])"
show=$(tlsq_ show 1)
like "show has it for people" "$show" 'tls +required'
unlike "without terminal escapes" "$show" "$esc"
exits "show of what is not there" 66 tlsq_ show 999
exits "cat of what is not there" 66 tlsq_ cat 999
exits "no id" 64 tlsq_ cat first
sql "UPDATE recipient SET state = 'deleted', finished_at = 1 WHERE message_id = 1; DELETE FROM content WHERE message_id = 1;
	UPDATE message SET finished_at = 1 WHERE id = 1"
exits "cat of what is finished" 66 tlsq_ cat 1
like "it says so" "$(cat "$T/err")" 'finished'
# shellcheck disable=SC2046
echo x | submit --quiet -f a@sender.test $(seq -f 'r%g@many.test' 450)
is "lists longer than a page are whole" "$(tlsq_ list --json --domain many.test | json 'len(d), len({r["recipient"] for r in d})')" "(450, 450)"

# --- load, config, check
tlsq_ config >"$T/first.toml"
ok "what config prints is taken by load" tlsq_ load "$T/first.toml"
tlsq_ config >"$T/second.toml"
ok "and printed again the same" cmp "$T/first.toml" "$T/second.toml"
ok "also from standard input" sh -c "tlsq -d $DB load - <$T/second.toml"
printf 'queue.nosuch = 1\n[queue.tls.x]\ndane = "maybe"\n' >"$T/bad.toml"
exits "load of a bad file" 78 tlsq_ load "$T/bad.toml"
like "names file, line and key" "$(cat "$T/err")" "^$T/bad\.toml:1: queue\.nosuch: "
like "every one of them" "$(cat "$T/err")" "^$T/bad\.toml:3: queue\.tls\.x\.dane: "
exits "load --check of a bad file" 78 tlsq_ load --check "$T/bad.toml"
tlsq_ config >"$T/third.toml"
ok "and the stored one stays" cmp "$T/first.toml" "$T/third.toml"
exits "load of no file" 66 tlsq_ load "$T/nosuch.toml"
ok "load --check touches no spool" sh -c "tlsq -d $T/none/spool.db load --check $T/first.toml && ! test -e $T/none"
exits "a spool in order passes check" 0 tlsq_ check
like "which says what signatures can be checked" "$(cat "$T/out")" \
	'^resolver: can check .*RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519'
if ldd "$(command -v tlsq)" | grep -q nettle; then
	like "and what cannot: libunbound with nettle has no Ed448" "$(cat "$T/out")" '^resolver: cannot check.*: ED448$'
fi
like "whether a runner is there" "$(cat "$T/out")" '^runner: none is running; last attempt: '
like "that there is room" "$(cat "$T/out")" '^disk: room for new mail$'
like "which tells how much it trusts" "$(cat "$T/out")" '^certificates: 1 trusted roots in .*/certs/ca\.pem$'
like "and that the resolver proves the root" "$(cat "$T/out")" '^resolver: working, the DNS root is secure$'
sql "INSERT INTO lookup(map, key, value) VALUES ('hand', 'Cafe.test.', '')"
exits "so does one with a name written by hand in another form" 0 tlsq_ check
sql "INSERT INTO lookup(map, key, value) VALUES ('hand', 'cafe.test', '')"
exits "two forms of one name do not" 78 tlsq_ check
like "and check says which" "$(cat "$T/err")" '^tlsq: configuration: lookup: lookup\.hand\.cafe\.test: the key is there twice'
sql "DELETE FROM lookup WHERE map = 'hand'"
printf '[queue.strategy]\ntls = "iif(rcpt_domain == \047*.gov\047, \047secure\047, \047default\047)"\n' >"$T/never.toml"
exits "a literal that no domain is equal to" 78 tlsq_ load "$T/never.toml"
like "is told with what to write" "$(cat "$T/err")" "never\.toml:2: queue\.strategy\.tls: .*write ends_with\(rcpt_domain, '\.gov'\)"
printf '[queue.strategy]\nroute = "iif(last_error == \047tlss\047, \047local\047, \047mx\047)"\n' >"$T/word.toml"
exits "nor a word that last_error never is" 78 tlsq_ load "$T/word.toml"
like "with the words that it can be" "$(cat "$T/err")" "word\.toml:2: queue\.strategy\.route: .*'tlss' never matches last_error, which is one of none, dns, .*, io"
printf '[lookup.m]\n"CAFE.test" = ""\n"cafe.test." = ""\n' >"$T/twice.toml"
exits "a name that is there in two forms" 78 tlsq_ load "$T/twice.toml"
like "is told with both lines" "$(cat "$T/err")" 'twice\.toml:3: lookup\.m\.cafe\.test\.: .*line 2'
printf '[report.tls]\nenable = true\n[tls]\nca-file = "%s"\n[queue.tls.secure]\n' "$T/none.pem" >"$T/warn.toml"
exits "load of what is most likely a mistake" 0 tlsq_ load --check "$T/warn.toml"
like "warns of a key that lacks others" "$(cat "$T/err")" 'warn\.toml: report\.tls\.enable: warning: report\.tls\.org-name is not set'
like "and of a file that is not there" "$(cat "$T/err")" 'warn\.toml: tls\.ca-file: warning: .*none\.pem: No such file'
exits "load of the configuration in force" 0 tlsq_ load "$T/first.toml"
is "warns of nothing" "$(cat "$T/err")" ""
letter pinned | submit --quiet --strategy secure -f a@sender.test pin@hold.test
sed s/secure/other/ "$T/first.toml" >"$T/dropped.toml"
exits "load without a strategy that a message is pinned to" 0 tlsq_ load "$T/dropped.toml"
like "warns of it" "$(cat "$T/err")" 'queue\.tls\.secure: warning: [0-9]+ waiting message.* pinned to this strategy'
sed s/secure/third/ "$T/first.toml" >"$T/third.toml"
sql "PRAGMA legacy_alter_table = 1; ALTER TABLE message RENAME TO hidden"
exits "load into a spool whose messages cannot be read" 70 tlsq_ load "$T/third.toml"
like "says that the configuration is stored" "$(cat "$T/err")" 'the configuration is stored, but .*no such table: message'
like "as it is" "$(tlsq_ config)" 'queue\.tls\.third'
sql "PRAGMA legacy_alter_table = 1; ALTER TABLE hidden RENAME TO message"
exits "load of a file that is wrong" 78 sh -c "echo 'x = 1' | tlsq -d $DB load -"
unlike "says nothing of that" "$(cat "$T/err")" stored
exits "load with it again" 0 tlsq_ load "$T/first.toml"
is "does not" "$(cat "$T/err")" ""

# --- whoever reads the output
for command in "list" "list --json" "cat $id" "stats" "config" "show $id" "--help"; do
	# shellcheck disable=SC2086
	is "tlsq $command ends quietly where nobody reads it" \
		"$({ tlsq_ $command 2>"$T/err"; echo $? >"$T/code"; } | true; cat "$T/code" "$T/err")" 0
	# shellcheck disable=SC2086
	exits "but not on a full disk" 74 sh -c "tlsq -d $DB $command >/dev/full"
done
is "a message is stored, also where nobody reads its number" "$({ letter unread |
	tlsq_ submit -f a@sender.test unread@hold.test 2>"$T/err"; echo $? >"$T/code"; } | true
	cat "$T/code" "$T/err"; state_of unread@hold.test)" "0
queued - -"
printf '. IN DS 1 13 2 %064d\n' 7 >"$T/other.key"
config <<E
dns.trust-anchor = "$T/other.key"
E
exits "a trust anchor that is not the root's" 78 tlsq_ check
like "is told apart" "$(cat "$T/err")" '^tlsq: resolver: the trust anchor does not match the root zone'
old_key='. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D'
new_key='. 3600 IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16'
anchor_says() { # records on standard input: what check says of them
	cat >"$T/real.key"
	echo "dns.trust-anchor = \"$T/real.key\"" | config
	tlsq_ check 2>&1 >"$T/out" | tail -n 1
}
like "the real root's anchor without its current key" "$(echo "$old_key" | anchor_says)" \
	'real.key: lacks the key .*38696.*upgrade the package dns-root-data'
like "with both" "$(printf '%s\n' "$old_key" "$new_key" | anchor_says)" 'does not match the root zone'
like "the same as DNSKEY" "$(grep 'AwEAAaz/tAm8' /usr/share/dns/root.key | anchor_says)" '38696'
like "and both, as Debian has them" "$(anchor_says </usr/share/dns/root.key)" 'does not match the root zone'
config <<E
dns.trust-anchor = "$T/none.key"
E
exits "a trust anchor that is not there" 78 tlsq_ check
like "is named" "$(cat "$T/err")" 'none\.key'
config <<E
tls.ca-file = "$T/none.pem"
E
exits "certificates that are not there" 78 tlsq_ check
like "are named" "$(cat "$T/err")" '^tlsq: tls\.ca-file: .*none\.pem'
dns_fault . SOA servfail
config <<E
E
exits "a resolver that gets no answer" 69 tlsq_ check
like "says so" "$(cat "$T/err")" '^tlsq: resolver: .*SERVFAIL'
sql "UPDATE setting SET value = 'much' WHERE key = 'dns.timeout'"
exits "a configuration that was edited wrongly does not" 78 tlsq_ check
like "and check names the key" "$(cat "$T/err" "$T/out")" 'dns\.timeout'

# --- the command line
exits "no command" 64 tlsq
exits "an unknown command" 64 tlsq nosuch
exits "help" 0 tlsq --help
exits "help of a command" 0 tlsq submit --help
like "it is the command's own" "$(cat "$T/out")" 'usage: tlsq .*submit'
exits "the version" 0 tlsq check -V
like "is one line" "$(cat "$T/out")" '^tlsq [0-9.]+$'
exits "the database after the command" 0 tlsq list -d "$DB"
exits "the database in the environment" 0 env TLSQ_DATABASE="$DB" tlsq list

# --- words that make no sense: quoted, whole lines, nothing that a terminal obeys
control=$(printf 'a\033[31mb')
octet=$(printf 'a\377b')
long=$(printf '%5000s' | tr ' ' 9)
refused() { # code what-is-said arguments
	refused_code=$1 refused_like=$2
	shift 2
	exits "refused: $(printf '%.60s' "$*" | tr -c '[:print:]' '?')" "$refused_code" tlsq -d "$DB" "$@"
	like "in one line, with the reason" "$(grep -c . "$T/err") $(cat "$T/err")" "^1 tlsq: .*$refused_like"
}
refused 64 '"lsit" is not a command; did you mean list\?' lsit
refused 64 '"xyzzy" is not a command; see --help' xyzzy
for word in '' "$control" "$octet" "$long"; do
	missing=66
	[ -n "$word" ] || missing=64
	refused 64 '" is not a command' "$word"
	refused 64 '" is not a message id' show "$word"
	refused 64 '" is not a message id' retry 1 "$word"
	refused 64 'unexpected argument' list "$word"
	refused 64 'the states are' list --state "$word"
	refused 65 'there is no such TLS strategy' submit --strategy "$word" a@example.test
	refused 64 'the words are 7bit' submit --body "$word" a@example.test
	refused 64 'the words are full' submit --ret "$word" a@example.test
	refused "$missing" 'empty|No such file|File name too long' load "$word"
	refused 65 '--sender: address ".*": ' delete --sender "x$word"
	refused "$missing" 'empty|there is no spool here|File name too long' -d "$word" list
done
refused 64 'missing argument' show
refused 64 'no such command|is not a command' show1
refused 64 'unknown option' list -1
is "what they say has no control characters" "$(tlsq "$control" 2>&1)" 'tlsq: "a?[31mb" is not a command; see --help'
printf 'LHLO x\r\nMAIL FROM:<a@sender.test>\r\nRCPT TO:<odd@hold.test>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n' >"$T/in"
exits "an odd id of the MTA does not keep mail out" 0 sh -c "tlsq -d $DB lmtp --mta-id '$control' <$T/in"
is "and is not stored" "$(sql "SELECT coalesce(mta_id, '-') FROM message m JOIN recipient r ON r.message_id = m.id WHERE address = 'odd@hold.test'")" -
exits "a good one does neither" 0 sh -c "sed s/odd@/even@/ $T/in | tlsq -d $DB lmtp --mta-id 6B14ikOZ000316"
is "and is" "$(sql "SELECT mta_id FROM message m JOIN recipient r ON r.message_id = m.id WHERE address = 'even@hold.test'")" 6B14ikOZ000316
tlsq_ delete --domain hold.test >/dev/null
exits "standard output that fails" 74 sh -c "tlsq -d $DB list >/dev/full"
is "is all that a command says that changes nothing" "$(cat "$T/err")" "tlsq: standard output: No space left on device"
lost='tlsq: standard output: No space left on device; the change was made, but its result could not be printed'
letter unreported >"$T/in"
exits "submit whose output fails" 74 sh -c "tlsq -d $DB submit -f a@sender.test lost@hold.test <$T/in >/dev/full"
is "says that the message is stored" "$(cat "$T/err")" "$lost: stored: message $(sql 'SELECT max(id) FROM message')"
exits "submit that prints nothing" 0 sh -c "tlsq -d $DB submit --quiet -f a@sender.test lost@hold.test <$T/in >/dev/full"
change() { # verb, what it reports, the state after it
	exits "$1 whose output fails" 74 sh -c "tlsq -d $DB $1 -v --domain hold.test >/dev/full"
	is "says that the change is made" "$(cat "$T/err") $(state_of lost@hold.test | sort -u | cut -d ' ' -f 1)" \
		"$lost: $2: 2 recipients of 2 messages $3"
}
change retry 'due now' queued
change hold held held
exits "a dry run whose output fails" 74 sh -c "tlsq -d $DB release --dry-run --domain hold.test >/dev/full"
is "says nothing of a change" "$(cat "$T/err")" "tlsq: standard output: No space left on device"
exits "hold of what is held, whose output fails" 74 sh -c "tlsq -d $DB hold --domain hold.test >/dev/full"
is "says nothing of one, either" "$(cat "$T/err")" "tlsq: standard output: No space left on device"
change release released queued
change delete deleted deleted

# --- the manual pages have what the programs have
for program in tlsq tlsq-runner tlsq-milter; do
	is "$program(8) and --help have the same commands and options" \
		"$("${0%/*}/manual.py" "$(command -v $program)" "$top_srcdir/doc/$program.8" 2>&1)" ""
done
sed '/^\.Op Fl -connect/d; s/^\.Op Fl -check/.Op Fl -chekc/' "$top_srcdir/doc/tlsq.8" >"$T/tlsq.8"
is "a difference would be seen" "$("${0%/*}/manual.py" "$(command -v tlsq)" "$T/tlsq.8" | sed 's,^[^ ]*/,,' | sort)" \
	"tlsq explain: --connect is in --help and not in the manual
tlsq load: --check is in --help and not in the manual
tlsq load: --chekc is in the manual and not in --help"

# --- a typing error in -d is no empty queue
typo=$T/spool/spoool.db
letter x >"$T/in"
tlsq --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' >"$T/commands"
for command in $(cat "$T/commands"); do
	rm -f "$typo"*
	code=66 files=
	case $command in
	load) arguments=$T/first.toml code=0 files=$typo ;;
	submit) arguments='-f a@sender.test b@example.test' code=0 files=$typo ;;
	lmtp) arguments='' code=0 files=$typo ;;
	show | cat) arguments=1 ;;
	explain) arguments=example.test ;;
	retry | hold | release | delete | bounce) arguments=--all ;;
	whatif) arguments='--strategy default' ;;
	set) arguments='--strategy none 1' ;;
	suspend) arguments='x.test --reason x' ;;
	except) arguments='x.test --strategy default --for 1h --reason x' ;;
	list | config | stats | report | rules | check) arguments='' ;;
	*) arguments='a row of this test' ;;
	esac
	[ "$command" != lmtp ] || echo QUIT >"$T/in"
	# shellcheck disable=SC2086
	exits "tlsq $command where there is no spool" $code sh -c 'exec tlsq "$@" <"$0"' "$T/in" -d "$typo" $command $arguments
	[ $code = 0 ] || like "it names the file" "$(cat "$T/out" "$T/err")" "^tlsq: $typo: there is no spool here"
	# of what a writer has made, -wal and -shm may stay
	is "what $command has made" "$(ls "$typo"* 2>/dev/null | head -n 1)" "$files"
	letter x >"$T/in"
done
like "the table had them all" "$(wc -l <"$T/commands")" '^1[5-9]$|^[2-9][0-9]$'
exits "a directory that is not there" 66 tlsq -d "$T/spol/spool.db" list
ok "is not made either" test ! -e "$T/spol"
rm -f "$typo"*
finish
