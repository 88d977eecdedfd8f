# Unit tests of base.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/base_test tests/unit/notify_test \
	tests/unit/user_test
TESTS += tests/unit/base_test tests/unit/notify_test tests/unit/user_test
tests_unit_base_test_SOURCES = tests/unit/base_test.c
tests_unit_base_test_LDADD = $(unit_ldadd)
tests_unit_notify_test_SOURCES = tests/unit/notify_test.c
tests_unit_notify_test_LDADD = $(unit_ldadd)
tests_unit_user_test_SOURCES = tests/unit/user_test.c
tests_unit_user_test_LDADD = $(unit_ldadd)
endif
