# Unit tests of report.
EXTRA_DIST += tests/unit/dsn_parse.py
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/dsn_test
TESTS += tests/unit/dsn_test
tests_unit_dsn_test_SOURCES = tests/unit/dsn_test.c
tests_unit_dsn_test_LDADD = $(unit_ldadd)
endif
