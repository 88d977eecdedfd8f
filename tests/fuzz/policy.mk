# Fuzz targets of policy.
check_PROGRAMS += tests/fuzz/fuzz_sts
fuzz_tests += tests/fuzz/fuzz_sts
tests_fuzz_fuzz_sts_SOURCES = tests/fuzz/fuzz_sts.c $(fuzz_main)
tests_fuzz_fuzz_sts_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_sts_LDFLAGS = $(fuzz_ldflags)
