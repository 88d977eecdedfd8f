# Unit tests of cli.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/cli_submit_test
TESTS += tests/unit/cli_submit_test
tests_unit_cli_submit_test_SOURCES = tests/unit/cli_submit_test.c
tests_unit_cli_submit_test_LDADD = $(unit_ldadd)
endif
