/*
 * Standard files, background and pid file.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

void
process_standard_files(void)
{
	/* open takes the lowest number that is free */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* One octet goes in: the exit code of the process that was started.  -1: it has
 * gone, or there is none.  Written before threads start and as they end. */
static int start_fd = -1;

static _Noreturn void
await_start(int fd)
{
	unsigned char code = EX_OK;
	ssize_t n;

	do
		n = read(fd, &code, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(code);
	(void)fprintf(stderr, "the program died before it was ready; its "
	    "syslog messages may say why\n");
	_exit(EX_SOFTWARE);
}

static bool
fork_and_wait(struct error *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return error_set(err, EX_OSERR, "pipe: %s", strerror(errno));
	if ((pid = fork()) < 0) {
		(void)error_set(err, EX_OSERR, "fork: %s", strerror(errno));
		close(fds[0]);
		close(fds[1]);
		return false;
	}
	if (pid > 0) {
		close(fds[1]);
		await_start(fds[0]);
	}
	close(fds[0]);
	start_fd = fds[1];
	return true;
}

static bool
fork_and_leave(struct error *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return error_set(err, EX_OSERR, "fork: %s", strerror(errno));
	if (pid > 0)
		_exit(EX_OK);
	return true;
}

/* Standard files from first to last. */
static bool
silence(int first, int last, struct error *err)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, EX_OSERR, "/dev/null: %s",
		    strerror(errno));
	for (int i = first; i <= last; i++)
		if (dup2(fd, i) < 0)
			return error_set(err, EX_OSERR, "dup2: %s",
			    strerror(errno));
	if (fd > 2)
		close(fd);
	return true;
}

bool
process_background(struct error *err)
{
	if (!fork_and_wait(err))
		return false;
	if (setsid() < 0)
		return error_set(err, EX_OSERR, "setsid: %s", strerror(errno));
	return fork_and_leave(err) &&
	    silence(STDIN_FILENO, STDOUT_FILENO, err);
}

static void
tell_start(int code)
{
	const unsigned char octet = (unsigned char)code;

	/* Nobody may be there any more. */
	while (write(start_fd, &octet, 1) < 0 && errno == EINTR)
		;
	close(start_fd);
	start_fd = -1;
}

void
process_ready(void)
{
	if (start_fd < 0)
		return;
	(void)!silence(STDERR_FILENO, STDERR_FILENO, NULL);
	tell_start(EX_OK);
}

int
process_end(int code)
{
	if (start_fd >= 0)
		tell_start(code);
	return code;
}

bool
process_pid_file(const char *path, int *fd_r, struct error *err)
{
	int fd;

	*fd_r = -1;
	if (path == NULL)
		return true;
	if (path[0] == '\0')
		return error_set(err, EX_USAGE, "--pid-file: the file name is "
		    "empty");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 && errno == ELOOP)
		return error_set(err, EX_CANTCREAT, "%s: is a symbolic link; "
		    "name the file itself", path);
	if (fd < 0)
		return error_set(err, EX_CANTCREAT, "%s: %s", path,
		    strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return error_set(err, EX_TEMPFAIL,
		    "%s: locked: is another one running?", path);
	}
	if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		error_set(err, EX_IOERR, "%s: %s", path, strerror(errno));
		close(fd);
		return false;
	}
	*fd_r = fd;
	return true;
}

int
process_print(const char *ident, const char *text)
{
	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return EX_OK;
	(void)fprintf(stderr, "%s: standard output: %s\n", ident,
	    strerror(errno));
	return EX_IOERR;
}
