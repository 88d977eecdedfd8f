# Unit tests of policy.
if HAVE_CMOCKA
policy_tests = tests/unit/policy_test tests/unit/decide_test \
	tests/unit/sts_test tests/unit/tlsa_test
check_PROGRAMS += $(policy_tests)
TESTS += $(policy_tests)
tests_unit_decide_test_SOURCES = tests/unit/decide_test.c
tests_unit_decide_test_LDADD = $(unit_ldadd)
tests_unit_policy_test_SOURCES = tests/unit/policy_test.c
tests_unit_policy_test_LDADD = $(unit_ldadd)
tests_unit_sts_test_SOURCES = tests/unit/sts_test.c
tests_unit_sts_test_LDADD = $(unit_ldadd)
tests_unit_tlsa_test_SOURCES = tests/unit/tlsa_test.c
tests_unit_tlsa_test_LDADD = $(unit_ldadd)
endif
