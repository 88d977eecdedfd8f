# Fuzz targets of web.
check_PROGRAMS += tests/fuzz/fuzz_web_route
fuzz_tests += tests/fuzz/fuzz_web_route
tests_fuzz_fuzz_web_route_SOURCES = tests/fuzz/fuzz_web_route.c $(fuzz_main)
tests_fuzz_fuzz_web_route_LDADD = $(TLSQ_LIBS)
tests_fuzz_fuzz_web_route_LDFLAGS = $(fuzz_ldflags)
