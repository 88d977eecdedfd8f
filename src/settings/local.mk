# The configuration in force.
src_libtlsq_a_SOURCES += \
	src/settings/settings.c src/settings/settings.h
