# Unit tests of spool.
EXTRA_DIST += tests/unit/spool/schema_v1.sql
if HAVE_CMOCKA
spool_tests = \
	tests/unit/spool/admin_test \
	tests/unit/spool/checkpoint_test \
	tests/unit/spool/fault_test \
	tests/unit/spool/insert_test \
	tests/unit/spool/open_test \
	tests/unit/spool/owed_test \
	tests/unit/spool/queue_test \
	tests/unit/spool/schema_test \
	tests/unit/spool/stress_test \
	tests/unit/spool/wait_test
check_PROGRAMS += $(spool_tests)
TESTS += $(spool_tests)
check_LIBRARIES += tests/unit/libspooltesting.a
tests_unit_libspooltesting_a_SOURCES = tests/unit/spool/testing.c \
	tests/unit/spool/testing.h
spool_test_ldadd = tests/unit/libspooltesting.a $(unit_ldadd)
tests_unit_spool_admin_test_SOURCES = tests/unit/spool/admin_test.c
tests_unit_spool_admin_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_checkpoint_test_SOURCES = tests/unit/spool/checkpoint_test.c
tests_unit_spool_checkpoint_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_fault_test_SOURCES = tests/unit/spool/fault_test.c \
	tests/unit/spool/vfs_shim.c tests/unit/spool/vfs_shim.h
tests_unit_spool_fault_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_insert_test_SOURCES = tests/unit/spool/insert_test.c
tests_unit_spool_insert_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_open_test_SOURCES = tests/unit/spool/open_test.c
tests_unit_spool_open_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_owed_test_SOURCES = tests/unit/spool/owed_test.c
tests_unit_spool_owed_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_queue_test_SOURCES = tests/unit/spool/queue_test.c
tests_unit_spool_queue_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_schema_test_SOURCES = tests/unit/spool/schema_test.c
tests_unit_spool_schema_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_stress_test_SOURCES = tests/unit/spool/stress_test.c
tests_unit_spool_stress_test_LDADD = $(spool_test_ldadd)
tests_unit_spool_wait_test_SOURCES = tests/unit/spool/wait_test.c
tests_unit_spool_wait_test_LDADD = $(spool_test_ldadd)
check_PROGRAMS += tests/unit/spool/writer_test
TESTS += tests/unit/spool/writer_test
tests_unit_spool_writer_test_SOURCES = tests/unit/spool/writer_test.c
tests_unit_spool_writer_test_LDADD = $(spool_test_ldadd)
endif
