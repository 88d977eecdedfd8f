# Unit tests of lookup.
if HAVE_CMOCKA
lookup_tests = tests/unit/lookup/lookup_test tests/unit/lookup/sts_test \
	tests/unit/lookup/tlsa_test tests/unit/lookup/packet_test \
	tests/unit/lookup/resolver_test
check_PROGRAMS += $(lookup_tests)
TESTS += $(lookup_tests)
tests_unit_lookup_lookup_test_SOURCES = tests/unit/lookup/lookup_test.c
tests_unit_lookup_lookup_test_LDADD = $(unit_ldadd)
tests_unit_lookup_sts_test_SOURCES = tests/unit/lookup/sts_test.c
tests_unit_lookup_sts_test_LDADD = $(unit_ldadd)
tests_unit_lookup_tlsa_test_SOURCES = tests/unit/lookup/tlsa_test.c
tests_unit_lookup_tlsa_test_LDADD = $(unit_ldadd)
tests_unit_lookup_packet_test_SOURCES = tests/unit/lookup/packet_test.c
tests_unit_lookup_packet_test_LDADD = $(unit_ldadd)
tests_unit_lookup_resolver_test_SOURCES = tests/unit/lookup/resolver_test.c
tests_unit_lookup_resolver_test_LDADD = $(unit_ldadd)
endif

# asks for tests/e2e/mta-sts-lookup
check_PROGRAMS += tests/unit/lookup/sts_probe
tests_unit_lookup_sts_probe_SOURCES = tests/unit/lookup/sts_probe.c
tests_unit_lookup_sts_probe_LDADD = $(TLSQ_LIBS)

# asks for tests/e2e/dns-burst
check_PROGRAMS += tests/unit/lookup/dns_probe
tests_unit_lookup_dns_probe_SOURCES = tests/unit/lookup/dns_probe.c
tests_unit_lookup_dns_probe_LDADD = $(TLSQ_LIBS)
