# Unit tests of toml.
if HAVE_CMOCKA
toml_tests = tests/unit/toml/toml_test
check_PROGRAMS += $(toml_tests)
TESTS += $(toml_tests)
tests_unit_toml_toml_test_SOURCES = tests/unit/toml/toml_test.c
tests_unit_toml_toml_test_LDADD = $(unit_ldadd)
endif
