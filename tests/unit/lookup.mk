# Unit tests of lookup.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/lookup_test tests/unit/resolver_test
TESTS += tests/unit/lookup_test tests/unit/resolver_test
tests_unit_lookup_test_SOURCES = tests/unit/lookup_test.c
tests_unit_lookup_test_LDADD = $(unit_ldadd)
tests_unit_resolver_test_SOURCES = tests/unit/resolver_test.c
tests_unit_resolver_test_LDADD = $(unit_ldadd)
endif
