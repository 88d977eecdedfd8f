# Fuzz targets of dsn and report.
check_PROGRAMS += tests/fuzz/fuzz_dsn
fuzz_tests += tests/fuzz/fuzz_dsn
tests_fuzz_fuzz_dsn_SOURCES = tests/fuzz/fuzz_dsn.c $(fuzz_main)
tests_fuzz_fuzz_dsn_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_dsn_LDFLAGS = $(fuzz_ldflags)

check_PROGRAMS += tests/fuzz/fuzz_report
fuzz_tests += tests/fuzz/fuzz_report
tests_fuzz_fuzz_report_SOURCES = tests/fuzz/fuzz_report.c $(fuzz_main)
tests_fuzz_fuzz_report_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_report_LDFLAGS = $(fuzz_ldflags)
