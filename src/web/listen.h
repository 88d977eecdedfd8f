/*
 * Where to listen: loopback or a Unix socket, and nothing else, since who may
 * connect may read who writes to whom.
 */
#ifndef TLSQ_WEB_LISTEN_H
#define TLSQ_WEB_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/error.h"

struct web_listen {
	struct sockaddr_storage addr;
	socklen_t len;
	bool local;		/* a Unix socket */
	dev_t dev;		/* and its file, once it is open */
	ino_t ino;
};

/* Pure.  "127.0.0.1:PORT", "[::1]:PORT" or "unix:/path"; else EX_CONFIG. */
bool web_listen_parse(struct web_listen *listen_r, const char *text,
    struct error *err) MUST_CHECK;

/*
 * A listening socket that does not block.  A Unix socket is made with mode 0660;
 * one that a dead program left there is replaced, any other file is not.
 * EX_UNAVAILABLE where it is taken, EX_NOPERM, EX_OSERR.
 */
bool web_listen_open(int *fd_r, struct web_listen *listen, struct error *err)
    MUST_CHECK;
/* Removes the Unix socket's file, unless another program's is there by now. */
void web_listen_remove(const struct web_listen *listen);

/*
 * Pure.  May a request with this Host field be answered?  A name that is not
 * ours is another site's page that had its name resolved to loopback (DNS
 * rebinding).  NULL (HTTP/1.0) may; so may all on a Unix socket, where no
 * browser comes from.
 */
bool web_host_is_ours(const struct web_listen *listen, const char *host);

#endif
