# Unit tests of tls.  Their certificates are made once for a build.
tls_certs = tests/certs/made.stamp
$(tls_certs): tests/certs/make.py tools/dercert.py
	$(AM_V_GEN)rm -rf tests/certs/made && $(MKDIR_P) tests/certs/made && \
	$(PYTHON3) $(top_srcdir)/tests/certs/make.py tests/certs/made && \
	touch $@
EXTRA_DIST += tests/certs/make.py tools/dercert.py tests/unit/tls/peers.py
CLEANFILES += $(tls_certs) tests/certs/made/*

if HAVE_CMOCKA
check_DATA = $(tls_certs)
tls_tests = tests/unit/tls/cert_test tests/unit/tls/chain_test \
	tests/unit/tls/dane_test tests/unit/tls/session_test \
	tests/unit/tls/offer_test
check_PROGRAMS += $(tls_tests)
TESTS += $(tls_tests)
tls_fixture = tests/unit/tls/fixture.c tests/unit/tls/fixture.h
tests_unit_tls_cert_test_SOURCES = tests/unit/tls/cert_test.c $(tls_fixture)
tests_unit_tls_cert_test_LDADD = $(unit_ldadd)
tests_unit_tls_chain_test_SOURCES = tests/unit/tls/chain_test.c $(tls_fixture)
tests_unit_tls_chain_test_LDADD = $(unit_ldadd)
tests_unit_tls_dane_test_SOURCES = tests/unit/tls/dane_test.c $(tls_fixture)
tests_unit_tls_dane_test_LDADD = $(unit_ldadd)
tests_unit_tls_offer_test_SOURCES = tests/unit/tls/offer_test.c
tests_unit_tls_offer_test_LDADD = $(unit_ldadd)
tests_unit_tls_session_test_SOURCES = tests/unit/tls/session_test.c \
	$(tls_fixture)
tests_unit_tls_session_test_CPPFLAGS = $(AM_CPPFLAGS) -DPYTHON3='"$(PYTHON3)"'
tests_unit_tls_session_test_LDADD = $(unit_ldadd)
endif
