# Fuzz targets of strategy.
check_PROGRAMS += tests/fuzz/fuzz_rewrite tests/fuzz/fuzz_expr
fuzz_tests += tests/fuzz/fuzz_rewrite tests/fuzz/fuzz_expr
tests_fuzz_fuzz_rewrite_SOURCES = tests/fuzz/fuzz_rewrite.c $(fuzz_main)
tests_fuzz_fuzz_rewrite_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_rewrite_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_expr_SOURCES = tests/fuzz/fuzz_expr.c $(fuzz_main)
tests_fuzz_fuzz_expr_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_expr_LDFLAGS = $(fuzz_ldflags)
