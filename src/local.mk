# The programs: main functions only.
sbin_PROGRAMS += tlsq-runner
tlsq_runner_SOURCES = src/main_tlsq_runner.c
tlsq_runner_LDADD = $(TLSQ_LIBS)
