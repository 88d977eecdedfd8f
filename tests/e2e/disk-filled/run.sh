#!/bin/sh
# Mail fills the disk: new mail is refused in time, and waiting mail can be delivered and deleted, which frees space.
. "${0%/*}/../lib.sh"

dns_zone ok.test unsigned <<X
@ MX 10 mx
mx A 127.0.1.1
X
dns_start
peer_start <<X
[{"name": "mx", "listen": ["127.0.1.1:25"]}]
X
small=$T/spool
mount -t tmpfs -o "size=20m,mode=$(stat -c %a "$small"),gid=$(stat -c %g "$small")" none "$small" ||
	skip_all "no tmpfs can be mounted here"
config </dev/null
free_kib() { df --output=avail -k "$small" | tail -n 1 | tr -d ' '; }
fill() { # KIB: until that many are left
	dd if=/dev/zero of="$small/ballast" bs=1k count=$(($(free_kib) - $1)) 2>/dev/null
}
{ letter big; head -c 100000 /dev/zero | tr '\0' y | fold -w 76; } >"$T/big"
letter x >"$T/x"

# by our own mail
while submit --quiet -f a@s.test x@ok.test <"$T/big" 2>"$T/err"; do :; done
like "the refusal names the key" "$(cat "$T/err")" 'refusing new mail: .*queue.limit.min-free-space'
exits "its exit code means: later" 74 sh -c "tlsq -d '$DB' submit -f a@s.test x@ok.test <'$T/big'"
n=$(sql 'SELECT count(*) FROM recipient')
ok "some is left for results ($(free_kib) KiB)" test "$(free_kib)" -ge 700
is "and a reserve beside the spool" "$(ls "$small" | grep -c reserve)" 1
printf 'LHLO x\r\nMAIL FROM:<a@s.test>\r\nRCPT TO:<x@ok.test>\r\nDATA\r\n%s\r\n.\r\nQUIT\r\n' "$(cat "$T/big")" |
	tlsq_ lmtp >"$T/lmtp"
like "LMTP says it to Sendmail" "$(tail -n 2 "$T/lmtp")" '^452 4\.3\.1 .*refusing new mail'
exits "what waits can be deleted" 0 tlsq -d "$DB" delete 1

# by others, to the last octet; and mail by SQL, which nobody can stop
for i in $(seq 20); do
	sqlite3 -cmd '.timeout 5000' "$DB" "PRAGMA wal_autocheckpoint = 0; INSERT INTO submission (sender, recipients, content)
		VALUES ('a@s.test', '[\"sql@ok.test\"]', readfile('$T/big'))" >/dev/null 2>&1 || break
done
n=$(sql 'SELECT count(*) FROM recipient')
fill 0
is "the disk is full" "$(free_kib)" 0
exits "deleting gives up the reserve" 0 tlsq -d "$DB" delete 2
is "that is gone" "$(ls "$small" | grep -c reserve)" 0
exits "which is not for new mail" 74 sh -c "tlsq -d '$DB' submit -f a@s.test x@ok.test <'$T/x'"
exits "so a runner can start and deliver" 0 tlsq-runner -d "$DB" --once
is "all went out" "$(sql "SELECT count(*) FROM recipient WHERE state IN ('delivered', 'deleted')")" "$n"

# with room again
rm "$small/ballast"
exits "new mail is taken" 0 sh -c "tlsq -d '$DB' submit --quiet -f a@s.test again@ok.test <'$T/x'"
is "and the reserve is there again" "$(ls "$small" | grep -c reserve)" 1
runner_once
is "it goes out" "$(state_of again@ok.test)" "delivered 2.0.0 -"

# a daemon whose disk others fill
config <<X
queue.limit.min-free-space = "90%"
X
exits "the key counts" 74 sh -c "tlsq -d '$DB' submit -f a@s.test x@ok.test <'$T/x'"
config <<X
queue.limit.min-free-space = 0
X
daemon_start
fill 0
exits "without a limit the disk itself refuses" 74 sh -c "tlsq -d '$DB' submit -f a@s.test x@ok.test <'$T/x'"
rm "$small/ballast"
letter late | submit --quiet -f a@s.test late@ok.test
late() { [ "$(state_of late@ok.test)" = "delivered 2.0.0 -" ]; }
ok "the daemon goes on" wait_for 20 late
stop $daemon_pid
for v in '"x%"' '"100%"' '"-1"' -1; do
	printf 'queue.limit.min-free-space = %s\n' "$v" >"$T/bad.toml"
	exits "not a value: $v" 78 tlsq -d "$DB" load --check "$T/bad.toml"
done
finish
