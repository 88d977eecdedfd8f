# Unit tests of conf.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/toml_test tests/unit/conf_test
TESTS += tests/unit/toml_test tests/unit/conf_test
tests_unit_toml_test_SOURCES = tests/unit/toml_test.c
tests_unit_toml_test_LDADD = $(unit_ldadd)
tests_unit_conf_test_SOURCES = tests/unit/conf_test.c
tests_unit_conf_test_LDADD = $(unit_ldadd)
endif
