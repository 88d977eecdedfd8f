# Sources of policy.
src_libtlsq_a_SOURCES += \
	src/policy/dns.c src/policy/dns.h \
	src/policy/level.c src/policy/level.h \
	src/policy/retry.c src/policy/retry.h
