#!/bin/sh
# Expressions choose the strategy for each attempt and next hop, and for each host if they use its name or address.
. "${0%/*}/../lib.sh"

ca_make other self
cert_make self self dns=mx.self.test
cert_make good dns=*.twohosts.test,*.byaddress.test,mx.listed.test,mx.plainlist.test,mx.pinned.test
cert_make unknown ca=other dns=mx.loop.test,mx.allowed.test,mx.notallowed.test
i=0
: >"$T/script"
server() { # name, address, certificate
	echo "{\"name\": \"$1\", \"listen\": [\"$2:25\"]${3:+, \"cert\": \"$3\"}}" >>"$T/script"
}
for d in self:self loop:unknown allowed:unknown notallowed:unknown listed: plainlist: pinned:self unknownid:good costly:good; do
	i=$((i + 1))
	dns_zone ${d%:*}.test signed <<-X
	@ MX 10 mx
	mx A 127.0.1.$i
	X
	server ${d%:*} 127.0.1.$i ${d#*:}
done
dns_zone twohosts.test signed <<X
@ MX 10 strict
@ MX 20 lax
strict A 127.0.2.1
lax A 127.0.2.2
X
dns_zone byaddress.test signed <<X
@ MX 10 mx
mx A 127.0.3.1
mx A 127.0.2.3
X
server strict 127.0.2.1
server lax 127.0.2.2
server inside 127.0.3.1
server outside 127.0.2.3
dns_start
paste -sd, "$T/script" | sed 's/.*/[&]/' | peer_start
config <<'X'
lookup.secure."LISTED.test." = "strict"
lookup.secure."unknownid.test" = "nobody"
[queue.tls.default]
[queue.tls.invalid-tls]
allow-invalid-certs = true
[queue.tls.strict]
starttls = "require"
[queue.tls.one]
starttls = "require"
[queue.tls.two]
starttls = "require"
dane = "disable"
[queue.tls.some]
starttls = "require"
allow-invalid-certs = "rcpt_domain = 'allowed.test' && starts_with(mx, 'mx.')"
[queue.strategy]
tls = [
  { if = "rcpt_domain = 'costly.test' && matches('^(a|aa)+[^a@]', sender)", then = "'strict'" },
  { if = "key_exists('secure', rcpt_domain)", then = "key_get('secure', rcpt_domain)" },
  { if = "rcpt_domain = 'loop.test' && retry_num % 2 = 0", then = "'one'" },
  { if = "rcpt_domain = 'loop.test'", then = "'two'" },
  { if = "rcpt_domain = 'allowed.test' || rcpt_domain = 'notallowed.test'", then = "'some'" },
  { if = "matches('^strict\\.', mx)", then = "'strict'" },
  { if = "is_ip_in_cidr(remote_ip, '127.0.3.0/24')", then = "'strict'" },
  { if = "rcpt == 'first@plainlist.test'", then = "'strict'" },
  { if = "retry_num > 0 && last_error == 'tls'", then = "'invalid-tls'" },
  { else = "'default'" }
]
schedule = [ { if = "rcpt_domain = 'loop.test'", then = "'slow'" }, { else = "'default'" } ]
[queue.schedule.slow]
retry = ["1h"]
X
for d in self loop allowed notallowed listed unknownid twohosts byaddress; do
	letter $d | submit --quiet -f a@sender.test x@$d.test
done
letter two | submit --quiet -f a@sender.test first@plainlist.test second@plainlist.test
many_a=$(printf '%060d' 0 | tr 0 a)
letter costly | submit --quiet -f "$many_a@sender.test" x@costly.test
letter cheap | submit --quiet -f aaa@sender.test y@costly.test
letter pinned | submit --quiet --strategy strict -f a@sender.test x@pinned.test
runner_once

went() { # domain: the attempts in order
	sql "SELECT strategy, coalesce(mx, '-'), outcome, coalesce(error, '-') FROM attempt
		WHERE domain = '$1.test' ORDER BY id"
}
is "a self-signed host is reached in the same pass" "$(state_of x@self.test)" "delivered 2.0.0 -"
is "by the fallback after error tls" "$(went self)" "default|mx.self.test|deferred|tls
invalid-tls|mx.self.test|delivered|-"
is "each with the rule that chose it" "$(sql "SELECT rule FROM attempt WHERE domain = 'self.test' ORDER BY id")" \
	"queue.strategy.tls[9]: else
queue.strategy.tls[8]: retry_num > 0 && last_error == 'tls'"
is "two strategies that name each other are tried once each" "$(went loop)" "one|mx.loop.test|deferred|tls
two|mx.loop.test|deferred|tls"
is "then the delay of its schedule counts" "$(sql "SELECT next_attempt_at - unixepoch() BETWEEN 3000 AND 3700
	FROM recipient WHERE domain = 'loop.test'")" 1
is "a map of domains" "$(went listed)" "strict|mx.listed.test|deferred|tls"
is "a result that is no strategy: no default is taken" "$(state_of x@unknownid.test)" "deferred 4.3.5 io"
like "and the reply says which rule" "$(sql "SELECT reply FROM recipient WHERE domain = 'unknownid.test'")" \
	'queue.strategy.tls\[1\].*there is no queue.tls.nobody'
is "a pattern that takes too long on a sender: no default is taken" "$(state_of x@costly.test)" "deferred 4.3.5 io"
like "and the reply says which pattern" "$(sql "SELECT reply FROM recipient WHERE address = 'x@costly.test'")" \
	'queue.strategy.tls\[0\].*takes too long on this text'
is "on another sender it is evaluated" "$(state_of y@costly.test)" "delivered 2.0.0 -"
is "allow-invalid-certs as an expression, true" "$(state_of x@allowed.test)" "delivered 2.0.0 -"
is "and false" "$(state_of x@notallowed.test)" "deferred 4.7.5 tls"
is "chosen again for each host" "$(went twohosts)" "strict|strict.twohosts.test|deferred|tls
default|lax.twohosts.test|delivered|-"
like "and for each address" "$(sql "SELECT a.address, a.strategy, a.outcome FROM attempt a
	WHERE domain = 'byaddress.test' AND outcome = 'delivered'")" '^127\.0\.2\.3\|default\|delivered'
is "never to the one that is refused" "$(wire commands inside '^MAIL')" ""
is "two recipients of a message go two ways" "$(state_of first@plainlist.test) $(state_of second@plainlist.test)" \
	"deferred 4.7.4 tls delivered 2.0.0 -"
is "a pinned strategy stands, also after error tls" "$(went pinned)" "strict|mx.pinned.test|deferred|tls"
is "and says so" "$(sql "SELECT rule FROM attempt WHERE domain = 'pinned.test'")" pinned

# the next configuration, with the programs running
config <<'X'
[queue.tls.default]
starttls = "disable"
X
daemon_start
letter reload | submit --quiet -f a@sender.test one@self.test
delivered() { [ "$(state_of "$1")" = "delivered 2.0.0 -" ]; }
ok "with TLS disabled it goes in clear" wait_for 10 delivered one@self.test
config <<'X'
[queue.tls.default]
allow-invalid-certs = true
starttls = "require"
X
letter reload2 | submit --quiet -f a@sender.test two@self.test
ok "a new configuration is taken up by a running daemon" wait_for 10 delivered two@self.test
is "clear, then encrypted" "$(sql "SELECT s.tls FROM recipient r JOIN attempt a ON a.id = r.last_attempt_id
	JOIN session s ON s.id = a.session_id WHERE r.address IN ('one@self.test', 'two@self.test') ORDER BY r.id")" \
	"none
encrypted"
ok "the daemon ends" stop "$daemon_pid"
finish
