# Sources of queue.
src_libtlsq_a_SOURCES += \
	src/queue/backlog.c src/queue/backlog.h \
	src/queue/claim.c \
	src/queue/dsn_sender.c src/queue/dsn_sender.h \
	src/queue/main.c src/queue/main.h \
	src/queue/options.c src/queue/options.h \
	src/queue/reporter.c src/queue/reporter.h \
	src/queue/scheduler.c src/queue/scheduler.h \
	src/queue/scheduler_impl.h \
	src/queue/upkeep.c src/queue/upkeep.h \
	src/queue/watchdog.c src/queue/watchdog.h
