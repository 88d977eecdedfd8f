# Unit tests of delivery.
if HAVE_CMOCKA
delivery_tests = tests/unit/delivery/tls_cache_test tests/unit/delivery/delivery_test
check_PROGRAMS += $(delivery_tests)
TESTS += $(delivery_tests)
tests_unit_delivery_tls_cache_test_SOURCES = tests/unit/delivery/tls_cache_test.c
tests_unit_delivery_tls_cache_test_LDADD = $(unit_ldadd)
tests_unit_delivery_delivery_test_SOURCES = tests/unit/delivery/delivery_test.c
tests_unit_delivery_delivery_test_LDADD = $(unit_ldadd)
endif
