# Unit tests of milter.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/milter/milter_test tests/unit/milter/session_test
TESTS += tests/unit/milter/milter_test tests/unit/milter/session_test
tests_unit_milter_milter_test_SOURCES = tests/unit/milter/milter_test.c
tests_unit_milter_milter_test_LDADD = $(unit_ldadd)
tests_unit_milter_session_test_SOURCES = tests/unit/milter/session_test.c
tests_unit_milter_session_test_LDADD = $(spool_test_ldadd)
endif
