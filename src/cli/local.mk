# The administrator's command.
src_libtlsq_a_SOURCES += \
	src/cli/cli.c src/cli/cli.h \
	src/cli/command.c src/cli/command_impl.h \
	src/cli/admin.c src/cli/admin_impl.h \
	src/cli/check.c src/cli/check_impl.h \
	src/cli/check_sendmail.c \
	src/cli/check_services.c \
	src/cli/explain.c src/cli/explain_impl.h \
	src/cli/explain_connect.c \
	src/cli/explain_json.c \
	src/cli/explain_record.c \
	src/cli/explain_text.c \
	src/cli/explain_unchecked.c \
	src/cli/list.c \
	src/cli/lmtp.c \
	src/cli/load.c \
	src/cli/report.c \
	src/cli/rules.c \
	src/cli/show.c \
	src/cli/stats.c \
	src/cli/submit.c src/cli/submit_impl.h \
	src/cli/which.c \
	src/cli/whatif.c src/cli/whatif_impl.h \
	src/cli/whatif_print.c
sql_files += $(top_srcdir)/sql/cli.sql $(top_srcdir)/sql/stats.sql \
	$(top_srcdir)/sql/whatif.sql

bin_PROGRAMS += tlsq
tlsq_SOURCES = src/main_tlsq.c
tlsq_LDADD = $(TLSQ_LIBS)
