# Fuzz targets: each defines LLVMFuzzerTestOneInput.  With --enable-fuzzing (and
# CC=clang) libFuzzer drives them, by `make fuzz`; else a small main runs them
# over the corpus in tests/fuzz/corpus/<target>/, as a test.
fuzz_tests =
FUZZ_SECONDS = 20
if FUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_main =
else
fuzz_ldflags = $(AM_LDFLAGS)
fuzz_main = tests/fuzz/corpus_main.c
endif
EXTRA_DIST += tests/fuzz/corpus

include tests/fuzz/conf.mk
include tests/fuzz/mail.mk
include tests/fuzz/policy.mk
include tests/fuzz/tls.mk
include tests/fuzz/strategy.mk
include tests/fuzz/spool.mk
include tests/fuzz/smtp.mk
include tests/fuzz/lookup.mk
include tests/fuzz/report.mk
include tests/fuzz/web.mk

if FUZZING
# What it learns stays in fuzzing/<target>/; an input that it finds fault with is
# fuzzing/<target>-crash-*, and belongs into the corpus with the fix.
fuzz: $(fuzz_tests)
	@for t in $(fuzz_tests); do \
		n=$${t##*/fuzz_}; echo "  FUZZ     $$n"; $(MKDIR_P) fuzzing/$$n; \
		$$t -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
			-artifact_prefix=fuzzing/$$n- fuzzing/$$n \
			$(srcdir)/tests/fuzz/corpus/$$n >fuzzing/$$n.log 2>&1 || \
		{ tail -n 40 fuzzing/$$n.log; exit 1; }; \
	done
else
TESTS += $(fuzz_tests)
fuzz:
	@echo 'configure with CC=clang --enable-fuzzing --enable-sanitizers'; exit 1
endif
.PHONY: fuzz
