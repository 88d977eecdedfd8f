# Fuzz targets of lookup.
check_PROGRAMS += tests/fuzz/fuzz_rdata
fuzz_tests += tests/fuzz/fuzz_rdata
tests_fuzz_fuzz_rdata_SOURCES = tests/fuzz/fuzz_rdata.c $(fuzz_main)
tests_fuzz_fuzz_rdata_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_rdata_LDFLAGS = $(fuzz_ldflags)
