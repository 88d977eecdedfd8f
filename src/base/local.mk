src_libtlsq_a_SOURCES += \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/error.c src/base/error.h \
	src/base/failpoint.c src/base/failpoint.h \
	src/base/hash.h \
	src/base/host.c src/base/host.h \
	src/base/json.c src/base/json.h \
	src/base/log.c src/base/log.h \
	src/base/mem.c src/base/mem.h \
	src/base/notify.c src/base/notify.h \
	src/base/option.c src/base/option.h \
	src/base/process.c src/base/process.h \
	src/base/text.c src/base/text.h \
	src/base/user.c src/base/user.h
