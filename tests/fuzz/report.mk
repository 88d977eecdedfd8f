# Fuzz targets of report.
check_PROGRAMS += tests/fuzz/fuzz_dsn
fuzz_tests += tests/fuzz/fuzz_dsn
tests_fuzz_fuzz_dsn_SOURCES = tests/fuzz/fuzz_dsn.c $(fuzz_main)
tests_fuzz_fuzz_dsn_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_dsn_LDFLAGS = $(fuzz_ldflags)
