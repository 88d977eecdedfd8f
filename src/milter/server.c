/*
 * The threads:
 *
 *   main     signals, the service manager, starting and stopping the front end
 *   serve    libmilter's main loop, and its own: signals, workers
 *   writer   the one that writes (spool/writer.h)
 *
 * libmilter waits for SIGTERM, SIGINT and SIGHUP in a thread of its own, with
 * all others blocking them, and ends at each of them, SIGHUP too, which a
 * terminal or an old habit sends.  A signal to the process goes to the main
 * thread first where that does not block it: so smfi_main() runs in another, and
 * signals are ours.
 */
#include "milter/server.h"

#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/process.h"
#include "base/text.h"
#include "milter/callbacks.h"
#include "web/web.h"

enum {
	BACKLOG = 511,
	TICK_MS = 2000,		/* or sooner, where WatchdogSec says so */
	STUCK_MS = 60000,	/* no commit takes that long and ends */
	PATIENCE_MS = 30000,	/* of SIGTERM, for answers under way */
	LOOK_MS = 50
};

struct server {
	struct milter_services services;
	pthread_t thread;
	/* The HTTP front end beside the milter, of the main thread: */
	char *listen;		/* http.listen as tried last; NULL: not yet */
	struct web *web;	/* NULL: not served */
	char web_problem[sizeof(((struct error *)0)->text)]; /* as logged last */
};

/* An octet in it wakes the main thread.  Signals and server_serve() write it. */
static int wake_fd[2] = { -1, -1 };
static atomic_bool time_to_end;

static void
wake(int signal_number)
{
	int saved = errno;
	ssize_t n;

	if (signal_number != SIGUSR1)
		atomic_store(&time_to_end, true);
	n = write(wake_fd[1], "", 1);
	(void)n;		/* full: it wakes already */
	errno = saved;
}

static bool
take_signals(struct error *err)
{
	struct sigaction woken = { .sa_handler = wake };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;

	sigemptyset(&woken.sa_mask);
	sigemptyset(&none);
	if (pipe2(wake_fd, O_CLOEXEC | O_NONBLOCK) != 0 ||
	    sigaction(SIGTERM, &woken, NULL) != 0 ||
	    sigaction(SIGINT, &woken, NULL) != 0 ||
	    sigaction(SIGUSR1, &woken, NULL) != 0 ||
	    sigaction(SIGHUP, &ignore, NULL) != 0 ||
	    sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    pthread_sigmask(SIG_SETMASK, &none, NULL) != 0)
		return error_set(err, EX_OSERR, "cannot set up signals: %s",
		    strerror(errno));
	return true;
}

/* Knocks at the socket: true where somebody serves it.  False for inet. */
static bool
knock(const char *spec)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = strchr(spec, ':');
	bool served;
	int fd;

	if (text_starts_nocase(spec, "inet") || path == NULL ||
	    !text_copy(to.sun_path, sizeof(to.sun_path), path + 1))
		return false;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return false;
	served = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return served;
}

static bool
open_socket(const char *spec, struct error *err)
{
	char copy[512];

	/* libmilter would take it from another that still serves it. */
	if (knock(spec))
		return error_set(err, EX_UNAVAILABLE,
		    "%s: another program is serving this socket", spec);
	if (!text_copy(copy, sizeof(copy), spec) ||
	    smfi_setconn(copy) != MI_SUCCESS)
		return error_set(err, EX_USAGE, "%s: not a socket", spec);
	(void)smfi_setbacklog(BACKLOG);
	errno = 0;
	if (smfi_opensocket(true) != MI_SUCCESS)
		return error_set(err, EX_UNAVAILABLE, "%s: cannot open the "
		    "socket: %s", spec, errno != 0 ? strerror(errno) :
		    "libmilter wrote the reason to syslog");
	return true;
}

static void *
server_serve(void *arg)
{
	(void)arg;
	/* The result is in the log: libmilter writes to syslog, too. */
	if (smfi_main() != MI_SUCCESS)
		log_error("smfi_main() failed; libmilter wrote the reason to "
		    "syslog");
	wake(0);
	return NULL;
}

static bool
server_start(struct server *s, const struct milter_options *o,
    struct error *err)
{
	int rc;

	s->services.database = o->database;
	if (!take_signals(err) ||
	    !milter_settings_open(&s->services.settings, o->database, err) ||
	    !spool_writer_start(&s->services.writer,
	    &(struct spool_writer_options){
	    .path = o->database }, err) ||
	    !milter_waits_open(&s->services.waits, o->database, err) ||
	    !milter_callbacks_register(&s->services, err) ||
	    !open_socket(o->socket, err))
		return false;
	if ((rc = pthread_create(&s->thread, NULL, server_serve, NULL)) != 0)
		return error_set(err, EX_OSERR, "cannot start a thread: %s",
		    strerror(rc));
	return true;
}

static void
close_services(struct server *s)
{
	web_stop(&s->web);
	free(s->listen);
	milter_waits_close(&s->services.waits);
	spool_writer_stop(&s->services.writer);
	milter_settings_close(&s->services.settings);
}

/* --- while it serves ---------------------------------------------------- */

static bool
writer_lives(struct server *s)
{
	int64_t since_ms = spool_writer_busy_since(s->services.writer);

	return since_ms < 0 || clock_mono_ms() - since_ms < STUCK_MS;
}

/*
 * Serves where http.listen says so, and no longer where it said so before.  Mail
 * does not depend on it: where it cannot be served the log says why, once, and
 * the next call tries again.
 */
static void
follow_listen(struct server *s)
{
	struct settings *now = milter_settings_current(s->services.settings);
	const char *listen = now->conf->http.listen;
	struct error err;

	if (s->listen == NULL || strcmp(s->listen, listen) != 0) {
		web_stop(&s->web);
		free(s->listen);
		s->listen = mem_strdup(listen);
		s->web_problem[0] = '\0';
	}
	settings_unref(&now);
	if (s->web != NULL || s->listen[0] == '\0')
		return;
	if (web_start(&s->web, s->listen, s->services.database, &err)) {
		s->web_problem[0] = '\0';
		log_info("http.listen: serving %s", s->listen);
		return;
	}
	if (strcmp(s->web_problem, err.text) != 0)
		log_error("%s", err.text);
	(void)text_copy(s->web_problem, sizeof(s->web_problem), err.text);
}

/* False once it is time to end. */
static bool
sleep_ms(int64_t ms)
{
	struct pollfd wanted = { .fd = wake_fd[0], .events = POLLIN };
	char octets[64];

	(void)poll(&wanted, 1, (int)ms);
	if (read(wake_fd[0], octets, sizeof(octets)) > 0 &&
	    !atomic_load(&time_to_end))
		log_info("received SIGUSR1; nothing to do: a new configuration "
		    "takes effect without a signal");
	return !atomic_load(&time_to_end);
}

static void
watch(struct server *s)
{
	int64_t watchdog_ms = notify_watchdog_ms();
	int64_t period_ms = watchdog_ms > 0 && watchdog_ms < TICK_MS ?
	    watchdog_ms : TICK_MS;

	follow_listen(s);
	notify_send("READY=1\nMAINPID=%ld\n", (long)getpid());
	process_ready();
	while (sleep_ms(period_ms)) {
		follow_listen(s);
		notify_send("%sSTATUS=%zu connections from the mail server\n",
		    watchdog_ms > 0 && writer_lives(s) ? "WATCHDOG=1\n" : "",
		    milter_callbacks_open());
	}
	notify_send("STOPPING=1\n");
	web_stop(&s->web);
}

/* --- the end ------------------------------------------------------------ */

static void
pause_ms(int ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000L };

	(void)nanosleep(&pause, NULL);
}

static void *
libmilter_stop(void *arg)
{
	(void)arg;
	(void)smfi_stop();
	return NULL;
}

/*
 * smfi_stop() says at once that all is over, and then waits for a lock that the
 * main loop holds while it waits for connections, up to five seconds: so it has
 * a thread of its own, and the main loop gets a connection.
 */
static void
stop_libmilter(const char *spec)
{
	pthread_t stopper;

	if (pthread_create(&stopper, NULL, libmilter_stop, NULL) != 0)
		return;
	(void)pthread_detach(stopper);
	pause_ms(LOOK_MS);
	(void)knock(spec);
}

static bool
serve_ended(struct server *s)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	return pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC,
	    &until) == 0;
}

/*
 * Workers of libmilter go on after it was stopped.  What they are at gets its
 * answer; then the process ends, and nothing is freed that a worker could still
 * touch.
 */
static void
server_finish(struct server *s, const char *spec)
{
	int64_t until_ms = clock_mono_ms() + PATIENCE_MS;

	milter_waits_end(s->services.waits);
	stop_libmilter(spec);
	while (milter_callbacks_running() > 0 && clock_mono_ms() < until_ms)
		pause_ms(LOOK_MS);
	if (!serve_ended(s) || milter_callbacks_open() > 0)
		return;
	close_services(s);
}

int
milter_server_run(const struct milter_options *options)
{
	static struct server s;	/* reachable for who still runs at the end */
	struct error err;

	if (!server_start(&s, options, &err)) {
		log_error("%s", err.text);
		close_services(&s);
		return err.code;
	}
	log_info("serving %s", options->socket);
	watch(&s);
	log_info("ending");
	server_finish(&s, options->socket);
	return EX_OK;
}
