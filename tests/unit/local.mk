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

include tests/unit/base/local.mk
include tests/unit/toml/local.mk
include tests/unit/conf/local.mk
include tests/unit/mail/local.mk
include tests/unit/policy/local.mk
include tests/unit/net/local.mk
include tests/unit/tls/local.mk
include tests/unit/strategy/local.mk
include tests/unit/spool/local.mk
include tests/unit/smtp/local.mk
include tests/unit/lookup/local.mk
include tests/unit/dsn/local.mk
include tests/unit/nexthop/local.mk
include tests/unit/delivery/local.mk
include tests/unit/report/local.mk
include tests/unit/milter/local.mk
include tests/unit/web/local.mk
include tests/unit/cli/local.mk
