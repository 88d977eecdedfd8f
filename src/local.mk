# The programs: main functions only.
sbin_PROGRAMS += tlsq-runner tlsq-milter
tlsq_runner_SOURCES = src/main_tlsq_runner.c
tlsq_runner_LDADD = $(TLSQ_LIBS)
tlsq_milter_SOURCES = src/main_tlsq_milter.c
tlsq_milter_LDADD = $(TLSQ_LIBS) $(MILTER_LIBS)
