#!/bin/sh
# Thousands of recipients at domains with silent name servers: only their own lookups fail, and other mail is hardly delayed.
. "${0%/*}/../lib.sh"
. "$E2E/dnsroot.sh"
count=${SILENT:-1500}

{ seq "$count" | awk '{ printf "s%d NS ns.s%d\nns.s%d A 127.0.1.253\n", $1, $1, $1 }'
seq 8 | awk '{ printf "with%d MX 10 mx\nafter%d MX 10 mx\n", $1, $1 }'
echo 'mx A 127.0.0.2'; } >"$T/records"
dnsroot_start "$T/records"
# takes all and says nothing
start python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.1.253", 53))
while True: s.recv(4096)'
wait_for 10 sh -c 'ss -uln | grep -q 127.0.1.253:53'
peer_start <<E
[{"name": "healthy", "listen": ["127.0.0.2:25"]}]
E
config <<E
dns.timeout = "30s"
E
put() { # FIRST LAST, the domain with %d for the number
	sql "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
		INSERT INTO submission(sender, recipients, content)
		SELECT 'a@sender.test', json_array(printf('x@$3.test', i)), 'Subject: x' || char(10) || char(10) || 'text' FROM n"
}
silent() { sql "SELECT count(*) FROM recipient WHERE domain LIKE 's%' AND $1"; }
states() { sql "SELECT state, count(*), max(attempts) FROM recipient WHERE domain LIKE '$1%' GROUP BY state"; }
delivered() { [ "$(states "$1")" = "delivered|8|1" ]; }
asked() { [ "$(silent "state = 'active'")" -ge $((count - 100)) ]; }
given_up() { [ "$(silent "state = 'deferred'")" -ge 100 ]; }

put 1 $((count / 2)) s%d
put 1 8 with%d
put $((count / 2 + 1)) "$count" s%d
daemon_start
ok "they are looked up, all together" wait_for 20 asked
put 1 8 after%d
began=$(now_ms)
ok "who comes after them gets their mail" wait_for 40 delivered after
diag "after $(($(now_ms) - began)) ms"
ok "while most of the silent ones are still waited for" [ "$(silent "state = 'active'")" -gt $((count / 2)) ]
ok "and who comes with them" wait_for 60 delivered with
diag "after $(($(now_ms) - began)) ms"
is "at the first attempt, without a lookup that failed" "$(states with) $(states after)" "delivered|8|1 delivered|8|1"
ok "the silent ones end, too" wait_for 40 given_up
is "as DNS that failed" "$(sql "SELECT DISTINCT status, last_error FROM recipient WHERE state = 'deferred'")" "4.4.3|dns"
stop $daemon_pid
is "SIGTERM ends it with 0" $? 0
finish
