/*
 * Reading a secret, and wiping it.
 */
#include "nexthop/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SECRET_MAX = 1000 };

static bool
read_first_line(char *dst, size_t room, const char *path, struct error *err)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		return error_set(err, EX_CONFIG, "%s: %s", path,
		    strerror(errno));
	n = fread(dst, 1, room - 1, f);
	dst[n] = '\0';
	(void)fclose(f);
	dst[strcspn(dst, "\r\n")] = '\0';
	if (strlen(dst) == room - 1)
		return error_set(err, EX_CONFIG, "%s: the first line has %d "
		    "octets or more", path, SECRET_MAX);
	return dst[0] != '\0' || error_set(err, EX_CONFIG,
	    "%s: the first line has no secret", path);
}

bool
nexthop_secret_read(char **secret_r, const struct conf_route *route,
    struct error *err)
{
	char line[SECRET_MAX + 1];
	bool ok = true;

	*secret_r = NULL;
	if (route->auth_username == NULL)
		return true;
	if (route->auth_secret_file == NULL) {
		*secret_r = mem_strdup(route->auth_secret != NULL ?
		    route->auth_secret : "");
		return true;
	}
	if (read_first_line(line, sizeof(line), route->auth_secret_file, err))
		*secret_r = mem_strdup(line);
	else
		ok = error_prefix(err, "queue.route.%s.auth.secret",
		    route->id);
	explicit_bzero(line, sizeof(line));
	return ok;
}

void
nexthop_secret_free(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}
