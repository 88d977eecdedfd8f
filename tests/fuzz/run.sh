#!/bin/sh
# One fuzz target under libFuzzer for some seconds; make fuzz calls it in the build directory for each.
# What it learns stays in fuzzing/<target>/, its output in fuzzing/<target>.log, and an input that it finds fault with
# in fuzzing/<target>-crash-* (or -timeout-, -oom-, -leak-): that belongs into the corpus with the fix.
# Usage: run.sh SECONDS PROGRAM

name=${2##*/fuzz_}
log=fuzzing/$name.log
mkdir -p "fuzzing/$name"
rm -f "fuzzing/$name.trs" "fuzzing/$name.fail"
if "$2" -max_total_time="$1" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="fuzzing/$name-" "fuzzing/$name" \
	"${top_srcdir:-.}/tests/fuzz/corpus/$name" >"$log" 2>&1; then
	echo "PASS: fuzz $name: $(sed -n 's/^Done \([0-9]* runs\) in.*/\1/p' "$log")"
	echo ":test-result: PASS fuzz $name" >"fuzzing/$name.trs"
	exit 0
fi
{
	echo "FAIL: fuzz $name"
	tail -n 60 "$log"
	sed -n 's/^.*Test unit written to //p' "$log" | while read -r input; do
		echo "--- $input"
		od -A d -t x1z "$input" | head -n 200
	done
} >"fuzzing/$name.fail"
cat "fuzzing/$name.fail"
echo ":test-result: FAIL fuzz $name" >"fuzzing/$name.trs"
exit 1
