/*
 * The main thread: starts the others, watches the database and the signals,
 * ends everything in order.
 */
#include "queue/scheduler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/process.h"
#include "queue/scheduler_impl.h"
#include "spool/queue.h"
#include "tls/stls.h"

enum {
	POLL_MS = 500,
	POLL_QUIET_MS = 900,	/* nothing has changed for a while */
	POLLS_QUIET = 10,
	POLLS_PER_LOOK = 5,	/* at the file, whether it is still there */
	IDLE_DAEMON_MS = 3000,
	IDLE_ONCE_MS = 200,
	WAKE_MOST_S = 60	/* then the clock is read again */
};

/* --- the configuration ------------------------------------------------ */

/* anew: the same one too, with lookups that remember nothing. */
static void
reload(struct queue_scheduler *s, bool anew)
{
	(void)settings_follow(&s->in_force, s->spool, anew);
	queue_upkeep_set_retention(s->upkeep,
	    s->in_force.current->conf->queue.retention_s);
}

/* --- time and change -------------------------------------------------- */

static void
on_wake(void *arg)
{
	queue_scheduler_claim(arg);
}

/* Timers do not see that the time of day has changed: what is due now, and which
 * answers of the DNS hold, is asked again (doc/spool-states.md). */
static bool
follow_clock(struct queue_scheduler *s)
{
	int64_t jump_s = clock_jump_s(&s->clock_offset);

	if (jump_s == 0)
		return false;
	log_warning("the system clock was set %s by %lld s; checking again "
	    "which recipients are due", jump_s > 0 ? "forward" : "back",
	    (long long)(jump_s > 0 ? jump_s : -jump_s));
	reload(s, true);
	queue_scheduler_claim(s);
	return true;
}

static void
begin_stop(struct queue_scheduler *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	notify_send("STOPPING=1\n");
	loop_timer_clear(s->wake);
	for (size_t i = 0; i < s->n_workers; i++)
		delivery_worker_drain(s->workers[i]);
}

static void
on_poll(void *arg)
{
	struct queue_scheduler *s = arg;
	struct error err;
	int64_t version;

	loop_timer_set(s->poll, s->unchanged < POLLS_QUIET ? POLL_MS :
	    POLL_QUIET_MS);
	if (s->stopping || follow_clock(s))
		return;
	if (s->unchanged % POLLS_PER_LOOK == 0 &&
	    !spool_check_place(s->spool, &err)) {
		log_error("%s; shutting down", err.text);
		s->exit_code = err.code;
		begin_stop(s);
		return;
	}
	if (!spool_data_version(s->spool, &version, &err)) {
		log_warning("%s", err.text);
		return;
	}
	s->unchanged++;
	if (version == s->data_version)
		return;
	s->unchanged = 0;
	s->data_version = version;
	reload(s, false);
	queue_scheduler_claim(s);
}

/* --once: mail may have come meanwhile. */
static void
on_upkeep_over(void *ctx)
{
	queue_scheduler_claim(ctx);
}

static void
keep_up(struct queue_scheduler *s)
{
	s->upkeep = queue_upkeep_start(&(struct queue_upkeep_options){
	    .loop = s->loop, .writer = s->writer,
	    .once = s->options->mode == RUNNER_ONCE,
	    .over = on_upkeep_over, .ctx = s },
	    s->in_force.current->conf->queue.retention_s);
}

/* --once: what the reports are made of was recorded by now. */
static void
report(struct queue_scheduler *s)
{
	s->reporter = queue_reporter_start(&(struct queue_reporter_options){
	    .loop = s->loop, .database = s->options->database,
	    .own_name = s->own_name, .in_force = &s->in_force,
	    .once = s->options->mode == RUNNER_ONCE,
	    .over = on_upkeep_over, .ctx = s });
}

/* Nothing is due and nothing is open: sets the timer; with --once keeps up, then
 * ends. */
static void
at_rest(struct queue_scheduler *s, int64_t next_due_at)
{
	int64_t wait_s;

	if (s->options->mode == RUNNER_ONCE) {
		/* Mail first: what it leaves behind is then seen to as well. */
		if (s->upkeep == NULL) {
			keep_up(s);
			return;
		}
		if (!queue_upkeep_is_over(s->upkeep))
			return;
		if (s->reporter == NULL)
			report(s);
		if (queue_reporter_is_over(s->reporter))
			begin_stop(s);
		return;
	}
	if (next_due_at < 0)
		return;
	wait_s = next_due_at - clock_now_s();
	/* What is due and was not claimed has no room now: it is asked for
	 * again when something has been recorded. */
	if (wait_s > WAKE_MOST_S)
		wait_s = WAKE_MOST_S;
	if (wait_s > 0)
		loop_timer_set(s->wake, wait_s * 1000);
}

/* --- the end ---------------------------------------------------------- */

static void
all_drained(void *arg)
{
	struct queue_scheduler *s = arg;

	if (++s->n_drained == s->n_workers)
		loop_stop(s->loop);
}

static void
one_drained(void *ctx)
{
	struct queue_scheduler *s = ctx;

	loop_post(s->loop, all_drained, s);
}

static void
on_signal(void *arg, int ready)
{
	struct queue_scheduler *s = arg;
	struct signalfd_siginfo info;

	(void)ready;
	if (read(s->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGUSR1)
		return;		/* nothing to reopen or to reload */
	log_info("received %s, shutting down",
	    info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
	begin_stop(s);
}

static void
fatal_arrived(void *arg)
{
	struct queue_scheduler *s = arg;

	s->exit_code = s->fatal_code;
	begin_stop(s);
}

/* In the writer's thread, once. */
static void
on_fatal(void *ctx, const struct error *err)
{
	struct queue_scheduler *s = ctx;

	log_error("%s; shutting down: run \"tlsq check\" to see what is wrong, "
	    "and see doc/spool.md to restore or rebuild the database",
	    err->text);
	s->fatal_code = err->code;
	loop_post(s->loop, fatal_arrived, s);
}

/* In a worker's thread: n_workers and workers do not change any more. */
static void
on_slot_freed(void *ctx, const char *queue)
{
	struct queue_scheduler *s = ctx;

	for (size_t i = 0; i < s->n_workers; i++)
		delivery_worker_offer_slot(s->workers[i], queue);
}

/* --- the start -------------------------------------------------------- */

/* Signals come by a descriptor, to this thread alone; before other threads. */
static bool
take_signals(struct queue_scheduler *s, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    (s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0)
		return error_set(err, EX_OSERR, "cannot set up signals: %s",
		    strerror(errno));
	s->signals = loop_watch_new(s->loop, s->signal_fd, on_signal, s);
	loop_watch_want(s->signals, LOOP_READ);
	return true;
}

static size_t
worker_count(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (cores < 2)
		return 2;
	return cores < WORKERS_MAX ? (size_t)cores : WORKERS_MAX;
}

static bool
start_workers(struct queue_scheduler *s, struct error *err)
{
	size_t n = worker_count();
	struct delivery_worker_config c = {
		.database = s->options->database, .writer = s->writer,
		.limit = s->limit, .events = &s->events,
		.own_name = s->own_name,
		.idle_ms = s->options->mode == RUNNER_ONCE ? IDLE_ONCE_MS :
		    IDLE_DAEMON_MS
	};

	for (; s->n_workers < n; s->n_workers++)
		if (!delivery_worker_start(&s->workers[s->n_workers], &c, err))
			return false;
	return true;
}

static bool
start_all(struct queue_scheduler *s, struct error *err)
{
	struct spool_writer_options wo = { .path = s->options->database,
		.lease_s = SPOOL_LEASE_S, .fatal = on_fatal,
		.batch_over = queue_scheduler_batch_over, .ctx = s };

	host_name(s->own_name);
	if (!loop_new(&s->loop, err) || !take_signals(s, err))
		return false;
	s->wake = loop_timer_new(s->loop, on_wake, s);
	s->poll = loop_timer_new(s->loop, on_poll, s);
	s->limit = delivery_limit_new();
	if (!stls_global_init(err) || !spool_writer_start(&s->writer, &wo, err))
		return false;
	s->services = (struct nexthop_services_source){
		.database = s->options->database, .writer = s->writer };
	s->in_force.maker = nexthop_services_maker(&s->services);
	return spool_open(&s->spool, s->options->database, SPOOL_READ_WRITE,
	    err) &&
	    spool_data_version(s->spool, &s->data_version, err) &&
	    settings_start(&s->in_force, s->spool, err) &&
	    start_workers(s, err);
}

static bool
write_nothing(struct spool_write_task *t, struct spool *spool,
    const char *token, struct error *err)
{
	(void)t;
	(void)spool;
	(void)token;
	(void)err;
	return true;
}

/* What was posted before this task is done when it is: nothing with the writer
 * holds settings any more, whose last owner ends the services. */
static void
wait_for_results(struct spool_writer *writer)
{
	struct error err;
	struct spool_write_task last = { .when = SPOOL_WRITE_NOW,
		.run = write_nothing, .err = &err };

	if (writer == NULL)
		return;
	spool_writer_post(writer, &last);
	while (!spool_writer_wait(writer, &last, 1000))
		continue;
}

/* Workers first, so that all results are with the writer, which ends last; their
 * loops once the services of the last configuration are gone. */
static void
stop_all(struct queue_scheduler *s)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		delivery_worker_stop(s->workers[i]);
	wait_for_results(s->writer);
	queue_watchdog_free(&s->watchdog);
	queue_reporter_stop(s->reporter);
	settings_unref(&s->in_force.current);
	for (size_t i = 0; i < WORKERS_MAX; i++)
		delivery_worker_free(&s->workers[i]);
	spool_writer_stop(&s->writer);
	queue_upkeep_stop(s->upkeep);
	loop_watch_free(&s->signals);
	loop_timer_free(&s->poll);
	loop_timer_free(&s->wake);
	loop_free(&s->loop);
	queue_upkeep_free(&s->upkeep);
	queue_reporter_free(&s->reporter);
	queue_backlog_clear(&s->backlog);
	delivery_limit_free(&s->limit);
	spool_close(&s->spool);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	stls_global_cleanup();
}

static void
be_service(struct queue_scheduler *s)
{
	loop_timer_set(s->poll, POLL_MS);
	keep_up(s);
	report(s);
	s->watchdog = queue_watchdog_start(s->loop, s->workers, s->n_workers,
	    &s->backlog.open);
	notify_send("READY=1\nMAINPID=%ld\n", (long)getpid());
	process_ready();
}

int
queue_scheduler_run(const struct queue_options *options)
{
	struct queue_scheduler s = { .options = options, .signal_fd = -1,
		.exit_code = EX_OK,
		.at_rest = at_rest, .claim_failed = begin_stop,
		.events = { .recorded = queue_scheduler_recorded,
		    .dropped = queue_scheduler_dropped,
		    .slot_freed = on_slot_freed, .drained = one_drained,
		    .ctx = &s } };
	struct error err;

	s.started_at = clock_now_s();
	(void)clock_jump_s(&s.clock_offset);
	if (start_all(&s, &err)) {
		if (options->mode == RUNNER_DAEMON)
			be_service(&s);
		queue_scheduler_claim(&s);
		loop_run(s.loop);
	} else {
		log_error("%s", err.text);
		s.exit_code = err.code;
	}
	stop_all(&s);
	return s.exit_code;
}
