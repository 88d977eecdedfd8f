#!/bin/sh
# The HTTP front end: page, JSON and metrics of a spool, escaping, limits, and a database that disappears and comes back.
. "${0%/*}/../lib.sh"

here=${0%/*}
probe=$top_builddir/tests/unit/web/probe
url=http://127.0.0.1:8025
serve() { # LISTEN; its pid is in $web_pid
	"$probe" "$1" "$DB" >>"$T/web.log" 2>&1 &
	web_pid=$!
	pids="$pids $web_pid"
}
get() { curl -sS --max-time 10 "$@"; }
code() { get -o "$T/body" -w '%{http_code}' "$@"; }
field() { sed -n "s/^$1: //ip" "$T/head" | tr -d '\r'; } # NAME: of the last answer
json() { # an expression about the document d
	/usr/bin/python3 -c 'import json, sys
d = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}
metric() { get $url/metrics | grep -v '^#' | grep -F -- "$1 " | sed 's/.* //'; } # NAME{LABELS}
metric_is() { [ "$(metric "$1")" = "$2" ]; }
ready() { [ "$(code $url/metrics)" = 200 ]; }
not_ready() { [ "$(code $url/metrics)" = 503 ]; }

config <<E
E
sql <"$here/spool.sql"

# --- where it listens
for bad in 0.0.0.0:8025 127.0.0.1 '[::]:8025' 192.0.2.1:80 unix:here; do
	exits "$bad is refused" 78 timeout 5 "$probe" "$bad" "$DB"
done
like "with a reason" "$(cat "$T/err")" '^web_probe: http\.listen: '
serve 127.0.0.1:8025
wait_for 10 ready
exits "an address that is taken" 69 timeout 5 "$probe" 127.0.0.1:8025 "$DB"

# --- pages
cat >"$T/page.py" <<'P'
import html.parser, sys
void = {"meta", "link", "input", "th"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.bad = [], []
    def handle_starttag(self, tag, attrs):
        if tag in ("script", "img", "iframe", "style", "object"):
            self.bad.append(tag)
        self.bad += [a for a, v in attrs if a.startswith("on") or a == "style"]
        if tag not in void:
            self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append("/" + tag)
p = Page()
p.feed(open(sys.argv[1], encoding="utf-8").read())
print(p.bad + p.open)
P
for page in / /queue /domains /domains/broken.test /domains/evil.test /messages/2 /messages/3 /messages/5; do
	is "$page is there" "$(code $url$page)" 200
	is "$page is well-formed, and markup from the network is text in it" "$(/usr/bin/python3 "$T/page.py" "$T/body")" "[]"
done
get $url/ >"$T/home"
like "the overview has the queue" "$(cat "$T/home")" 'href="\./messages/2">dave@broken\.test<'
like "problems with their reason" "$(cat "$T/home")" 'no TLSA record of mx1\.broken\.test matches its certificate'
like "a server's words as it said them" "$(cat "$T/home")" '454 4\.7\.0 &lt;script&gt;alert\(&quot;x&quot;\)&lt;/script&gt; &amp;amp;'
unlike "but no controls of terminals or direction" "$(cat "$T/home")" "$(printf '\033|\342\200\256')"
like "TLS by domain" "$(cat "$T/home")" 'class="good">MTA-STS</b>'
get $url/domains/Broken.TEST. >"$T/domain"
like "a domain's page, in any spelling, has what was proved" "$(cat "$T/domain")" 'class="bad">failed</b>'
like "the records that were expected" "$(cat "$T/domain")" 'TLSA of mx1\.broken\.test:25'
like "the certificate that came" "$(cat "$T/domain")" 'CN=R11, O=Let&#39;s Encrypt'
like "the last delivery, although it fails now" "$(cat "$T/domain")" '<h2>Last delivery</h2>'
is "an unknown domain" "$(code $url/domains/nosuch.test)" 404
is "an unknown message" "$(code $url/messages/999)" 404
is "an unknown page" "$(code $url/nosuch)" 404
is "a target that is none" "$(code $url/domains/%00)" 400

# --- JSON
is "/api/queue is as tlsq list --json has it" "$(get $url/api/queue | json '[r.pop("age") and r for r in d["recipients"]]')" \
	"$(tlsq_ list --json | json '[r.pop("age") and r for r in d]')"
is "/api/queue ends" "$(get $url/api/queue | json 'd["next"]')" None
is "/api/domains" "$(get "$url/api/domains?from=ol" | json '[x["domain"] for x in d["domains"]]')" \
	"['old.test', 'plain.test', 'policy.test', 'web.test']"
is "/api/domains/D" "$(get $url/api/domains/broken.test | json 'd["status"]["result_type"], d["mx"]["records"][0], d["tlsa"][0]["host"], len(d["attempts"]), d["attempts"][0]["session"]["dane"], d["waiting"][0]["message_id"]')" \
	"('tlsa-invalid', [10, 'mx1.broken.test'], 'mx1.broken.test', 3, 'failed', 2)"
is "facts that are no JSON do not break it" "$(get $url/api/domains/broken.test | json 'd["attempts"][0]["facts"]')" "{not json}"
get $url/api/messages/2 | json 'd' >"$T/api"
tlsq_ show --json 2 | json 'd' >"$T/show"
ok "/api/messages/ID is as tlsq show --json has it" cmp "$T/api" "$T/show"
is "octets that are no UTF-8 are replaced" "$(get $url/api/messages/3 | json '"\ufffd" in d["recipients"][2]["reply"]')" True
is "errors are JSON there, whatever was asked" "$(get $url/api/nosuch | json 'd["error"]')" "There is no such page."
is "errors are JSON there" "$(get $url/api/messages/999 | json 'd["error"]')" "there is no such message in the spool"
sql "INSERT INTO message (id, sender, size) VALUES (10, 'a@sender.test', 1);
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450)
	INSERT INTO recipient (message_id, address, domain) SELECT 10, 'r' || i || '@many.test', 'many.test' FROM n;
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450)
	INSERT INTO domain_status (domain) SELECT 'd' || i || '.many.test' FROM n"
cat >"$T/pages.py" <<'P'
import json, sys, urllib.request
url, path, key, name = sys.argv[1:]
seen, pages = [], 0
while path:
    d = json.load(urllib.request.urlopen(url + path))
    seen += [r[name] for r in d[key]]
    path = d["next"]
    pages += 1
print(pages, len(seen), len(set(seen)))
P
is "the queue in pages" "$(/usr/bin/python3 "$T/pages.py" $url /api/queue recipients recipient)" "3 456 456"
is "domains in pages" "$(/usr/bin/python3 "$T/pages.py" $url /api/domains domains domain)" "3 457 457"
links=0
next=/
while [ -n "$next" ] && [ $links -lt 20 ]; do
	next=$(get "$url$next" | sed -n 's/.*rel="next" href="\.\([^"]*\)".*/\1/p' | sed 's/&amp;/\&/g')
	links=$((links + 1))
done
is "the pages of the queue lead on to the end" "$links" 6

# --- metrics
wait_for 10 metric_is 'tlsq_recipients{state="queued"}' 452
is "counts by state" "$(metric 'tlsq_recipients{state="queued"}') $(metric 'tlsq_recipients{state="deferred"}')" "452 2"
is "domains that fail" "$(metric 'tlsq_failing_domains{error="dane"}')" 1
is "caches" "$(metric 'tlsq_cache_entries{cache="dane"}')" 2
sql "INSERT INTO cache_use VALUES ('dane', 7, 3)"
wait_for 40 metric_is 'tlsq_cache_lookups{cache="dane",result="hit"}' 7
is "and their use" "$(metric 'tlsq_cache_lookups{cache="dane",result="miss"}')" 3
is "what the spool keeps" "$(metric 'tlsq_kept_attempts{outcome="deferred",error="dane"}')" 1
like "the oldest is of yesterday" "$(metric tlsq_oldest_message_age_seconds)" '^936[0-9][0-9]$'
is "counters begin with the program" "$(metric 'tlsq_attempts_total{outcome="delivered",error="none"}')" 0
sql "INSERT INTO session (started_at, tls, dane) VALUES (unixepoch(), 'dane', 'verified');
	INSERT INTO attempt (message_id, recipient_id, domain, started_at, duration_ms, outcome, error, result_type)
	VALUES (1, 1, 'bank.test', unixepoch(), 40, 'delivered', NULL, NULL),
	(1, 1, 'bank.test', unixepoch(), 2600, 'deferred', 'mta-sts', 'sts-webpki-invalid')"
ok "and count what happens" wait_for 10 metric_is 'tlsq_attempts_total{outcome="delivered",error="none"}' 1
is "by result type" "$(metric 'tlsq_results_total{result_type="sts-webpki-invalid"}')" 1
is "by what TLS proved" "$(metric 'tlsq_sessions_total{tls="dane"}') $(metric 'tlsq_session_dane_total{result="verified"}')" "1 1"
is "by time" "$(metric 'tlsq_attempt_duration_seconds_bucket{le="0.05"}') $(metric 'tlsq_attempt_duration_seconds_bucket{le="5.0"}') $(metric tlsq_attempt_duration_seconds_sum)" "1 2 2.64"
sql "DELETE FROM attempt WHERE id > 6"
ok "what retention removes is no longer kept" wait_for 10 metric_is 'tlsq_kept_attempts{outcome="deferred",error="mta-sts"}' 0
is "but was counted" "$(metric 'tlsq_attempts_total{outcome="deferred",error="mta-sts"}')" 1
sql "INSERT INTO attempt (message_id, recipient_id, domain, started_at, outcome) VALUES (1, 1, 'bank.test', unixepoch(), 'delivered')"
ok "ids that are used again are counted" wait_for 10 metric_is 'tlsq_attempts_total{outcome="delivered",error="none"}' 2
get -D "$T/head" $url/metrics >"$T/plain"
is "plain text is the default" "$(field content-type)" "text/plain; version=0.0.4; charset=utf-8"
get -D "$T/head" -H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' $url/metrics >"$T/open"
is "OpenMetrics where it is asked for" "$(field content-type)" "application/openmetrics-text; version=1.0.0; charset=utf-8"
is "it ends as it must" "$(tail -n 1 "$T/open")" "# EOF"
is "each series is there once" "$(grep -v '^#' "$T/plain" | sed 's/ [^ ]*$//' | sort | uniq -d)" ""
is "samples follow their family" "$(awk '/^# TYPE/ { f = $3 } !/^#/ && index($1, f) != 1' "$T/plain" "$T/open")" ""
if command -v promtool >/dev/null; then # package prometheus
	ok "promtool has nothing to say" sh -c "promtool check metrics <'$T/plain'"
fi

# --- HTTP
is "/healthz" "$(get $url/healthz)" ok
get -I $url/ >"$T/head"
like "HEAD" "$(head -n 1 "$T/head")" '^HTTP/1\.1 200'
like "no script, no frame, no foreign content" "$(field content-security-policy)" "^default-src 'none'; style-src 'self'; .*frame-ancestors 'none'$"
is "no guessing of types" "$(field x-content-type-options)" nosniff
is "no copies" "$(field cache-control)" no-store
is "no referrer" "$(field referrer-policy)" no-referrer
for method in POST PUT DELETE OPTIONS PATCH; do
	is "$method is refused" "$(code -X $method -D "$T/head" $url/)" 405
done
is "with what is allowed" "$(field allow)" "GET, HEAD"
is "a body is not waited for" "$(code -X GET -H 'Content-Length: 100000' $url/healthz)" 200
is "a name that is not ours, as in DNS rebinding" "$(code -H 'Host: evil.test:8025' $url/)" 421
head -c 20000 /dev/zero | tr '\0' a >"$T/long"
like "a long target is refused" "$(code "$url/$(head -c 3000 "$T/long")")" '^4..$'
like "as are long fields" "$(code -H "X: $(cat "$T/long")" $url/)" '^4..$'
is "all of this read and did not write" "$(sql 'SELECT count(*) FROM message')" 6
cat >"$T/slow.py" <<'P'
import socket, time
socks = []
for i in range(100):
    s = socket.create_connection(("127.0.0.1", 8025), timeout=5)
    s.setblocking(False)
    socks.append(s)
    s.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
end = time.time() + 60
while time.time() < end:	# an octet now and then: never silent for long
    alive = 0
    for s in socks:
        try:
            s.send(b"X")
            alive += s.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            alive += 1
        except OSError:
            pass
    print(alive, flush=True)
    time.sleep(1)
P
descriptors() { find "/proc/$web_pid/fd" -type l | wc -l; }
few() { [ "$(descriptors)" -lt 30 ]; }
start /usr/bin/python3 "$T/slow.py" >"$T/slow" 2>&1
slow_pid=$started
wait_for 10 test -s "$T/slow"
like "connections have their limit" "$(descriptors)" '^[5-8][0-9]$'
is "clients that send slowly are ended" "$(wait_for 30 grep -Eqx '[1-3]?[0-9]' "$T/slow" && echo yes)" yes
stop "$slow_pid" 2>/dev/null
ok "others are served again" wait_for 5 ready
# those taken from the backlog meanwhile have ten seconds of silence
ok "and descriptors are given back" wait_for 30 few

# --- a database that is not there
mv "$T/spool" "$T/spool.away"
is "no database: 503" "$(code $url/healthz) $(code $url/api/queue) $(code $url/) $(code -D "$T/head" $url/api/domains)" "503 503 503 503"
like "come again" "$(field retry-after)" '^[0-9]+$'
ok "old numbers are not shown" wait_for 10 not_ready
is "the style is there all the same" "$(code $url/style.css)" 200
mv "$T/spool.away" "$T/spool"
ok "it is found again by itself" wait_for 10 ready
is "and served" "$(code $url/healthz)" 200

# --- the end, and a Unix socket
stop "$web_pid"
is "it ends when told" "$?" 0
answers() { [ "$(code --unix-socket "$T/http" http://localhost/healthz)" = 200 ]; }
serve "unix:$T/http"
wait_for 10 answers
is "a Unix socket, for the group" "$(stat -c %a "$T/http")" 660
is "it serves whatever name a proxy was asked for" "$(code --unix-socket "$T/http" http://mail.example.org/healthz)" 200
kill -9 "$web_pid"
wait "$web_pid" 2>/dev/null
serve "unix:$T/http"
ok "what a crash left is replaced" wait_for 10 answers
stop "$web_pid"
is "it ends" "$?" 0
ok "and leaves no socket" test ! -e "$T/http"
# --- the alerts of the manual, over a runner that ends in order, is killed, or hangs
cat >"$T/alerts.py" <<'P'
import re, sys, time
rules, metrics = [open(f, encoding="utf-8").read() for f in sys.argv[1:]]
rules = re.search(r"worth an alert:\n\.Bd.*?\n(.*?)\.Ed", rules, re.S)[1].split("\n")[:-1]
samples = re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", metrics, re.M)
def value(m):
    name, label, pattern = m[1], m[2], m[3]
    found = [float(v) for n, labels, v in samples if n == name and
        (not label or re.search(f'{label}="(?:{pattern})"', labels))]
    return str(sum(found)) if found or label else "None"
for number, rule in enumerate(rules, 1):
    rule = re.sub(r'(?:sum\()?\b(tlsq_\w+)(?:\{(\w+)=~"(.*?)"\}\))?', value, rule)
    if "None" in rule or eval(rule.replace("time()", str(time.time()))):
        print(number, end="")
print()
P
alerts() { # the numbers of the rules that fire, and of those whose metric is missing
	get $url/metrics >"$T/metrics"
	/usr/bin/python3 "$T/alerts.py" "$top_srcdir/doc/tlsq-http.7" "$T/metrics"
}
alerts_are() { [ "$(alerts)" = "$1" ]; }
first_db=$DB
DB=$T/spool/alerts.db
ok "a spool without mail" tlsq_ load /dev/null
serve 127.0.0.1:8025
wait_for 10 ready
ok "no runner was ever there: both alerts fire" alerts_are 34
daemon_start
ok "a runner is there: none fires" wait_for 10 alerts_are ""
is "it is counted" "$(metric tlsq_runners)" 1
seen=$(metric tlsq_runner_seen_timestamp_seconds)
stop $daemon_pid
ok "it has ended in order: no runner" wait_for 10 alerts_are 3
is "when it was seen is still known" "$(metric tlsq_runner_seen_timestamp_seconds)" "$seen"
daemon_start
ok "another one is there: none fires" wait_for 10 alerts_are ""
kill -9 $daemon_pid
wait $daemon_pid 2>/dev/null
is "its row is left" "$(sql 'SELECT count(*) FROM runner')" 1
ok "it was killed: no runner" wait_for 10 alerts_are 3
daemon_start
ok "the next one counts alone" wait_for 10 metric_is tlsq_runners 1
sql 'UPDATE runner SET seen_at = seen_at - 1000'
ok "one that hangs is seen to" wait_for 10 alerts_are 4
stop $daemon_pid
ok "and the time goes on counting when it has ended" wait_for 10 alerts_are 34
sql "INSERT INTO domain_status (domain, last_attempt_at, failing_since, last_error) VALUES
	('new.test', unixepoch() - 60, unixepoch() - 90000, 'dane'), ('old.test', unixepoch() - 90000, unixepoch() - 90000, 'dane')"
ok "a domain that fails now fires" wait_for 10 alerts_are 234
sql "UPDATE domain_status SET last_attempt_at = unixepoch() - 90000"
ok "one that nothing was tried for in a day, and nothing waits for, does not" wait_for 10 alerts_are 34
stop "$web_pid"

# --- the queries of the documents, over a spool with something of everything
DB=$T/spool/documents.db
printf '[queue.tls.secure]\nstarttls = "require"\n' >"$T/secure.toml"
ok "a strategy to pin" tlsq_ load "$T/secure.toml"
sql <"$here/spool.sql"
mkdir "$T/shown"
"$here/queries.py" "$DB" "$T/shown" "$top_srcdir"/doc/*.md "$top_srcdir"/doc/*.[578] >"$T/queries" 2>&1
is "every query that the documents show can be run" "$(grep -v '^[0-9]* commands$' "$T/queries")" ""
like "and they were found" "$(cat "$T/queries")" '^1[0-9] commands$'
finished() { # comparison: how many of the last hour, with one finished 40 minutes ago
	sql "SELECT count(*) FROM history WHERE recipient = 'just@now.test' AND finished > strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '$1')"
}
sql "INSERT INTO message (id, sender, size, finished_at) VALUES (50, '', 1, unixepoch() - 2400);
	INSERT INTO recipient (message_id, address, domain, state, finished_at)
	VALUES (50, 'just@now.test', 'now.test', 'failed', unixepoch() - 2400)"
is "the comparison of times is right on both sides" "$(finished '-1 hour') $(finished '-30 minutes')" "1 0"
DB=$first_db

# by hand, not by a server
sql "DELETE FROM recipient WHERE state = 'delivered'"
finish
