# The stored configuration, typed: what spool and conf do not know of each other.
src_libtlsq_a_SOURCES += \
	src/settings/stored.c src/settings/stored.h
