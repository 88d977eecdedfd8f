# Sources of mail.
src_libtlsq_a_SOURCES += \
	src/mail/address.c src/mail/address.h \
	src/mail/dotstuff.c src/mail/dotstuff.h \
	src/mail/dsn_params.c src/mail/dsn_params.h \
	src/mail/envelope.c src/mail/envelope.h \
	src/mail/intake.c src/mail/intake.h \
	src/mail/lmtp.c src/mail/lmtp.h \
	src/mail/mail_impl.h
