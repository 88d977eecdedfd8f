# Unit tests of smtp.
if HAVE_CMOCKA
smtp_tests = tests/unit/smtp/client_test tests/unit/smtp/reply_test \
	tests/unit/smtp/dialogue_test
check_PROGRAMS += $(smtp_tests)
TESTS += $(smtp_tests)
tests_unit_smtp_client_test_SOURCES = tests/unit/smtp/client_test.c \
	tests/unit/smtp/world.c tests/unit/smtp/world.h
tests_unit_smtp_client_test_CPPFLAGS = $(AM_CPPFLAGS) -DPYTHON3='"$(PYTHON3)"'
tests_unit_smtp_client_test_LDADD = $(unit_ldadd)
tests_unit_smtp_reply_test_SOURCES = tests/unit/smtp/reply_test.c
tests_unit_smtp_reply_test_LDADD = $(unit_ldadd)
tests_unit_smtp_dialogue_test_SOURCES = tests/unit/smtp/dialogue_test.c \
	tests/unit/smtp/chaos.c tests/unit/smtp/peer.c tests/unit/smtp/peer.h
tests_unit_smtp_dialogue_test_LDADD = $(unit_ldadd)
endif
EXTRA_DIST += tests/unit/smtp/dialogues.txt tests/unit/smtp/server.py
