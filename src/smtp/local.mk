# Sources of smtp.
src_libtlsq_a_SOURCES += \
	src/smtp/client.c src/smtp/client.h \
	src/smtp/client_impl.h \
	src/smtp/client_io.c \
	src/smtp/dialogue.c src/smtp/dialogue.h \
	src/smtp/dialogue_impl.h \
	src/smtp/envelope.c \
	src/smtp/exchange.c \
	src/smtp/output.c \
	src/smtp/reply.c src/smtp/reply.h \
	src/smtp/setup.c \
	src/smtp/verdict.c
