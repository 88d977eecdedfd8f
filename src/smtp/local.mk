# Sources of smtp.
src_libtlsq_a_SOURCES += \
	src/smtp/client.h src/smtp/ehlo.h src/smtp/reply.h \
	src/smtp/session.h src/smtp/transaction.h
