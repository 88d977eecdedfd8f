# Unit tests of smtp.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/smtp_session_test
TESTS += tests/unit/smtp_session_test
tests_unit_smtp_session_test_SOURCES = tests/unit/smtp_session_test.c \
	tests/unit/smtp_chaos.c tests/unit/smtp_peer.c tests/unit/smtp_peer.h
tests_unit_smtp_session_test_LDADD = $(unit_ldadd)
endif
EXTRA_DIST += tests/unit/smtp_dialogues.txt
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/smtp_reply_test
TESTS += tests/unit/smtp_reply_test
tests_unit_smtp_reply_test_SOURCES = tests/unit/smtp_reply_test.c
tests_unit_smtp_reply_test_LDADD = $(unit_ldadd)
endif
