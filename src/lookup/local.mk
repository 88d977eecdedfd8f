# Sources of lookup.
src_libtlsq_a_SOURCES += \
	src/lookup/host.h \
	src/lookup/lookup.h \
	src/lookup/mx.h \
	src/lookup/rdata.h \
	src/lookup/request.h \
	src/lookup/resolver.h
