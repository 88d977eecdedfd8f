# Unit tests of policy.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/policy_test tests/unit/decide_test \
	tests/unit/tlsa_test
TESTS += tests/unit/policy_test tests/unit/decide_test tests/unit/tlsa_test
tests_unit_decide_test_SOURCES = tests/unit/decide_test.c
tests_unit_decide_test_LDADD = $(unit_ldadd)
tests_unit_policy_test_SOURCES = tests/unit/policy_test.c
tests_unit_policy_test_LDADD = $(unit_ldadd)
tests_unit_tlsa_test_SOURCES = tests/unit/tlsa_test.c
tests_unit_tlsa_test_LDADD = $(unit_ldadd)
endif
