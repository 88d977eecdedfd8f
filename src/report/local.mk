# TLS reports (RFC 8460).
src_libtlsq_a_SOURCES += \
	src/report/ask.c src/report/ask.h \
	src/report/intake.c src/report/intake.h \
	src/report/mail.c src/report/mail.h \
	src/report/post.c src/report/post.h \
	src/report/report.c src/report/report.h \
	src/report/send.c src/report/send.h \
	src/report/txt.c src/report/txt.h
