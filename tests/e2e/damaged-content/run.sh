#!/bin/sh
# Content with a missing piece is never sent as if it were complete, by DATA or BDAT; tlsq check and cat report it.
. "${0%/*}/../lib.sh"

for d in data bdat; do
	dns_zone $d.test unsigned <<-X
	@ MX 10 mx
	mx A 127.0.0.$([ $d = data ] && echo 2 || echo 3)
	X
done
dns_start
peer_start <<'X'
[{"name": "data", "listen": ["127.0.0.2:25"]},
 {"name": "bdat", "listen": ["127.0.0.3:25"], "ehlo": ["PIPELINING", "CHUNKING", "8BITMIME"]}]
X
config </dev/null
{ letter big; head -c 700000 /dev/zero | tr '\0' a | fold -w 70; } >"$T/big"
{ letter short; printf 'x\n'; } >"$T/short"
for d in data bdat; do
	for kind in whole first middle last grown; do
		submit --quiet -f a@sender.test $kind@$d.test <"$T/big"
	done
	for kind in short only; do
		submit --quiet -f a@sender.test $kind@$d.test <"$T/short"
	done
done
is "a large message has several pieces" "$(sql 'SELECT max(seq) FROM content')" 2
exits "whole content is sound" 0 tlsq -d "$DB" check
piece() { # kind, what to do with the piece; LAST is the last one's number
	sql "$2 message_id IN (SELECT message_id FROM recipient WHERE address LIKE '$1@%')$3"
}
piece first "DELETE FROM content WHERE" " AND seq = 0"
piece middle "DELETE FROM content WHERE" " AND seq = 1"
piece last "DELETE FROM content WHERE" " AND seq = 2"
piece only "DELETE FROM content WHERE" ""
piece grown "UPDATE content SET data = CAST(data || 'more' AS BLOB) WHERE" " AND seq = 2"
exits "damaged content is found" 65 tlsq -d "$DB" check
like "and named" "$(cat "$T/err")" 'damaged: 10 undelivered messages lack part of their content; message [0-9]+ has [0-9]+ of [0-9]+ octets'
id=$(sql "SELECT message_id FROM recipient WHERE address = 'middle@data.test'")
exits "tlsq cat says that it printed a part" 65 sh -c "tlsq -d '$DB' cat $id >/dev/null"
like "of how many octets" "$(cat "$T/err")" "message $id: damaged: [0-9]+ of [0-9]+ octets"
runner_once
for d in data bdat; do
	is "$d: whole messages are sent" "$(state_of whole@$d.test) $(state_of short@$d.test)" \
		"delivered 2.0.0 - delivered 2.0.0 -"
	for kind in first middle last grown only; do
		is "$d: $kind waits" "$(state_of $kind@$d.test)" "deferred 4.3.0 io"
	done
	is "$d: and nothing of them was taken" "$(wire_count messages $d)" 2
	like "$d: the reply says why" "$(sql "SELECT reply FROM recipient WHERE address = 'last@$d.test'")" \
		'is damaged: [0-9]+ octets of its content are stored, but [0-9]+ were accepted'
done
exits "its sender can be told" 0 tlsq -d "$DB" bounce "$id"
finish
