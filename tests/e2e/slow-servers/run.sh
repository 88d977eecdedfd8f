#!/bin/sh
# 500 servers that do not answer delay no other mail, and mail to each is deferred with the right reason.
. "${0%/*}/../lib.sh"

# 250 accept the connection and never greet, 250 do not even accept it
{
	i=0
	while [ $i -lt 250 ]; do
		i=$((i + 1))
		echo "silent$i MX 10 mx.silent$i
mx.silent$i A 127.1.0.$i
full$i MX 10 mx.full$i
mx.full$i A 127.1.1.1"
	done
} | dns_zone slow.test signed
dns_zone fast.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_start
cert_make mx dns=mx.fast.test
peer_start <<E
[{"name": "silent", "listen": ["$(seq -f '127.1.0.%g:25' -s '", "' 250)"],
  "rules": [{"on": "CONNECT", "say": null, "then": "stall"}]},
 {"name": "fast", "listen": ["127.0.0.2:25"], "cert": "mx"}]
E
start /usr/bin/python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.1.1.1", 25))
s.listen(0)
held = []
for _ in range(3):
    c = socket.socket()
    c.setblocking(False)
    c.connect_ex(("127.1.1.1", 25))
    held.append(c)
open("'"$T"'/full", "w")
time.sleep(1000)'
wait_for 5 test -e "$T/full"
config <<E
queue.virtual.default.threads-per-node = 600
[queue.connection.default.timeout]
connect = "25s"
greeting = "25s"
E
put() { # how many, their domain with %d for the number
	sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO submission(sender, recipients, content)
		SELECT 'a@sender.test', json_array(printf('x%d@$2', i, i)), 'Subject: slow' || char(10) || char(10) || 'text' FROM n"
}
fast() { # how many the server has then: 50 messages to it; they take $took ms
	begin=$(now_ms)
	put 50 fast.test
	wait_for 60 fast_has "$1"
	took=$(($(now_ms) - begin))
}
fast_has() { [ "$(sql "SELECT count(*) FROM recipient WHERE state = 'delivered'")" = "$1" ]; }
connecting() { awk '$3 == "0101017F:0019" && $4 == "02"' /proc/net/tcp | wc -l; }
all_tried() { [ "$(connecting)" -ge 250 ] && [ "$(wire_count connections silent)" = 250 ]; }
settled() { [ "$(sql "SELECT count(*) FROM recipient WHERE state = 'deferred'")" = 500 ]; }
memory() { awk '/^VmHWM/ { print $2 }' "/proc/$daemon_pid/status"; }

daemon_start
fast 50
alone=$took
diag "the runner's memory at most, so far: $(memory) kB"
put 250 'silent%d.slow.test'
put 250 'full%d.slow.test'
ok "all 500 are tried at once" wait_for 20 all_tried
fast 100
diag "50 messages alone in $alone ms, beside 500 slow servers in $took ms"
ok "the fast server's mail waits for none of them" test $took -lt $((alone + 3000))
is "while every one of them is still waited for" \
	"$(sql "SELECT state, count(*) FROM recipient WHERE domain LIKE '%.slow.test' GROUP BY state")" "active|500"
diag "the runner's memory at most: $(memory) kB"
[ -n "$E2E_SANITIZED" ] || ok "in less than 100 MB" test "$(memory)" -lt 100000
ok "then they are given up" wait_for 60 settled
is "each for its cause" "$(sql "SELECT substr(domain, 1, 4), state, status, last_error, attempts, count(*)
	FROM recipient WHERE domain LIKE '%.slow.test' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1")" \
	"full|deferred|4.4.1|connection|1|250
sile|deferred|4.4.2|connection|1|250"
stop $daemon_pid
is "SIGTERM ends it with 0" $? 0
finish
