/*
 * Runs a program and reports what it and all its descendants used: time, CPU,
 * memory, syncs.  One line of NAME=VALUE words goes to a file at the end.
 *
 * Daemons that leave their parent come back to this process, which is their
 * subreaper; so the kernel's own sums of their CPU are complete, without a
 * control group.  Memory is the largest sum of their proportional set sizes,
 * looked at ten times a second, or the largest resident set where that is more
 * (a run can be over before the second look).
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 100 };

static const char usage[] =
    "usage: measure -o FILE [-l SYNCS.so] [-x NAME] PROGRAM [ARGUMENT...]\n"
    "  -l  preloads this and counts syncs by it\n"
    "  -x  the CPU of the process of this name is told apart\n"
    "SIGTERM goes on to the program; measure ends with its last descendant.\n";

struct sums {
	long pss_kb, processes, apart_ticks;
};

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- looking at /proc ------------------------------------------------------ */

static bool
read_small(const char *pid, const char *name, char *dst, size_t room)
{
	char path[300];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	n = read(fd, dst, room - 1);
	close(fd);
	if (n <= 0)
		return false;
	dst[n] = '\0';
	return true;
}

/* proc(5), stat: fields from the third on stand behind the last bracket. */
static const char *
behind_name(const char *stat)
{
	const char *close = strrchr(stat, ')');

	return close != NULL ? close + 1 : "";
}

/* What loses its parent is ours (the subreaper): all lines lead here. */
static bool
is_descendant(const char *stat)
{
	char text[2048], pid[16];
	int parent;

	while (sscanf(behind_name(stat), " %*c %d", &parent) == 1 &&
	    parent > 1) {
		if (parent == getpid())
			return true;
		(void)snprintf(pid, sizeof(pid), "%d", parent);
		if (!read_small(pid, "stat", text, sizeof(text)))
			return false;
		stat = text;
	}
	return false;
}

/* The CPU of a process of that name. */
static long
ticks_of(const char *stat, const char *name)
{
	const char *open = strchr(stat, '('), *end = behind_name(stat);
	unsigned long utime, stime;

	if (name == NULL || open == NULL ||
	    (size_t)(end - open - 2) != strlen(name) ||
	    memcmp(open + 1, name, strlen(name)) != 0 || sscanf(end,
	    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &utime,
	    &stime) != 2)
		return 0;
	return (long)(utime + stime);
}

static void
look(const char *apart, struct sums *most)
{
	struct sums now = { 0, 0, 0 };
	char text[2048];
	struct dirent *e;
	DIR *d = opendir("/proc");

	if (d == NULL)
		die("/proc");
	while ((e = readdir(d)) != NULL) {
		const char *pss;

		if (!isdigit((unsigned char)e->d_name[0]) ||
		    !read_small(e->d_name, "stat", text, sizeof(text)) ||
		    !is_descendant(text))
			continue;
		now.processes++;
		now.apart_ticks += ticks_of(text, apart);
		if (read_small(e->d_name, "smaps_rollup", text, sizeof(text)) &&
		    (pss = strstr(text, "\nPss:")) != NULL)
			now.pss_kb += strtol(pss + 5, NULL, 10);
	}
	(void)closedir(d);
	if (now.pss_kb > most->pss_kb)
		most->pss_kb = now.pss_kb;
	if (now.processes > most->processes)
		most->processes = now.processes;
	if (now.apart_ticks > most->apart_ticks)
		most->apart_ticks = now.apart_ticks;
}

/* --- the program -------------------------------------------------------------- */

static atomic_long *
make_counter(char *name, size_t room)
{
	void *map;
	int fd;

	(void)snprintf(name, room, "%s", "/tmp/tlsq-syncs.XXXXXX");
	fd = mkstemp(name);
	if (fd < 0 || ftruncate(fd, 4096) != 0 || fchmod(fd, 0666) != 0)
		die(name);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("mmap");
	close(fd);
	return map;
}

static pid_t
start(char **argv, const char *preload, const char *counter,
    const sigset_t *before)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	(void)setsid();
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	if (preload != NULL && (setenv("LD_PRELOAD", preload, 1) != 0 ||
	    setenv("BENCH_SYNCS", counter, 1) != 0))
		_exit(127);
	(void)execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* Until no descendant is left; the exit status of the program. */
static int
attend(pid_t pid, const char *apart, const sigset_t *set, struct sums *most)
{
	const struct timespec pause = { 0, LOOK_MS * 1000000L };
	int status, result = 0;
	pid_t got;

	for (;;) {
		while ((got = waitpid(-1, &status, WNOHANG)) > 0)
			if (got == pid)
				result = status;
		if (got < 0 && errno == ECHILD)
			return result;
		if (sigtimedwait(set, NULL, &pause) == SIGTERM)
			(void)kill(pid, SIGTERM);
		look(apart, most);
	}
}

static double
ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void
tell(const char *file, int64_t started_ns, const struct sums *most, long syncs,
    int status)
{
	double tick_ms = 1e3 / (double)sysconf(_SC_CLK_TCK);
	int64_t ended_ns = now_ns();
	struct rusage u;
	FILE *f = fopen(file, "w");

	if (f == NULL || getrusage(RUSAGE_CHILDREN, &u) != 0)
		die(file);
	fprintf(f, "started_ns=%lld ended_ns=%lld user_ms=%.1f system_ms=%.1f "
	    "apart_ms=%.1f memory_kb=%ld processes=%ld switches=%ld syncs=%ld "
	    "status=%d\n", (long long)started_ns, (long long)ended_ns,
	    ms(u.ru_utime), ms(u.ru_stime),
	    (double)most->apart_ticks * tick_ms,
	    most->pss_kb > u.ru_maxrss ? most->pss_kb : u.ru_maxrss,
	    most->processes, u.ru_nvcsw + u.ru_nivcsw, syncs,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	if (fclose(f) != 0)
		die(file);
}

int
main(int argc, char **argv)
{
	const char *file = NULL, *preload = NULL, *apart = NULL;
	char counter[64] = "";
	struct sums most = { 0, 0, 0 };
	atomic_long *syncs = NULL;
	sigset_t set, before;
	int64_t started_ns;
	int c, status;
	pid_t pid;

	while ((c = getopt(argc, argv, "+o:l:x:")) != -1) {
		if (c == 'o')
			file = optarg;
		else if (c == 'l')
			preload = optarg;
		else if (c == 'x')
			apart = optarg;
		else
			file = NULL, optind = argc;
	}
	if (file == NULL || optind >= argc) {
		fputs(usage, stderr);
		return 2;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		die("prctl");
	if (preload != NULL)
		syncs = make_counter(counter, sizeof(counter));
	started_ns = now_ns();
	pid = start(argv + optind, preload, counter, &before);
	status = attend(pid, apart, &set, &most);
	tell(file, started_ns, &most, syncs != NULL ? *syncs : -1, status);
	if (preload != NULL)
		(void)unlink(counter);
	return 0;
}
