# Fuzz targets of mail.
mail_fuzz = tests/fuzz/fuzz_address
check_PROGRAMS += $(mail_fuzz)
TESTS += $(mail_fuzz)
tests_fuzz_fuzz_address_SOURCES = tests/fuzz/fuzz_address.c $(fuzz_main)
tests_fuzz_fuzz_address_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_address_LDFLAGS = $(fuzz_ldflags)
