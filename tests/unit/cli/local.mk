# Unit tests of cli.
if HAVE_CMOCKA
cli_tests = tests/unit/cli/admin_test tests/unit/cli/submit_test
check_PROGRAMS += $(cli_tests)
TESTS += $(cli_tests)
tests_unit_cli_admin_test_SOURCES = tests/unit/cli/admin_test.c
tests_unit_cli_admin_test_LDADD = $(unit_ldadd)
tests_unit_cli_submit_test_SOURCES = tests/unit/cli/submit_test.c
tests_unit_cli_submit_test_LDADD = $(unit_ldadd)
endif
