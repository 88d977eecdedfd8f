# Unit tests of strategy.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/rewrite_test tests/unit/expr_test \
	tests/unit/expr_attack_test tests/unit/rules_test
TESTS += tests/unit/rewrite_test tests/unit/expr_test \
	tests/unit/expr_attack_test tests/unit/rules_test
tests_unit_rewrite_test_SOURCES = tests/unit/rewrite_test.c
tests_unit_rewrite_test_LDADD = $(unit_ldadd)
tests_unit_expr_test_SOURCES = tests/unit/expr_test.c
tests_unit_expr_test_LDADD = $(unit_ldadd)
tests_unit_expr_attack_test_SOURCES = tests/unit/expr_attack_test.c
tests_unit_expr_attack_test_LDADD = $(unit_ldadd)
tests_unit_rules_test_SOURCES = tests/unit/rules_test.c
tests_unit_rules_test_LDADD = $(unit_ldadd)
endif
