# Unit tests of base.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/base/base_test tests/unit/base/notify_test \
	tests/unit/base/user_test
TESTS += tests/unit/base/base_test tests/unit/base/notify_test tests/unit/base/user_test
tests_unit_base_base_test_SOURCES = tests/unit/base/base_test.c
tests_unit_base_base_test_LDADD = $(unit_ldadd)
tests_unit_base_notify_test_SOURCES = tests/unit/base/notify_test.c
tests_unit_base_notify_test_LDADD = $(unit_ldadd)
tests_unit_base_user_test_SOURCES = tests/unit/base/user_test.c
tests_unit_base_user_test_LDADD = $(unit_ldadd)
endif
