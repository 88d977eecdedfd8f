# The milter front end.
src_libtlsq_a_SOURCES += \
	src/milter/callbacks.c src/milter/callbacks.h \
	src/milter/finish.c src/milter/session_impl.h \
	src/milter/message.c \
	src/milter/main.c src/milter/main.h \
	src/milter/options.c src/milter/options.h \
	src/milter/received.c src/milter/received.h \
	src/milter/reply.c src/milter/reply.h \
	src/milter/server.c src/milter/server.h \
	src/milter/session.c src/milter/session.h \
	src/milter/settings.c src/milter/settings.h \
	src/milter/wait.c src/milter/wait.h
sql_files += $(top_srcdir)/sql/milter.sql
