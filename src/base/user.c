/*
 * From root to the user of the spool.
 */
#include "base/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
refused(struct error *err, const char *call)
{
	return error_set(err, EX_NOPERM, "cannot become user %s: %s: %s",
	    TLSQ_USER, call, strerror(errno));
}

bool
user_become(struct error *err)
{
	const struct passwd *user;
	const struct group *group;
	uid_t uid;
	gid_t gid;

	(void)umask(0007);
	if (geteuid() != 0)
		return true;
	if ((user = getpwnam(TLSQ_USER)) == NULL)
		return error_set(err, EX_CONFIG, "user %s does not exist: "
		    "make it (useradd --system --user-group %s), or start "
		    "the program as another user that may use the spool",
		    TLSQ_USER, TLSQ_USER);
	uid = user->pw_uid;
	if ((group = getgrnam(TLSQ_GROUP)) == NULL)
		return error_set(err, EX_CONFIG,
		    "group %s does not exist: make it (groupadd --system %s)",
		    TLSQ_GROUP, TLSQ_GROUP);
	gid = group->gr_gid;
	if (initgroups(TLSQ_USER, gid) != 0)
		return refused(err, "initgroups");
	if (setgid(gid) != 0)
		return refused(err, "setgid");
	if (setuid(uid) != 0)
		return refused(err, "setuid");
	if (uid != 0 && setuid(0) == 0)
		return error_set(err, EX_NOPERM,
		    "user %s could become root again", TLSQ_USER);
	return true;
}
