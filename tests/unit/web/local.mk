# Unit tests of web.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/web/web_test
TESTS += tests/unit/web/web_test
tests_unit_web_web_test_SOURCES = tests/unit/web/web_test.c
tests_unit_web_web_test_LDADD = $(unit_ldadd)
endif

# serves for tests/e2e/http
check_PROGRAMS += tests/unit/web/probe
tests_unit_web_probe_SOURCES = tests/unit/web/probe.c
tests_unit_web_probe_LDADD = $(TLSQ_LIBS)
