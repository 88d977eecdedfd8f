# Fuzz targets: each defines LLVMFuzzerTestOneInput.  With --enable-fuzzing (and
# CC=clang) libFuzzer drives them, by `make fuzz`; else a small main runs them
# over the corpus in tests/fuzz/corpus/<target>/, as a test.
fuzz_tests =
FUZZ_SECONDS = 20
FUZZ_JOBS = 1
if FUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_main =
else
fuzz_ldflags = $(AM_LDFLAGS)
fuzz_main = tests/fuzz/corpus_main.c
endif
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/run.sh

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
fuzz: $(fuzz_tests)
	@printf '%s\n' $(fuzz_tests) | top_srcdir=$(srcdir) xargs -P $(FUZZ_JOBS) -n 1 \
		sh $(srcdir)/tests/fuzz/run.sh $(FUZZ_SECONDS)
else
TESTS += $(fuzz_tests)
fuzz:
	@echo 'configure with CC=clang --enable-fuzzing --enable-sanitizers'; exit 1
endif
.PHONY: fuzz
