# Unit tests of report.
if HAVE_CMOCKA
report_tests = tests/unit/report/report_test tests/unit/report/txt_test
check_PROGRAMS += $(report_tests)
TESTS += $(report_tests)
tests_unit_report_report_test_SOURCES = tests/unit/report/report_test.c
tests_unit_report_report_test_LDADD = $(spool_test_ldadd)
tests_unit_report_txt_test_SOURCES = tests/unit/report/txt_test.c
tests_unit_report_txt_test_LDADD = $(unit_ldadd)
endif
