# Sources of runner.
src_libtlsq_a_SOURCES += \
	src/runner/options.c src/runner/options.h
