/*
 * base/notify: what a service manager hears, by a socket of its two kinds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/notify.h"

static int
manager_listens(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", name);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&at, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void
hears(int fd, const char *wanted)
{
	char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, wanted);
}

static void
both_kinds_of_socket_are_served(void **state)
{
	char path[64], abstract[64];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/tlsq-notify.%ld",
	    (long)getpid());
	(void)snprintf(abstract, sizeof(abstract), "@tlsq-notify.%ld",
	    (long)getpid());
	fd = manager_listens(path);
	notify_send("READY=1\nMAINPID=%d\n", 7);
	hears(fd, "READY=1\nMAINPID=7\n");
	close(fd);
	unlink(path);
	fd = manager_listens(abstract);
	assert_true(notify_wanted());
	notify_send("STOPPING=1\n");
	hears(fd, "STOPPING=1\n");
	close(fd);
}

static void
nobody_to_tell_is_no_fault(void **state)
{
	static const struct {
		const char *why, *socket;
		bool wanted;
	} rows[] = {
		{ "not started by a manager", NULL, false },
		{ "empty", "", false },
		{ "neither a path nor abstract", "relative.sock", false },
		{ "the manager is gone", "/nonexistent/notify", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].socket == NULL)
			unsetenv("NOTIFY_SOCKET");
		else
			setenv("NOTIFY_SOCKET", rows[i].socket, 1);
		if (notify_wanted() != rows[i].wanted)
			fail_msg("%s", rows[i].why);
		notify_send("READY=1\n");
	}
}

static void
the_watchdog_is_told_twice_in_its_time(void **state)
{
	static const struct {
		const char *why, *usec, *pid;
		int64_t ms;
	} rows[] = {
		{ "not asked for", NULL, NULL, 0 },
		{ "60 s: every 30 s", "60000000", NULL, 30000 },
		{ "no number", "soon", NULL, 0 },
		{ "rubbish after it", "60000000x", NULL, 0 },
		{ "negative", "-60000000", NULL, 0 },
		{ "shorter than a timer can be", "500", NULL, 0 },
		{ "another process is watched", "60000000", "1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (rows[i].usec != NULL)
			setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (rows[i].pid != NULL)
			setenv("WATCHDOG_PID", rows[i].pid, 1);
		if (notify_watchdog_ms() != rows[i].ms)
			fail_msg("%s", rows[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_of_socket_are_served),
		cmocka_unit_test(nobody_to_tell_is_no_fault),
		cmocka_unit_test(the_watchdog_is_told_twice_in_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
