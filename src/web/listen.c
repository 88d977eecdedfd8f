/*
 * The listening socket.
 */
#include "web/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

enum { BACKLOG = 64 };

static bool
parse_port(in_port_t *port_r, const char *text)
{
	unsigned n = 0;

	if (*text == '\0' || strlen(text) > 5)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*port_r = htons((uint16_t)n);
	return n > 0 && n <= UINT16_MAX;
}

static bool
parse_local(struct web_listen *l, const char *path, struct error *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&l->addr;

	if (path[0] != '/' || !text_copy(un->sun_path, sizeof(un->sun_path),
	    path))
		return error_set(err, EX_CONFIG, "http.listen: unix:%s: the "
		    "path must begin with / and have at most %zu octets", path,
		    sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	l->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(path) + 1);
	l->local = true;
	return true;
}

bool
web_listen_parse(struct web_listen *l, const char *text, struct error *err)
{
	static const char v4[] = "127.0.0.1:", v6[] = "[::1]:",
	    local[] = "unix:";
	struct sockaddr_in *in = (struct sockaddr_in *)&l->addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&l->addr;

	memset(l, 0, sizeof(*l));
	if (strncmp(text, local, strlen(local)) == 0)
		return parse_local(l, text + strlen(local), err);
	if (strncmp(text, v4, strlen(v4)) == 0 &&
	    parse_port(&in->sin_port, text + strlen(v4))) {
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		l->len = sizeof(*in);
		return true;
	}
	if (strncmp(text, v6, strlen(v6)) == 0 &&
	    parse_port(&in6->sin6_port, text + strlen(v6))) {
		in6->sin6_family = AF_INET6;
		in6->sin6_addr = in6addr_loopback;
		l->len = sizeof(*in6);
		return true;
	}
	return error_set(err, EX_CONFIG, "http.listen: %s: must be "
	    "127.0.0.1:PORT, [::1]:PORT or unix:/path: the page must not be "
	    "reachable from the network", text);
}

static const char *
local_path(const struct web_listen *l)
{
	return ((const struct sockaddr_un *)&l->addr)->sun_path;
}

static void
describe(char *dst, size_t room, const struct web_listen *l)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&l->addr;
	char *text = l->local ? mem_printf("unix:%s", local_path(l)) :
	    mem_printf("%s:%u", l->addr.ss_family == AF_INET ? "127.0.0.1" :
	    "[::1]", ntohs(in->sin_port));	/* sin6_port is in its place */

	(void)text_copy(dst, room, text);
	free(text);
}

static bool
listen_refuse(struct error *err, const struct web_listen *l, int why)
{
	char where[160];
	int code = why == EADDRINUSE ? EX_UNAVAILABLE :
	    why == EACCES || why == EPERM ? EX_NOPERM : EX_OSERR;

	describe(where, sizeof(where), l);
	return error_set(err, code, "http.listen: %s: %s", where,
	    strerror(why));
}

/* A Unix socket at this path that nobody answers is of a dead program. */
static void
remove_dead(const struct web_listen *l)
{
	struct stat st;
	int fd;

	if (lstat(local_path(l), &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&l->addr, l->len) != 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(local_path(l));
	(void)close(fd);
}

static bool
protect(struct web_listen *l)
{
	struct stat st;

	/* Nobody can connect before listen(): the mode is in time. */
	if (chmod(local_path(l), 0660) != 0 || lstat(local_path(l), &st) != 0)
		return false;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return true;
}

static bool
set_up(int fd, struct web_listen *l)
{
	int one = 1;

	if (l->local)
		remove_dead(l);
	else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) != 0)
		return false;
	if (bind(fd, (const struct sockaddr *)&l->addr, l->len) != 0)
		return false;
	return (!l->local || protect(l)) && listen(fd, BACKLOG) == 0;
}

bool
web_listen_open(int *fd_r, struct web_listen *l, struct error *err)
{
	int fd = socket(l->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0)
		return listen_refuse(err, l, errno);
	if (!set_up(fd, l)) {
		(void)listen_refuse(err, l, errno);
		(void)close(fd);
		return false;
	}
	*fd_r = fd;
	return true;
}

void
web_listen_remove(const struct web_listen *l)
{
	struct stat st;

	if (l->local && lstat(local_path(l), &st) == 0 &&
	    st.st_dev == l->dev && st.st_ino == l->ino)
		(void)unlink(local_path(l));
}

bool
web_host_is_ours(const struct web_listen *l, const char *host)
{
	static const char *const names[] = {
		"127.0.0.1", "[::1]", "localhost",
	};

	if (l->local || host == NULL)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t n = strlen(names[i]);
		in_port_t port;

		if (!text_starts_nocase(host, names[i]))
			continue;
		/* any port: it may be forwarded, by ssh -L for one */
		return host[n] == '\0' || (host[n] == ':' &&
		    parse_port(&port, host + n + 1));
	}
	return false;
}
