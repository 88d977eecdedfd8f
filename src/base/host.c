/*
 * The name of this host.
 */
#include "base/host.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

static bool
is_host_name(const char *s)
{
	return s[0] != '\0' && s[0] != '.' && s[0] != '-' &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(s);
}

void
host_name(char dst[static HOST_NAME_LEN])
{
	struct addrinfo hints = { .ai_flags = AI_CANONNAME,
		.ai_socktype = SOCK_STREAM }, *found = NULL;
	char full[HOST_NAME_LEN];

	if (gethostname(dst, HOST_NAME_LEN) != 0)
		dst[0] = '\0';
	dst[HOST_NAME_LEN - 1] = '\0';
	text_lower(dst);
	if (strchr(dst, '.') == NULL && dst[0] != '\0' &&
	    getaddrinfo(dst, NULL, &hints, &found) == 0 &&
	    found->ai_canonname != NULL &&
	    text_copy(full, sizeof(full), found->ai_canonname)) {
		text_lower(full);
		if (is_host_name(full) && strchr(full, '.') != NULL)
			memcpy(dst, full, strlen(full) + 1);
	}
	if (found != NULL)
		freeaddrinfo(found);
	if (!is_host_name(dst))
		memcpy(dst, "localhost", sizeof("localhost"));
}
