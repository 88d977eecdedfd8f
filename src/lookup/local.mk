# Sources of lookup.
src_libtlsq_a_SOURCES += \
	src/lookup/algorithms.c \
	src/lookup/answer.c src/lookup/answer_impl.h \
	src/lookup/host.c src/lookup/host.h \
	src/lookup/host_facts.c src/lookup/host_facts.h \
	src/lookup/lookup.c src/lookup/lookup.h src/lookup/lookup_impl.h \
	src/lookup/mx.c src/lookup/mx.h \
	src/lookup/mx_facts.c src/lookup/mx_facts.h \
	src/lookup/packet.c src/lookup/packet.h \
	src/lookup/rdata.c src/lookup/rdata.h \
	src/lookup/records.c src/lookup/records.h \
	src/lookup/request.c src/lookup/request.h src/lookup/request_impl.h \
	src/lookup/resolver.c src/lookup/resolver.h \
	src/lookup/sts.c src/lookup/sts.h \
	src/lookup/sts_facts.c src/lookup/sts_facts.h \
	src/lookup/sts_fetch.c src/lookup/sts_fetch.h \
	src/lookup/sts_fetch_impl.h src/lookup/sts_request.c \
	src/lookup/sts_tls.c \
	src/lookup/tlsa.c src/lookup/tlsa.h \
	src/lookup/tlsa_facts.c src/lookup/tlsa_facts.h \
	src/lookup/unbound.c src/lookup/unbound_events.c \
	src/lookup/unbound_impl.h
