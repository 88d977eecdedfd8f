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

bool
process_background(struct error *err)
{
	int fd;

	if (!fork_and_leave(err))
		return false;
	if (setsid() < 0)
		return error_set(err, EX_OSERR, "setsid: %s", strerror(errno));
	if (!fork_and_leave(err))
		return false;
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, EX_OSERR, "/dev/null: %s",
		    strerror(errno));
	for (int i = 0; i <= 2; i++)
		if (dup2(fd, i) < 0)
			return error_set(err, EX_OSERR, "dup2: %s",
			    strerror(errno));
	if (fd > 2)
		close(fd);
	return true;
}

bool
process_pid_file(const char *path, int *fd_r, struct error *err)
{
	int fd;

	*fd_r = -1;
	if (path == NULL)
		return true;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return error_set(err, EX_CANTCREAT, "%s: %s", path,
		    strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return error_set(err, EX_TEMPFAIL,
		    "%s: held by a program that runs already", path);
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
