# Sources of nexthop.
src_libtlsq_a_SOURCES += \
	src/nexthop/chooser.c src/nexthop/chooser.h \
	src/nexthop/decision.c src/nexthop/decision.h \
	src/nexthop/discovery.c src/nexthop/discovery.h \
	src/nexthop/secret.c src/nexthop/secret.h \
	src/nexthop/services.c src/nexthop/services.h \
	src/nexthop/forecast.c src/nexthop/forecast.h \
	src/nexthop/facts.c src/nexthop/facts.h \
	src/nexthop/tls_count.c src/nexthop/tls_count.h \
	src/nexthop/verify.c src/nexthop/verify.h
