# Sources of net.
src_libtlsq_a_SOURCES += \
	src/net/address.c src/net/address.h \
	src/net/loop.c src/net/loop.h \
	src/net/own.c src/net/own.h \
	src/net/tcp.c src/net/tcp.h
