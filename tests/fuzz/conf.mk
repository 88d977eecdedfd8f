# Fuzz targets of conf.
check_PROGRAMS += tests/fuzz/fuzz_toml
TESTS += tests/fuzz/fuzz_toml
tests_fuzz_fuzz_toml_SOURCES = tests/fuzz/fuzz_toml.c $(fuzz_main)
tests_fuzz_fuzz_toml_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_toml_LDFLAGS = $(fuzz_ldflags)
