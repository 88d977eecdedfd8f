/*
 * base/user, base/host: root is given up for good; the host has a usable name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/user.h"

/* In a child: 0 where it ended as it should. */
static int
become_and_look(void)
{
	const struct passwd *user = getpwnam(TLSQ_USER);
	const struct group *group = getgrnam(TLSQ_GROUP);
	uid_t before = getuid();
	struct error err = { 0 };

	if (!user_become(&err))
		return before == 0 && (user == NULL || group == NULL) &&
		    err.code == EX_CONFIG &&
		    strstr(err.text, "does not exist") != NULL ? 0 : 1;
	if (umask(022) != 0007)
		return 2;
	if (before != 0)
		return getuid() == before ? 0 : 3;
	if (user == NULL || group == NULL)
		return 4;
	if (getuid() != user->pw_uid || geteuid() != user->pw_uid ||
	    getgid() != group->gr_gid || getegid() != group->gr_gid)
		return 5;
	return user->pw_uid != 0 && setuid(0) == 0 ? 6 : 0;
}

static void
root_is_given_up_for_good(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(become_and_look());
	assert_true(pid > 0);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
the_host_name_can_stand_in_smtp(void **state)
{
	char name[HOST_NAME_LEN];

	(void)state;
	host_name(name);
	assert_in_range(strlen(name), 1, 255);
	assert_int_equal(strspn(name,
	    "abcdefghijklmnopqrstuvwxyz0123456789.-"), strlen(name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_is_given_up_for_good),
		cmocka_unit_test(the_host_name_can_stand_in_smtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
