#!/bin/sh
# A database that is foreign, newer, damaged or read-only: one clear line, an exit code, and the file is not changed.
. "${0%/*}/../lib.sh"
FOREIGN_DB=yes

tlsq_ list >/dev/null 2>&1 || letter x | submit --quiet -f a@sender.test x@example.test
try() { # description database expected-codes
	sum=$(sha256sum <"$2")
	for program in "tlsq -d $2 submit -f a@b.test c@d.test" "tlsq-runner -d $2 --once"; do
		letter x >"$T/letter"
		# shellcheck disable=SC2086
		timeout 20 $program <"$T/letter" >"$T/out" 2>"$T/err"
		code=$?
		like "$1: ${program%% *} exits with $3" $code "^($3)\$"
		is "$1: ${program%% *} says one line" "$(grep -c . "$T/err")" 1
		like "$1: it names the program and the file" "$(cat "$T/err")" "^${program%% *}: .*${2##*/}"
	done
	is "$1: not touched" "$(sha256sum <"$2")" "$sum"
	is "$1: nothing lies beside it" "$(find "$(dirname "$2")" -name "${2##*/}-*" -size +0 | wc -l)" 0
	diag "$(cat "$T/err")"
}
copy() { # name: a copy of the spool in a directory of its own
	mkdir "$T/$1"
	sqlite3 "$DB" ".backup $T/$1/$1.db"
	getent passwd tlsq >/dev/null && chown -R tlsq:tlsq "$T/$1"
	D=$T/$1/$1.db
}
own() { getent passwd tlsq >/dev/null && chown -R tlsq:tlsq "$(dirname "$1")"; }

mkdir "$T/foreign"
sqlite3 "$T/foreign/foreign.db" 'CREATE TABLE message(id); INSERT INTO message VALUES (1)'
own "$T/foreign/foreign.db"
try "a database of another program" "$T/foreign/foreign.db" '65|78'
copy newer
sqlite3 "$D" 'PRAGMA user_version = 9999' >/dev/null
try "a newer schema" "$D" '65|78'
mkdir "$T/text"
echo 'this is a letter to my aunt, long enough to be no database at all' >"$T/text/text.db"
own "$T/text/text.db"
try "a text file" "$T/text/text.db" '65|78'
copy corrupt
/usr/bin/python3 - "$D" <<'P'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(100)
    f.write(b"\xa5" * 8092)
P
try "a broken file" "$D" '65|74'
copy readonly
chmod 440 "$D"
chmod 550 "$(dirname "$D")"
[ "$(id -u)" = 0 ] && chown -R root:root "$T/readonly" && chmod 555 "$T/readonly" && chmod 444 "$D"
try "a read-only file" "$D" '73|74|77'
# sqlite3 run by root makes spool.db-shm, and gives it its mode a moment later
if getent passwd tlsq >/dev/null; then
	copy early
	: >"$D-shm"
	chown root:tlsq "$D-shm"
	chmod 640 "$D-shm"
	start sh -c "sleep 0.3; chmod 660 '$D-shm'"
	exits "a file of SQLite's that somebody is just making" 0 sh -c "echo x | tlsq -d $D submit -f a@b.test c@d.test"
fi
exits "a directory that is not there, for a command that creates" 73 sh -c "echo x | tlsq -d $T/nowhere/spool.db submit -f a@b.test c@d.test"
exits "and for one that does not" 66 tlsq -d "$T/nowhere/spool.db" list
exits "a directory is no database" '65' tlsq -d "$T/text" list

# Each command says so, in one line, and the filter does not start.
for kind in newer foreign; do
	for command in 'load /dev/null' config list 'show 1' 'cat 1' 'explain example.test' 'retry 1' stats check lmtp; do
		# shellcheck disable=SC2086
		exits "$kind: tlsq $command" 65 tlsq -d "$T/$kind/$kind.db" $command
		like "$kind: in one line" "$(grep -c . "$T/err") $(cat "$T/err")" "^1 tlsq: .*$kind\.db: "
	done
	exits "$kind: tlsq-milter" 65 timeout 20 tlsq-milter -d "$T/$kind/$kind.db" -s "unix:$T/milter.sock"
done
finish
