# Fuzz targets: each defines LLVMFuzzerTestOneInput.  With --enable-fuzzing (and
# CC=clang) libFuzzer drives them; else a small main runs them over the corpus
# in tests/fuzz/corpus/<target>/, as a test.
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
