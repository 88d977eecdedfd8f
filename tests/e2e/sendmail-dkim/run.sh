#!/bin/sh
# A signature that OpenDKIM made before the milter, over every octet (simple/simple), verifies at the receiver.
. "${0%/*}/../lib.sh"
. "$E2E/sendmail.sh"

DKIM_ROOT=$top_builddir/peers/opendkim
DKIM_LIBS=$(find "$DKIM_ROOT/usr/lib" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
LD_LIBRARY_PATH=$DKIM_LIBS "$DKIM_ROOT/usr/sbin/opendkim" -V >"$T/version" 2>&1 || skip_all "OpenDKIM does not run from $DKIM_ROOT (./bootstrap unpacks it)"

dns_zone remote.test signed <<X
@ MX 10 mx
mx A 127.0.0.2
X
dns_start
cert_make mx dns=mx.remote.test
peer_start <<X
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"}]
X
config </dev/null
milter_start
openssl genrsa -traditional -out "$T/dkim.key" 2048 2>"$T/err"
openssl rsa -in "$T/dkim.key" -pubout -out "$T/dkim.pub" 2>"$T/err"
cat >"$T/dkim.conf" <<X
Domain sender.test
Selector sel
KeyFile $T/dkim.key
Canonicalization simple/simple
OmitHeaders *,+X-Never
SignHeaders *,+From,+Subject,+Date,+To,+X-Odd,+Message-Id
Socket inet:8891@127.0.0.1
Mode s
Background no
Syslog no
RequireSafeKeys no
InternalHosts 127.0.0.1
X
start env LD_LIBRARY_PATH="$DKIM_LIBS" "$DKIM_ROOT/usr/sbin/opendkim" -f -x "$T/dkim.conf"
sendmail_start <<X
INPUT_MAIL_FILTER(\`opendkim', \`S=inet:8891@127.0.0.1, F=T')dnl
X
{ printf 'X-Odd:no blank\nX-Odd:   folded\n\t  twice \n  \n \tand with a blank at the end \nReceived: by x.test;\n Mon, 23 Nov 2026 10:00:00 +0000\n'
	letter signed; printf '\n.dot\n\n  blanks  \n\n\n'; } |
	smtp --from '<a@sender.test> BODY=8BITMIME' bob@remote.test >"$T/out"
like "the message is taken" "$(cat "$T/out")" '^DOT 250'
stored 1 "$T/got"
like "it is signed" "$(cat "$T/got")" '^DKIM-Signature: .*c=simple/simple'
runner_once
message=$(message_of mx)
ok "it arrived as it was stored" cmp "$T/got" "$message"
is "the signature holds at the receiver" "$("$E2E/dkim.py" "$message" "$T/dkim.pub" 2>&1)" good
sed 's/^\.dot/dot/' "$message" >"$T/changed"
is "and would not, had an octet of the body changed" "$("$E2E/dkim.py" "$T/changed" "$T/dkim.pub" 2>&1)" "the body has changed"
sed 's/^X-Odd:no/X-Odd: no/' "$message" >"$T/changed"
is "or of the header" "$("$E2E/dkim.py" "$T/changed" "$T/dkim.pub" 2>&1)" "the header has changed"
finish
