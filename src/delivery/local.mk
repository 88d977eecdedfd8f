# Sources of delivery.
src_libtlsq_a_SOURCES += \
	src/delivery/attempt.c src/delivery/attempt.h \
	src/delivery/destination.c \
	src/delivery/destination_hosts.c \
	src/delivery/host_list.c src/delivery/host_list.h \
	src/delivery/job.c src/delivery/job.h \
	src/delivery/logline.c src/delivery/logline.h \
	src/delivery/result.c src/delivery/result.h \
	src/delivery/session.c \
	src/delivery/session_commit.c \
	src/delivery/session_limit.c src/delivery/session_limit.h \
	src/delivery/session_tls.c \
	src/delivery/tls_cache.c src/delivery/tls_cache.h \
	src/delivery/transaction.c \
	src/delivery/worker.c src/delivery/worker.h \
	src/delivery/worker_impl.h
