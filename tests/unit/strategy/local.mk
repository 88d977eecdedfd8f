# Unit tests of strategy.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/strategy/rewrite_test tests/unit/strategy/expr_test \
	tests/unit/strategy/expr_attack_test tests/unit/strategy/rules_test
TESTS += tests/unit/strategy/rewrite_test tests/unit/strategy/expr_test \
	tests/unit/strategy/expr_attack_test tests/unit/strategy/rules_test
tests_unit_strategy_rewrite_test_SOURCES = tests/unit/strategy/rewrite_test.c
tests_unit_strategy_rewrite_test_LDADD = $(unit_ldadd)
tests_unit_strategy_expr_test_SOURCES = tests/unit/strategy/expr_test.c
tests_unit_strategy_expr_test_LDADD = $(unit_ldadd)
tests_unit_strategy_expr_attack_test_SOURCES = tests/unit/strategy/expr_attack_test.c
tests_unit_strategy_expr_attack_test_LDADD = $(unit_ldadd)
tests_unit_strategy_rules_test_SOURCES = tests/unit/strategy/rules_test.c
tests_unit_strategy_rules_test_LDADD = $(unit_ldadd)
endif
