# Unit tests of spool.
EXTRA_DIST += tests/unit/schema_v1.sql
if HAVE_CMOCKA
spool_tests = \
	tests/unit/spool_admin_test \
	tests/unit/spool_checkpoint_test \
	tests/unit/spool_fault_test \
	tests/unit/spool_insert_test \
	tests/unit/spool_open_test \
	tests/unit/spool_owed_test \
	tests/unit/spool_queue_test \
	tests/unit/spool_schema_test \
	tests/unit/spool_stress_test \
	tests/unit/spool_wait_test
check_PROGRAMS += $(spool_tests)
TESTS += $(spool_tests)
check_LIBRARIES += tests/unit/libspooltesting.a
tests_unit_libspooltesting_a_SOURCES = tests/unit/spool_testing.c \
	tests/unit/spool_testing.h
spool_test_ldadd = tests/unit/libspooltesting.a $(unit_ldadd)
tests_unit_spool_admin_test_SOURCES = tests/unit/spool_admin_test.c
tests_unit_spool_admin_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_checkpoint_test_SOURCES = tests/unit/spool_checkpoint_test.c
tests_unit_spool_checkpoint_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_fault_test_SOURCES = tests/unit/spool_fault_test.c \
	tests/unit/vfs_shim.c tests/unit/vfs_shim.h
tests_unit_spool_fault_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_insert_test_SOURCES = tests/unit/spool_insert_test.c
tests_unit_spool_insert_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_open_test_SOURCES = tests/unit/spool_open_test.c
tests_unit_spool_open_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_owed_test_SOURCES = tests/unit/spool_owed_test.c
tests_unit_spool_owed_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_queue_test_SOURCES = tests/unit/spool_queue_test.c
tests_unit_spool_queue_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_schema_test_SOURCES = tests/unit/spool_schema_test.c
tests_unit_spool_schema_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_stress_test_SOURCES = tests/unit/spool_stress_test.c
tests_unit_spool_stress_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_wait_test_SOURCES = tests/unit/spool_wait_test.c
tests_unit_spool_wait_test_LDADD = $(spool_test_ldadd)
endif
