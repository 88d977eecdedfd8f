#!/bin/sh
# systemd accepts the installed units, and rates them as well confined.
# Needs an installation (TLSQ_PREFIX) and systemd-analyze, not a running systemd.
n=0
result() { # passed? description
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	return 1
}

units=$TLSQ_PREFIX/lib/systemd/system
[ -n "$TLSQ_PREFIX" ] || { echo "1..0 # SKIP nothing is installed"; exit 0; }
command -v systemd-analyze >/dev/null || { echo "1..0 # SKIP no systemd-analyze"; exit 0; }
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for unit in "$units"/tlsq-*; do
	# It also tells of units of the machine; only ours count.
	systemd-analyze verify --man=no "$unit" >"$out" 2>&1
	! grep -q tlsq "$out"
	result $? "systemd understands ${unit##*/}" || grep tlsq "$out" | sed 's/^/# /'
done
for unit in "$units"/tlsq-*.service; do
	# 0 is most confined, 10 least; of Debian's own services few are below 5.
	systemd-analyze security --offline=yes --threshold=15 --no-pager "$unit" >"$out" 2>&1
	result $? "${unit##*/} is confined: exposure at most 1.5" ||
		grep -vF '✓' "$out" | sed 's/^/# /'
done
echo "1..$n"
