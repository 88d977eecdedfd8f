# Fuzz targets of tls.
check_PROGRAMS += tests/fuzz/fuzz_cert tests/fuzz/fuzz_certdiff
fuzz_tests += tests/fuzz/fuzz_cert tests/fuzz/fuzz_certdiff
tests_fuzz_fuzz_cert_SOURCES = tests/fuzz/fuzz_cert.c $(fuzz_main)
tests_fuzz_fuzz_cert_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_cert_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_certdiff_SOURCES = tests/fuzz/fuzz_certdiff.c $(fuzz_main)
tests_fuzz_fuzz_certdiff_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_certdiff_LDFLAGS = $(fuzz_ldflags)
