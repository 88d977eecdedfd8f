# Fuzz targets of smtp.
check_PROGRAMS += tests/fuzz/fuzz_smtp_reply tests/fuzz/fuzz_smtp_session
fuzz_tests += tests/fuzz/fuzz_smtp_reply tests/fuzz/fuzz_smtp_session
tests_fuzz_fuzz_smtp_reply_SOURCES = tests/fuzz/fuzz_smtp_reply.c $(fuzz_main)
tests_fuzz_fuzz_smtp_reply_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_smtp_reply_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_smtp_session_SOURCES = tests/fuzz/fuzz_smtp_session.c \
	tests/unit/smtp/chaos.c tests/unit/smtp/peer.c $(fuzz_main)
tests_fuzz_fuzz_smtp_session_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_smtp_session_LDFLAGS = $(fuzz_ldflags)
