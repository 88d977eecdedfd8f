# Unit tests of net.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/net/net_test
TESTS += tests/unit/net/net_test
tests_unit_net_net_test_SOURCES = tests/unit/net/net_test.c
tests_unit_net_net_test_LDADD = $(unit_ldadd)
endif
