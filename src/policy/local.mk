# Sources of policy.
src_libtlsq_a_SOURCES += \
	src/policy/decide.c src/policy/decide.h \
	src/policy/dns.c src/policy/dns.h \
	src/policy/forecast.c src/policy/forecast.h \
	src/policy/level.c src/policy/level.h \
	src/policy/mx.c src/policy/mx.h \
	src/policy/retry.c src/policy/retry.h \
	src/policy/sts.c src/policy/sts.h \
	src/policy/tlsa.c src/policy/tlsa.h
