# Unit tests of policy.
if HAVE_CMOCKA
policy_tests = tests/unit/policy/policy_test tests/unit/policy/decide_test \
	tests/unit/policy/forecast_test tests/unit/policy/sts_test \
	tests/unit/policy/tlsa_test
check_PROGRAMS += $(policy_tests)
TESTS += $(policy_tests)
tests_unit_policy_decide_test_SOURCES = tests/unit/policy/decide_test.c
tests_unit_policy_decide_test_LDADD = $(unit_ldadd)
tests_unit_policy_forecast_test_SOURCES = tests/unit/policy/forecast_test.c
tests_unit_policy_forecast_test_LDADD = $(unit_ldadd)
tests_unit_policy_policy_test_SOURCES = tests/unit/policy/policy_test.c
tests_unit_policy_policy_test_LDADD = $(unit_ldadd)
tests_unit_policy_sts_test_SOURCES = tests/unit/policy/sts_test.c
tests_unit_policy_sts_test_LDADD = $(unit_ldadd)
tests_unit_policy_tlsa_test_SOURCES = tests/unit/policy/tlsa_test.c
tests_unit_policy_tlsa_test_LDADD = $(unit_ldadd)
endif
