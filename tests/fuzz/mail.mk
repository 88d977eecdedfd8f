# Fuzz targets of mail.
mail_fuzz = tests/fuzz/fuzz_address tests/fuzz/fuzz_xtext \
	tests/fuzz/fuzz_dotstuff tests/fuzz/fuzz_intake
check_PROGRAMS += $(mail_fuzz)
fuzz_tests += $(mail_fuzz)
tests_fuzz_fuzz_address_SOURCES = tests/fuzz/fuzz_address.c $(fuzz_main)
tests_fuzz_fuzz_address_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_address_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_xtext_SOURCES = tests/fuzz/fuzz_xtext.c $(fuzz_main)
tests_fuzz_fuzz_xtext_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_xtext_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_dotstuff_SOURCES = tests/fuzz/fuzz_dotstuff.c $(fuzz_main)
tests_fuzz_fuzz_dotstuff_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_dotstuff_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_intake_SOURCES = tests/fuzz/fuzz_intake.c $(fuzz_main)
tests_fuzz_fuzz_intake_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_intake_LDFLAGS = $(fuzz_ldflags)
