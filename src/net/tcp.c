/*
 * Non-blocking TCP connect.
 */
#include "net/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

static bool
bind_source(int fd, const struct net_address *to,
    const struct net_address *source, struct error *err)
{
	char text[NET_ADDRESS_TEXT_LEN];

	if (source == NULL ||
	    net_address_family(source) != net_address_family(to))
		return true;
	if (bind(fd, &source->sa.any, source->len) == 0)
		return true;
	net_address_text(text, source);
	return error_set(err, EX_TEMPFAIL, "cannot use source address %s: %s",
	    text, strerror(errno));
}

bool
tcp_connect_start(int *fd_r, const struct net_address *to,
    const struct net_address *source, struct error *err)
{
	int one = 1, fd;

	*fd_r = -1;
	fd = socket(net_address_family(to),
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return error_set(err, EX_TEMPFAIL, "socket: %s",
		    strerror(errno));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!bind_source(fd, to, source, err)) {
		close(fd);
		return false;
	}
	if (connect(fd, &to->sa.any, to->len) != 0 && errno != EINPROGRESS) {
		error_set(err, EX_TEMPFAIL, "connect: %s", strerror(errno));
		close(fd);
		return false;
	}
	*fd_r = fd;
	return true;
}

bool
tcp_connect_result(int fd, struct error *err)
{
	int failed = 0;
	socklen_t len = sizeof(failed);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0)
		failed = errno;
	if (failed == 0)
		return true;
	return error_set(err, EX_TEMPFAIL, "connect: %s", strerror(failed));
}
