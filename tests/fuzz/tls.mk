# Fuzz targets of tls.
check_PROGRAMS += tests/fuzz/fuzz_cert
fuzz_tests += tests/fuzz/fuzz_cert
tests_fuzz_fuzz_cert_SOURCES = tests/fuzz/fuzz_cert.c $(fuzz_main)
tests_fuzz_fuzz_cert_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_cert_LDFLAGS = $(fuzz_ldflags)
