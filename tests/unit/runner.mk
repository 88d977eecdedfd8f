# Unit tests of runner.
if HAVE_CMOCKA
runner_tests = tests/unit/decision_test tests/unit/resume_test \
	tests/unit/runner_test \
	tests/unit/writer_test
check_PROGRAMS += $(runner_tests)
TESTS += $(runner_tests)
tests_unit_decision_test_SOURCES = tests/unit/decision_test.c
tests_unit_decision_test_LDADD = $(unit_ldadd)
tests_unit_resume_test_SOURCES = tests/unit/resume_test.c
tests_unit_resume_test_LDADD = $(unit_ldadd)
tests_unit_runner_test_SOURCES = tests/unit/runner_test.c
tests_unit_runner_test_LDADD = $(unit_ldadd)
tests_unit_writer_test_SOURCES = tests/unit/writer_test.c
tests_unit_writer_test_LDADD = $(spool_test_ldadd)
endif
