# Unit tests of smtp.
if HAVE_CMOCKA
smtp_tests = tests/unit/smtp_client_test tests/unit/smtp_reply_test \
	tests/unit/smtp_session_test
check_PROGRAMS += $(smtp_tests)
TESTS += $(smtp_tests)
tests_unit_smtp_client_test_SOURCES = tests/unit/smtp_client_test.c \
	tests/unit/smtp_world.c tests/unit/smtp_world.h
tests_unit_smtp_client_test_CPPFLAGS = $(AM_CPPFLAGS) -DPYTHON3='"$(PYTHON3)"'
tests_unit_smtp_client_test_LDADD = $(unit_ldadd)
tests_unit_smtp_reply_test_SOURCES = tests/unit/smtp_reply_test.c
tests_unit_smtp_reply_test_LDADD = $(unit_ldadd)
tests_unit_smtp_session_test_SOURCES = tests/unit/smtp_session_test.c \
	tests/unit/smtp_chaos.c tests/unit/smtp_peer.c tests/unit/smtp_peer.h
tests_unit_smtp_session_test_LDADD = $(unit_ldadd)
endif
EXTRA_DIST += tests/unit/smtp_dialogues.txt tests/unit/smtp_server.py
