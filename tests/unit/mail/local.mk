# Unit tests of mail.
if HAVE_CMOCKA
mail_tests = tests/unit/mail/address_test tests/unit/mail/params_test \
	tests/unit/mail/envelope_test \
	tests/unit/mail/dotstuff_test tests/unit/mail/intake_test
check_PROGRAMS += $(mail_tests)
TESTS += $(mail_tests)
tests_unit_mail_address_test_SOURCES = tests/unit/mail/address_test.c
tests_unit_mail_address_test_LDADD = $(unit_ldadd)
tests_unit_mail_envelope_test_SOURCES = tests/unit/mail/envelope_test.c
tests_unit_mail_envelope_test_LDADD = $(unit_ldadd)
tests_unit_mail_params_test_SOURCES = tests/unit/mail/params_test.c
tests_unit_mail_params_test_LDADD = $(unit_ldadd)
tests_unit_mail_dotstuff_test_SOURCES = tests/unit/mail/dotstuff_test.c
tests_unit_mail_dotstuff_test_LDADD = $(unit_ldadd)
tests_unit_mail_intake_test_SOURCES = tests/unit/mail/intake_test.c
tests_unit_mail_intake_test_LDADD = $(unit_ldadd)
endif
