# Unit tests of conf.
if HAVE_CMOCKA
conf_tests = tests/unit/conf/check_test \
	tests/unit/conf/conf_test
check_PROGRAMS += $(conf_tests)
TESTS += $(conf_tests)
tests_unit_conf_check_test_SOURCES = tests/unit/conf/check_test.c
tests_unit_conf_check_test_LDADD = $(unit_ldadd)
tests_unit_conf_conf_test_SOURCES = tests/unit/conf/conf_test.c
tests_unit_conf_conf_test_LDADD = $(unit_ldadd)
endif
