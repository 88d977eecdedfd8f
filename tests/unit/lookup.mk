# Unit tests of lookup.
if HAVE_CMOCKA
lookup_tests = tests/unit/lookup_test tests/unit/lookup_sts_test \
	tests/unit/lookup_tlsa_test tests/unit/lookup_packet_test \
	tests/unit/resolver_test
check_PROGRAMS += $(lookup_tests)
TESTS += $(lookup_tests)
tests_unit_lookup_test_SOURCES = tests/unit/lookup_test.c
tests_unit_lookup_test_LDADD = $(unit_ldadd)
tests_unit_lookup_sts_test_SOURCES = tests/unit/lookup_sts_test.c
tests_unit_lookup_sts_test_LDADD = $(unit_ldadd)
tests_unit_lookup_tlsa_test_SOURCES = tests/unit/lookup_tlsa_test.c
tests_unit_lookup_tlsa_test_LDADD = $(unit_ldadd)
tests_unit_lookup_packet_test_SOURCES = tests/unit/lookup_packet_test.c
tests_unit_lookup_packet_test_LDADD = $(unit_ldadd)
tests_unit_resolver_test_SOURCES = tests/unit/resolver_test.c
tests_unit_resolver_test_LDADD = $(unit_ldadd)
endif

# asks for tests/e2e/mta-sts-lookup
check_PROGRAMS += tests/unit/sts_probe
tests_unit_sts_probe_SOURCES = tests/unit/sts_probe.c
tests_unit_sts_probe_LDADD = $(TLSQ_LIBS)

# asks for tests/e2e/dns-burst
check_PROGRAMS += tests/unit/dns_probe
tests_unit_dns_probe_SOURCES = tests/unit/dns_probe.c
tests_unit_dns_probe_LDADD = $(TLSQ_LIBS)
