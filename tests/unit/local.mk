# Unit tests: cmocka programs that print TAP.  A test links the library only.
unit_ldadd = $(TLSQ_LIBS) $(CMOCKA_LIBS)
TEST_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TEST_LOG_DRIVER)
SH_LOG_DRIVER = $(TEST_LOG_DRIVER)
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir;

include tests/unit/base.mk
include tests/unit/conf.mk
include tests/unit/mail.mk
include tests/unit/policy.mk
include tests/unit/net.mk
include tests/unit/tls.mk
include tests/unit/strategy.mk
include tests/unit/spool.mk
include tests/unit/smtp.mk
include tests/unit/lookup.mk
include tests/unit/report.mk
include tests/unit/runner.mk
include tests/unit/milter.mk
include tests/unit/web.mk
include tests/unit/cli.mk
