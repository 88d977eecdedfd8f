/*
 * tlsq-runner: who it is and where it logs, before the scheduler runs.
 */
#include "queue/main.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user.h"
#include "queue/options.h"
#include "queue/scheduler.h"

static const char ident[] = "tlsq-runner";

/*
 * One arena of glibc for all threads: what one has free no other one can use, and
 * what a session needs is often made by one thread and freed by another.  Small
 * blocks do not go there: each thread keeps some for itself.
 */
static void
share_memory(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
}

/* Sessions, DNS and policy hosts together may need some 3,000 descriptors; a shell
 * and cron give 1,024, and allow more. */
static void
allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warning("cannot raise the limit of open files");
}

static int
run_queue(const struct queue_options *o)
{
	struct error err;
	int pid_fd = -1, code;

	/* The pid file may be where only root can write; fork comes before
	 * anything that does not survive it. */
	if ((o->background && !process_background(&err)) ||
	    !process_pid_file(o->pid_file, &pid_fd, &err) ||
	    !user_become(&err)) {
		log_error("%s", err.text);
		return process_end(err.code);
	}
	code = process_end(queue_scheduler_run(o));
	if (pid_fd >= 0) {
		/* Not removed: the lock says who is alive, and another may
		 * wait for it. */
		close(pid_fd);
	}
	return code;
}

int
queue_main(int argc, char **argv)
{
	struct queue_options o;
	struct error err;
	int code;

	process_standard_files();
	if (!queue_options_parse(&o, argc, argv, &err)) {
		text_clean(err.text, "");
		(void)fprintf(stderr, "%s: %s\n", ident, err.text);
		queue_options_free(&o);
		return err.code;
	}
	if (o.mode == RUNNER_HELP || o.mode == RUNNER_VERSION) {
		code = process_print(ident, o.mode == RUNNER_HELP ?
		    queue_usage :
		    "tlsq-runner " PACKAGE_VERSION "\n");
		queue_options_free(&o);
		return code;
	}
	log_open(ident, !o.background, o.verbosity);
	share_memory();
	allow_descriptors();
	code = run_queue(&o);
	queue_options_free(&o);
	return code;
}
