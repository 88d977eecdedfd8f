# Sources of report.
src_libtlsq_a_SOURCES += \
	src/report/dsn.c src/report/dsn.h src/report/dsn_impl.h \
	src/report/dsn_text.c \
	src/report/dsn_words.c \
	src/report/owed.c src/report/owed.h
