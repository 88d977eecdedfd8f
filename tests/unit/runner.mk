# Unit tests of runner.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/decision_test tests/unit/runner_test
TESTS += tests/unit/decision_test tests/unit/runner_test
tests_unit_decision_test_SOURCES = tests/unit/decision_test.c
tests_unit_decision_test_LDADD = $(unit_ldadd)
tests_unit_runner_test_SOURCES = tests/unit/runner_test.c
tests_unit_runner_test_LDADD = $(unit_ldadd)
endif
