# Fuzz targets of conf.
conf_fuzz = tests/fuzz/fuzz_toml tests/fuzz/fuzz_conf
check_PROGRAMS += $(conf_fuzz)
fuzz_tests += $(conf_fuzz)
tests_fuzz_fuzz_toml_SOURCES = tests/fuzz/fuzz_toml.c $(fuzz_main)
tests_fuzz_fuzz_toml_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_toml_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c $(fuzz_main)
tests_fuzz_fuzz_conf_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_conf_LDFLAGS = $(fuzz_ldflags)
