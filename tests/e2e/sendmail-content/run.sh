#!/bin/sh
# What Sendmail's client sent arrives octet by octet, plus a Received field and any missing fields.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

config </dev/null
cert_make mail dns=mail.local.test
cp "$T/certs/mail.pem" "$T/certs/mail.key" "$T/certs/ca.pem" "$T/peer"
chmod 600 "$T/peer/mail.key"
milter_start
sendmail_start <<X
define(\`confSERVER_CERT', \`$T/peer/mail.pem')dnl
define(\`confSERVER_KEY', \`$T/peer/mail.key')dnl
define(\`confCACERT', \`$T/peer/ca.pem')dnl
define(\`confCACERT_PATH', \`$T/peer')dnl
define(\`confMAX_HEADERS_LENGTH', \`1000000')dnl
X
newest() { sql 'SELECT max(id) FROM message'; }

# header that folds, has blanks and tabs where few expect them; no blank, empty value; body with dots, 8-bit, no line end
printf '%b' 'X-Nospace:value\r\nX-Two:  two  blanks \r\nX-Empty:\r\nX-Tab:\ttab\r\nDKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=abc\r\n   def;\r\n \tbh=x\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n' \
	'X-Raw-8bit: gr\303\274\303\237e\r\nFrom: "A" <a@sender.test>\r\nTo: b@remote.test,\r\n\tc@remote.test\r\ndate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMESSAGE-ID:<1@sender.test>\r\nSubject: twice\r\n' \
	'\r\n.one dot\r\n..two\r\n.\r\ngr\303\274\303\237e \000\011\r\n\r\n\r\n  end' | tr -d '\000' >"$T/sent"
{ cat "$T/sent"; printf '\r\n'; } >"$T/wanted"
smtp --raw b@remote.test <"$T/sent" >"$T/out"
like "the message is accepted" "$(cat "$T/out")" '^DOT 250'
stored "$(newest)" "$T/got"
received_lines=$(awk 'NR == 1 || /^[ \t]/ { n++; next } { exit } END { print n }' "$T/got")
tail -n "+$((received_lines + 1))" "$T/got" >"$T/rest"
ok "but for the Received field it is the same, to the octet" cmp "$T/wanted" "$T/rest"
is "it is marked as 8-bit" "$(sql "SELECT body_type FROM message WHERE id = $(newest)")" 8BITMIME
like "the Received field names the hop" "$(head -n "$received_lines" "$T/got" | tr -d '\r\n')" \
	'^Received: from client\.test \(localhost \[127\.0\.0\.1\]\)	by mail\.local\.test \(tlsq\) with ESMTP id [0-9A-Za-z]+	for <b@remote\.test>;	[A-Z][a-z]{2}, [0-9]+ [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} \+0000$'

smtp --starttls b@remote.test c@remote.test <"$T/sent" >"$T/out"
stored "$(newest)" "$T/got"
like "and the TLS of the way in" "$(tr -d '\r\n' <"$T/got")" \
	'with ESMTPS id [0-9A-Za-z]+	\(version=TLSv1\.3 cipher=[A-Z0-9_]+ bits=256 verify=NO\);	'
is "no recipient is named where there are two" "$(grep -c 'for <' "$T/got")" 0

printf 'Bcc: secret@remote.test,\n\tmore@remote.test\nReturn-Path: <x@y.test>\nResent-Bcc: x@y.test\nSubject: bare\n\nbody\n' |
	smtp b@remote.test >"$T/out"
stored "$(newest)" "$T/got"
qid=$(sed -n 's/^DOT 250 2\.0\.0 \([^ ]*\).*/\1/p' "$T/out")
unlike "Bcc and Return-Path are gone" "$(cat "$T/got")" '(Bcc|secret|more@|Return-Path)'
is "From, Date and Message-ID are there, the latter as Sendmail's log has it" \
	"$(tr -d '\r' <"$T/got" | sed -n "s/^Date: [A-Z].*/date/p; s/^From: //p; s/^Message-ID: <[0-9]*\\.$qid@mail\\.local\\.test>$/id/p" | tr '\n' ' ')" \
	"a@sender.test date id "
is "after the client's fields" "$(tr -d '\r' <"$T/got" | sed -n '/^$/q; /^[A-Z]/s/:.*//p' | tr '\n' ' ')" \
	"Received Subject From Date Message-ID "

printf 'Subject: x\n\n' | smtp b@remote.test >"$T/out"
stored "$(newest)" "$T/got"
is "a message without a body" "$(tr -d '\r' <"$T/got" | sed -n '/^$/,$p' | wc -l)" 1

# many and long fields, a long line
{ seq -f 'X-Field-%g: value' 2000; printf 'X-Long: '; head -c 60000 /dev/zero | tr '\0' x
	printf '\nFrom: <a@sender.test>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <2@sender.test>\n\n'
	head -c 900 /dev/zero | tr '\0' y; echo; } | sed 's/$/\r/' >"$T/sent"
smtp --raw b@remote.test <"$T/sent" >"$T/out"
stored "$(newest)" "$T/got"
ok "2,000 fields and one of 60 kB" sh -c "sed '1,/+0000/d' '$T/got' | cmp - '$T/sent'"

# 50 MB, and flat memory
before=$(milter_memory)
{ printf 'Subject: big\r\nFrom: <a@sender.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <3@sender.test>\r\n\r\n'
	yes '0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz' |
	head -n 700000 | sed 's/$/\r/'; } >"$T/sent"
smtp --raw b@remote.test <"$T/sent" >"$T/out"
like "a message of 50 MB is accepted" "$(cat "$T/out")" '^DOT 250'
stored "$(newest)" "$T/got"
ok "and the same" sh -c "sed '1,/+0000/d' '$T/got' | cmp - '$T/sent'"
[ -n "$E2E_SANITIZED" ] ||
	ok "it took less than 8 MB of memory" test $(($(milter_memory) - before)) -lt 8192
{ cat "$T/sent"; head -c 5000000 "$T/sent" | tail -n +8; } >"$T/larger"
smtp --raw b@remote.test <"$T/larger" >"$T/out"
like "a larger one is refused for good" "$(cat "$T/out")" '^DOT 552 5\.3\.4 .*larger than 52428800'
smtp --from '<a@sender.test> SIZE=60000000' b@remote.test <"$T/sent" >"$T/out"
like "at once where the client says its size" "$(cat "$T/out")" '^RCPT 552 5\.3\.4'
is "nothing of them is left" "$(sql 'SELECT max(size) < 52428800 FROM message')$(find "$T/spool" -name 'content*')" 1
{ for i in $(seq 101); do echo "Received: by $i.test; Mon, 23 Nov 2026 10:00:00 +0000"; done; letter loop; } >"$T/sent"
smtp b@remote.test <"$T/sent" >"$T/out"
like "a loop ends" "$(cat "$T/out")" '^DOT 5[0-9][0-9] 5\.4\.6'
finish
