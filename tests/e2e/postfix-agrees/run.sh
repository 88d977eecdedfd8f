#!/bin/sh
# With the same zones and servers, Postfix reaches the same verdict on every set of TLSA records.
. "${0%/*}/../lib.sh"
. "$E2E/postfix.sh"
. "$E2E/validating-resolver.sh"
FINGER=$POSTFIX_ROOT/usr/sbin/posttls-finger
[ -x "$FINGER" ] || skip_all "Postfix is not unpacked in $POSTFIX_ROOT (./bootstrap does it)"
. "$E2E/dane/zones.sh"

resolver_start
config <<X
dns.timeout = "2s"
X
mkdir "$T/pf"
cat >"$T/pf/main.cf" <<X
compatibility_level = 3.7
myhostname = runner.test
mail_owner = daemon
setgid_group = lp
default_privs = nobody
shlib_directory = $POSTFIX_LIB
meta_directory = $T/pf
queue_directory = $T/pf
X
LD_LIBRARY_PATH=$POSTFIX_LIB MAIL_CONFIG=$T/pf
export MAIL_CONFIG

# What Postfix finds.  dane-only, where it says so if a host has no DANE.
finger() { # domain
	env LD_LIBRARY_PATH="$POSTFIX_LIB" timeout 30 "$FINGER" -c -l dane-only -L summary,certmatch,verbose \
		-F "$T/certs/ca.pem" "$1.test" >"$T/finger" 2>&1
	if grep -q 'TLSA lookup error' "$T/finger"; then
		echo lookup-failed
	elif grep -q 'Matched DANE' "$T/finger" && grep -q 'Verified TLS connection' "$T/finger"; then
		echo dane
	elif grep -q 'resorting to "secure"\|all TLSA records unusable' "$T/finger"; then
		echo no-dane
	elif grep -q 'TLS connection established' "$T/finger"; then
		echo mismatch
	else
		tail -n 1 "$T/finger"
	fi
}

ours() { # domain: what we find
	tlsq_ explain --json --connect "$1.test" >"$T/explained"
	python3 -c 'import json, sys
e = json.load(open(sys.argv[1]))
for h in e["hosts"]:
    a = h["addresses"][0]
    s = a.get("session", {})
    if a["refused"]:
        v = "lookup-failed" if a["result_type"] == "dnssec-invalid" else a["result_type"]
    elif s.get("result_type") == "starttls-not-supported":
        v = "no-starttls"
    elif a["level"] == "dane":
        v = "dane" if s["tls"] == "dane" else "mismatch"
    else:
        v = "no-dane"
    print(v)
    break
else:
    print(e["why"])' "$T/explained"
}

unset LD_LIBRARY_PATH
for d in $good $bad $lost $none unusable unusablebad; do
	finds=$(finger $d)
	is "$d: both say the same" "$(ours $d)" "$finds"
done
finish
