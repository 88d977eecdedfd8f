# Sources of conf.
src_libtlsq_a_SOURCES += \
	src/conf/build.c \
	src/conf/build_impl.h \
	src/conf/check.c src/conf/check.h \
	src/conf/config.h \
	src/conf/constraints.c \
	src/conf/keys.c \
	src/conf/keys_find.c \
	src/conf/keys_impl.h \
	src/conf/objects.c \
	src/conf/print.c \
	src/conf/rows.c src/conf/rows.h \
	src/conf/syntax.c \
	src/conf/value.c \
	src/conf/value_impl.h \
	src/conf/value_text.c
