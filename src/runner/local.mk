# Sources of runner.
src_libtlsq_a_SOURCES += \
	src/runner/backlog.c src/runner/backlog.h \
	src/runner/chooser.c src/runner/chooser.h \
	src/runner/claim.c src/runner/scheduler_impl.h \
	src/runner/decision.c src/runner/decision.h \
	src/runner/delivery.c \
	src/runner/destination.c src/runner/worker_impl.h \
	src/runner/evidence.c src/runner/evidence.h \
	src/runner/gate.c src/runner/gate.h \
	src/runner/job.c src/runner/job.h \
	src/runner/logline.c src/runner/logline.h \
	src/runner/loops.c src/runner/loops.h \
	src/runner/main.c src/runner/main.h \
	src/runner/options.c src/runner/options.h \
	src/runner/plan.c src/runner/plan.h \
	src/runner/postmaster.c src/runner/postmaster.h \
	src/runner/proof.c src/runner/proof.h \
	src/runner/report.c src/runner/report.h \
	src/runner/resolve.c \
	src/runner/resume.c src/runner/resume.h \
	src/runner/scheduler.c src/runner/scheduler.h \
	src/runner/secret.c src/runner/secret.h \
	src/runner/services.c src/runner/services.h \
	src/runner/session.c \
	src/runner/session_config.c src/runner/session_config.h \
	src/runner/session_proof.c \
	src/runner/settle.c src/runner/settle.h \
	src/runner/snapshot.c src/runner/snapshot.h \
	src/runner/survey.c src/runner/survey.h \
	src/runner/taken.c src/runner/taken.h \
	src/runner/upkeep.c src/runner/upkeep.h \
	src/runner/watchdog.c src/runner/watchdog.h \
	src/runner/withhold.c \
	src/runner/worker.c src/runner/worker.h \
	src/runner/writer.c src/runner/writer.h
