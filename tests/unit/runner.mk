# Unit tests of runner.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/runner_test
TESTS += tests/unit/runner_test
tests_unit_runner_test_SOURCES = tests/unit/runner_test.c
tests_unit_runner_test_LDADD = $(unit_ldadd)
endif
