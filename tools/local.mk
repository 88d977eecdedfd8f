# lint: the rules of doc/STYLE.md that a program can check; also a test.
LINT_CFLAGS = -D_GNU_SOURCE -I$(abs_top_builddir)/src \
	-DTLSQ_USER="$(TLSQ_USER)" -DTLSQ_GROUP="$(TLSQ_GROUP)" \
	-DPACKAGE_VERSION="$(PACKAGE_VERSION)" -DPACKAGE_STRING="$(PACKAGE)" \
	-DLOCALSTATEDIR="$(localstatedir)" -DSYSCONFDIR="$(sysconfdir)"
AM_TESTS_ENVIRONMENT += LINT_CFLAGS='$(LINT_CFLAGS)'; export LINT_CFLAGS; \
	LINT_BUILD='$(abs_top_builddir)'; export LINT_BUILD; \
	CC='$(CC)'; export CC;
TESTS += tests/lint.sh tests/systemd.sh tests/advisories.sh
EXTRA_DIST += tests/lint.sh tests/systemd.sh tests/advisories.sh tools/lint tools/cppcheck-suppressions .clang-tidy

lint: all
	@LINT_BUILD='$(abs_top_builddir)' LINT_CFLAGS='$(LINT_CFLAGS)' CC='$(CC)' $(top_srcdir)/tools/lint
.PHONY: lint
