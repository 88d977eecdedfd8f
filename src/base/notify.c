/*
 * sd_notify(3) without libsystemd.
 */
#include "base/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

/* Length of the address, 0 where there is none: a path, or a name in the
 * abstract space that is written with @ for its NUL. */
static socklen_t
manager_address(struct sockaddr_un *to)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    !text_copy(to->sun_path, sizeof(to->sun_path), path))
		return 0;
	to->sun_family = AF_UNIX;
	if (path[0] == '@')
		to->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(path));
}

bool
notify_wanted(void)
{
	struct sockaddr_un to;

	return manager_address(&to) > 0;
}

void
notify_send(const char *fmt, ...)
{
	struct sockaddr_un to = { .sun_family = AF_UNSPEC };
	socklen_t len = manager_address(&to);
	char text[512];
	va_list ap;
	int n, fd;

	if (len == 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(text))
		n = (int)sizeof(text) - 1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, (size_t)n, MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, len);
	close(fd);
}

/* WATCHDOG_PID names the process that is watched; a child is not. */
static bool
watched(void)
{
	const char *pid = getenv("WATCHDOG_PID");

	return pid == NULL || strtol(pid, NULL, 10) == (long)getpid();
}

int64_t
notify_watchdog_ms(void)
{
	const char *text = getenv("WATCHDOG_USEC");
	char *end;
	long long usec;

	if (text == NULL || !watched())
		return 0;
	usec = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || usec < 2000)
		return 0;
	return usec / 2000;
}
