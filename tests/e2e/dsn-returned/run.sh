#!/bin/sh
# How much of the message a DSN returns: RET, size, 8-bit content, SMTPUTF8, REQUIRETLS.
. "${0%/*}/../lib.sh"

dns_zone bank.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
peer_start <<E
[{"name": "bank", "listen": ["127.0.0.2:25"], "rules": [{"on": "^RCPT", "say": "550 5.1.1 nobody"}]},
 {"name": "local", "listen": ["127.0.0.1:25"]}]
E
config </dev/null
big() { letter "$1"; head -c "$2" /dev/zero | tr '\0' x | fold -w 70; echo; }
letter hdrs | submit --quiet -f hdrs@sender.test --ret hdrs x@bank.test
letter full | submit --quiet -f full@sender.test --ret full x@bank.test
big big 700000 | submit --quiet -f big@sender.test x@bank.test
big bigfull 700000 | submit --quiet -f bigfull@sender.test --ret full x@bank.test
{ letter eight; printf 'gr\303\274n\n'; } | submit --quiet -f eight@sender.test --body 8bitmime x@bank.test
green=$(printf 'gr\303\274n')
letter utf8 | submit --quiet -f ascii@sender.test --smtputf8 "$green@bank.test"
letter utf8sender | submit --quiet -f "$green@sender.test" --smtputf8 x@bank.test
sql "INSERT INTO submission (sender, recipients, content, require_tls) VALUES ('tls@sender.test', '[\"x@bank.test\"]',
	'Subject: secret' || char(13, 10, 13, 10) || 'secret' || char(13, 10), 1)"
runner_once
parts_are() { # description sender parts
	dsn_of "$2@sender.test"
	is "$1" "$(dsn parts | cut -d' ' -f2-)" "$3"
}

parts_are "RET=HDRS: the header" hdrs "message/delivery-status text/rfc822-headers"
is "its last line is the last one" "$(dsn returned | tail -n 1)" "Message-ID: <hdrs@sender.test>"
parts_are "RET=FULL: all" full "message/delivery-status message/rfc822"
like "with the body" "$(dsn returned)" "This is about full"
parts_are "without RET, what is big comes back as its header" big "message/delivery-status text/rfc822-headers"
parts_are "but with RET=FULL whole" bigfull "message/delivery-status message/rfc822"
is "to the octet" "$(dsn returned | tr -d '\r' | md5sum)" "$(big bigfull 700000 | md5sum)"
parts_are "8-bit content, which may be encoded" eight "message/delivery-status message/global"
like "and stays as it was" "$(dsn returned)" "$green"
parts_are "an address in UTF-8: the global kinds" ascii "message/global-delivery-status message/global"
is "with the address as it is" "$(dsn 1 Final-Recipient)" "utf-8; $green@bank.test"
dsn_file=$(wire messages local | grep SMTPUTF8 | cut -d' ' -f1)
is "a sender in UTF-8" "$(dsn header To) $(dsn parts)" \
	"$green@sender.test text/plain message/global-delivery-status message/global"
is "only that one needs SMTPUTF8" "$(wire commands local 'MAIL.*SMTPUTF8' | wc -l)" 1
is "all others are 7-bit, whatever they quote" "$(wire commands local 'MAIL.*BODY=8BITMIME' | wc -l)" 1
parts_are "of REQUIRETLS mail only the header comes back" tls "message/delivery-status text/rfc822-headers"
is "no word of its body leaves" "$(grep -c '^secret' "$dsn_file")" 0
is "no part has defects" "$(for f in $(wire messages local | cut -d' ' -f1); do "$E2E/dsn.py" "$f" defects; done | sort -u)" "[]"
finish
