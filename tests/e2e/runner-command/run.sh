#!/bin/sh
# The command line of tlsq-runner: help, version, what it rejects and selects, closed standard files.
. "${0%/*}/../lib.sh"

exits "help" 0 tlsq-runner --help
like "it says how it is called" "$(cat "$T/out")" '^usage: tlsq-runner '
exits "the version" 0 tlsq-runner --version
like "is one line" "$(cat "$T/out")" '^tlsq-runner [0-9.]+$'
exits "help that cannot be printed" 74 sh -c 'tlsq-runner --help >/dev/full'
like "is said" "$(cat "$T/err")" '^tlsq-runner: standard output: '

refuse() { # description code what-is-said arguments
	refuse_what=$1 refuse_code=$2 refuse_like=$3
	shift 3
	exits "refused: $refuse_what" "$refuse_code" tlsq-runner "$@"
	like "and it says why in one line" "$(grep -c . "$T/err") $(cat "$T/err")" "^1 tlsq-runner: .*$refuse_like"
}
refuse "nothing to do" 64 '--once or --daemon'
refuse "an unknown option" 64 '--nosuch: unknown option' --nosuch
refuse "an unknown letter" 64 '-x: unknown option' --once -x
refuse "an option without its value" 64 '-d needs a value' --once -d
refuse "a database without a name" 64 'empty' --once -d ''
refuse "no domain" 64 'a b' --once --domain 'a b'
refuse "a directory that is not there" 73 'nowhere' --once -d "$T/nowhere/spool.db"
refuse "a message that is none" 64 '--message: "-1" is not a message id' --once --message -1
refuse "a pid file without a name" 64 'the file name is empty' --once --pid-file '' -d "$DB"
refuse "a pid file with a name that is too long" 73 'File name too long' --once --pid-file "$(printf '%5000s' | tr ' ' a)" -d "$DB"
refuse "control characters" 64 'a\?\[31mb' --once "--$(printf 'a\033[31mb')"
refuse "a pid file that cannot be" 73 "$T: Is a directory" --once --pid-file "$T" -d "$DB"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone xn--bcher-kva.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"]}]
E
config </dev/null
letter one | submit --quiet -f a@sender.test x@xn--bcher-kva.test y@example.test
runner_once --domain 'BÜCHER.test.'
is "a domain is taken in any spelling" "$(sql "SELECT address FROM recipient WHERE state = 'delivered'")" x@xn--bcher-kva.test
ok "standard files that are closed" sh -c "tlsq-runner -d $DB --once --pid-file $T/pid <&- >&- 2>&-"
is "do not keep mail from going" "$(state_of y@example.test)" "delivered 2.0.0 -"
letter two | submit --quiet -f a@sender.test z@example.test
ok "no standard error" sh -c "tlsq-runner -d $DB --once --pid-file $T/pid 2>&-"
like "what is logged is not written into another file" "$(cat "$T/pid")" '^[0-9]+$'
is "nor sent to a server" "$(wire commands mx 'tlsq-runner')" ""
in_background() { timeout 30 tlsq-runner --daemon --background "$@"; }
ln -s "$T/other.pid" "$T/link"
exits "in the background: a pid file that is a symbolic link" 73 in_background -d "$DB" --pid-file "$T/link"
like "is told to who started it" "$(cat "$T/err")" 'link: is a symbolic link'
exits "a directory that is not there" 73 in_background -d "$T/nowhere/spool.db"
echo 'nothing of the kind, but long enough to be a file' >"$T/x.db"
chmod 644 "$T/x.db"
exits "a database that is none" 65 in_background -d "$T/x.db"
exits "one that starts" 0 in_background -d "$DB" --pid-file "$T/daemon.pid"
pid=$(cat "$T/daemon.pid")
pids="$pids $pid"
ok "is ready when the command ends" wait_for 10 daemon_seen
exits "a second one with its pid file" 75 in_background -d "$DB" --pid-file "$T/daemon.pid"
kill -USR1 "$pid"
letter three | submit --quiet -f a@sender.test usr1@example.test
delivered() { [ "$(state_of usr1@example.test)" = "delivered 2.0.0 -" ]; }
ok "SIGUSR1 does not end it" wait_for 10 delivered
kill "$pid"
ok "SIGTERM does" wait_for 20 gone "$pid"
exits "tlsq neither says that it printed" 74 sh -c "tlsq -d $DB list >&-"
finish
