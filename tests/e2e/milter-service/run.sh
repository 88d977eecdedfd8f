#!/bin/sh
# tlsq-milter as a service: service manager, signals, background, pid file, user.
. "${0%/*}/../lib.sh"
MILTER_SOCKET=unix:$T/run/milter.sock
. "$E2E/sendmail.sh"

notify_listen
WATCHDOG_USEC=400000
export WATCHDOG_USEC
milter_start
said() { grep -q "$1" "$T/notified"; }
ok "it is ready once it serves" wait_for 10 said 'READY=1'
ok "it says that it lives" wait_for 10 said 'WATCHDOG=1'
ok "and what it does" wait_for 10 said 'STATUS=0 connections'
is "the spool was made" "$(sql 'SELECT count(*) FROM message')" 0
if getent passwd tlsq >/dev/null; then
	is "it is not root" "$(stat -c %U "/proc/$milter_pid")" tlsq
fi
# the HTTP front end comes and goes with the configuration
web() { curl -sS --max-time 5 -o "$T/page" -w '%{http_code}' "http://127.0.0.1:$1/$2"; }
web_is() { [ "$(web "$1" healthz)" = 200 ]; }
web_gone() { ! curl -sS --max-time 5 -o /dev/null "http://127.0.0.1:$1/healthz"; }
ok "nothing is served by HTTP unless asked for" web_gone 8026
config <<E
http.listen = "127.0.0.1:8026"
E
ok "http.listen: it is, soon after" wait_for 10 web_is 8026
is "the queue is there" "$(web 8026 api/queue) $(web 8026 '')" "200 200"
config <<E
http.listen = "127.0.0.1:8027"
E
ok "another address is taken up" wait_for 10 web_is 8027
ok "and the old one given up" web_gone 8026
config <<E
http.listen = "127.0.0.1:8899"
E
python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 8899))
s.listen()
time.sleep(600)' &
pids="$pids $!"
taken=$!
complains() { grep -q 'http.listen: .*8899' "$T/milter.log"; }
ok "an address that is taken is told" wait_for 10 complains
ok "and the milter serves on" test -d "/proc/$milter_pid"
kill "$taken"
ok "once it is free it is taken" wait_for 10 web_is 8899
config </dev/null
ok "without http.listen it ends" wait_for 10 web_gone 8899
kill -HUP "$milter_pid"
exits "a second one is refused" 69 timeout 10 tlsq-milter -d "$DB" -s "$MILTER_SOCKET"
like "and says why" "$(cat "$T/err")" 'another program is serving this socket'
ok "the first serves on after a SIGHUP" test -d "/proc/$milter_pid"
exits "local: is another word for unix:" 69 timeout 10 tlsq-milter -d "$DB" -s "local:${MILTER_SOCKET#unix:}"
like "and names the same socket" "$(cat "$T/err")" 'another program is serving this socket'
kill -USR1 "$milter_pid"
heard() { grep -q 'received SIGUSR1; nothing to do' "$T/milter.log"; }
ok "SIGUSR1, which asks other filters to reload, is only logged" wait_for 10 heard
ok "and the milter serves on" test -d "/proc/$milter_pid"
began=$(now_ms)
milter_stop
is "SIGTERM ends it with 0" "$milter_code" 0
ok "soon" test $(($(now_ms) - began)) -lt 3000
ok "it said so" said 'STOPPING=1'

mkdir "$T/pid"
exits "in the background" 0 tlsq-milter -d "$DB" -s "$MILTER_SOCKET" --background --pid-file "$T/pid/milter.pid"
ok "which ends when it has a pid file" test -s "$T/pid/milter.pid"
pid=$(cat "$T/pid/milter.pid")
pids="$pids $pid"
ok "and a socket" test -S "$T/run/milter.sock"
is "and has closed the terminal" "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | sort -u)" /dev/null
exits "which a second one does not take" 75 tlsq-milter -d "$DB" -s "unix:$T/run/other.sock" --pid-file "$T/pid/milter.pid"
kill -INT "$pid"
ok "SIGINT ends it" wait_for 10 gone "$pid"

# what keeps it from starting is the exit code of the command, with the reason
in_background() { timeout 20 tlsq-milter -d "$DB" -s "$MILTER_SOCKET" --background "$@"; }
ln -s "$T/pid/other" "$T/pid/link"
exits "in the background: a pid file that is a symbolic link" 73 in_background --pid-file "$T/pid/link"
like "is told" "$(cat "$T/err")" 'pid/link: is a symbolic link'
exits "a pid file in no directory" 73 in_background --pid-file "$T/none/pid"
exits "a socket in no directory" 69 in_background -s "unix:$T/none/milter.sock"
like "is told" "$(cat "$T/err")" 'none/milter.sock: cannot open the socket'
mkdir "$T/closed"
exits "a database that cannot be made" 73 in_background -d "$T/closed/none/x.db"
flock "$T/pid/held" sleep 60 &
pids="$pids $!"
wait_for 10 sh -c "! flock -n '$T/pid/held' true"
exits "a pid file that another program holds" 75 in_background --pid-file "$T/pid/held"
exits "a database that is none" 65 sh -c "echo nothing of the kind, but long enough to be a file >'$T/run/x.db';
	chmod 644 '$T/run/x.db'; exec tlsq-milter -d '$T/run/x.db' -s '$MILTER_SOCKET'"
exits "a socket in no directory" 69 tlsq-milter -d "$DB" -s "unix:$T/none/milter.sock"
exits "a port" 0 sh -c "timeout --preserve-status -s TERM 2 tlsq-milter -d '$DB' -s inet:8899@127.0.0.1"
exits "help" 0 tlsq-milter --help
like "is on standard output" "$(cat "$T/out")" '^usage: tlsq-milter'
finish
