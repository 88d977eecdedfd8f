# Unit tests of dsn.
EXTRA_DIST += tests/unit/dsn/parse.py
if HAVE_CMOCKA
dsn_tests = tests/unit/dsn/dsn_test
check_PROGRAMS += $(dsn_tests)
TESTS += $(dsn_tests)
tests_unit_dsn_dsn_test_SOURCES = tests/unit/dsn/dsn_test.c
tests_unit_dsn_dsn_test_LDADD = $(unit_ldadd)
endif
