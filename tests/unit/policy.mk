# Unit tests of policy.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/policy_test
TESTS += tests/unit/policy_test
tests_unit_policy_test_SOURCES = tests/unit/policy_test.c
tests_unit_policy_test_LDADD = $(unit_ldadd)
endif
