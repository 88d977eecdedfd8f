# The read-only HTTP front end, which tlsq-milter serves.
src_libtlsq_a_SOURCES += \
	src/web/answer_impl.h \
	src/web/api.c \
	src/web/collector.c src/web/collector.h \
	src/web/escape.c src/web/escape.h \
	src/web/expose.c src/web/expose.h \
	src/web/html.c src/web/html.h \
	src/web/listen.c src/web/listen.h \
	src/web/metrics.c src/web/metrics.h \
	src/web/page.c src/web/page_impl.h \
	src/web/page_one.c \
	src/web/page_rows.c \
	src/web/route.c src/web/route.h \
	src/web/style.c \
	src/web/tally.c src/web/tally.h \
	src/web/web.c src/web/web.h
sql_files += $(top_srcdir)/sql/web.sql
