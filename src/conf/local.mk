# Sources of conf.
src_libtlsq_a_SOURCES += \
	src/conf/config.h
