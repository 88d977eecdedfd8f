# Sources of tls.
src_libtlsq_a_SOURCES += \
	src/tls/cert.c src/tls/cert.h \
	src/tls/cert_name.c \
	src/tls/chain.c src/tls/chain.h \
	src/tls/chain_impl.h \
	src/tls/constraints.c \
	src/tls/context.c \
	src/tls/dane.c \
	src/tls/der.c src/tls/der_impl.h \
	src/tls/failure.c \
	src/tls/offer.c \
	src/tls/selftest_impl.h src/tls/selftest_vectors.inc \
	src/tls/session.c \
	src/tls/signature.c \
	src/tls/stls.h src/tls/stls_impl.h
EXTRA_DIST += tools/make-selftest-vectors
