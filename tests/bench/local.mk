# Measurements (make bench); nothing of it is built or run by make check.
EXTRA_PROGRAMS = tests/bench/sink tests/bench/measure tests/bench/claim \
	tests/bench/bounds
tests_bench_sink_SOURCES = tests/bench/sink.c
tests_bench_sink_LDADD = -lssl -lcrypto $(PTHREAD_LIBS)
tests_bench_measure_SOURCES = tests/bench/measure.c
tests_bench_claim_SOURCES = tests/bench/claim.c
tests_bench_claim_LDADD = $(TLSQ_LIBS)
tests_bench_bounds_SOURCES = tests/bench/bounds.c
tests_bench_bounds_LDADD = $(TLSQ_LIBS)
CLEANFILES += $(EXTRA_PROGRAMS) tests/bench/syncs.so
EXTRA_DIST += tests/bench/run.sh tests/bench/tlsq.sh tests/bench/postfix.sh \
	tests/bench/sendmail.sh \
	tests/bench/queue.sh tests/bench/fill.py tests/bench/report.py \
	tests/bench/syncs.c tests/bench/growth.gp

tests/bench/syncs.so: tests/bench/syncs.c tests/bench/measure
	$(AM_V_GEN)$(CC) $(DEFS) $(TLSQ_CFLAGS) -std=gnu11 -fPIC -shared -o $@ \
		$(top_srcdir)/tests/bench/syncs.c

# BENCH="W1 W4" chooses; tests/bench/run.sh has the names.
bench: all $(EXTRA_PROGRAMS) tests/bench/syncs.so
	top_builddir='$(abs_top_builddir)' sh $(top_srcdir)/tests/bench/run.sh $(BENCH)
.PHONY: bench
