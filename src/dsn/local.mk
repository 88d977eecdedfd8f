# Sources of dsn.
src_libtlsq_a_SOURCES += \
	src/dsn/dsn.c src/dsn/dsn.h \
	src/dsn/dsn_impl.h \
	src/dsn/text.c \
	src/dsn/words.c
