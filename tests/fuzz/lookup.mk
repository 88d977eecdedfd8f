# Fuzz targets of lookup.
check_PROGRAMS += tests/fuzz/fuzz_rdata tests/fuzz/fuzz_packet tests/fuzz/fuzz_records
fuzz_tests += tests/fuzz/fuzz_rdata tests/fuzz/fuzz_packet tests/fuzz/fuzz_records
tests_fuzz_fuzz_rdata_SOURCES = tests/fuzz/fuzz_rdata.c $(fuzz_main)
tests_fuzz_fuzz_rdata_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_rdata_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_packet_SOURCES = tests/fuzz/fuzz_packet.c $(fuzz_main)
tests_fuzz_fuzz_packet_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_packet_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_records_SOURCES = tests/fuzz/fuzz_records.c $(fuzz_main)
tests_fuzz_fuzz_records_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_records_LDFLAGS = $(fuzz_ldflags)
