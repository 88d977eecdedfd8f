# The spool: the only module that touches the database.  Its SQL is in sql/.
src_libtlsq_a_SOURCES += \
	src/spool/cache.h \
	src/spool/checkpoint.h \
	src/spool/config.h \
	src/spool/content.h \
	src/spool/insert.h \
	src/spool/query.h \
	src/spool/queue.h \
	src/spool/record.h \
	src/spool/runners.h \
	src/spool/spool.h
