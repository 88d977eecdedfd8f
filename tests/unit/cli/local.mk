# Unit tests of cli.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/cli/options_test
TESTS += tests/unit/cli/options_test
tests_unit_cli_options_test_SOURCES = tests/unit/cli/options_test.c
tests_unit_cli_options_test_LDADD = $(unit_ldadd)
endif
