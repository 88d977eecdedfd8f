/*
 * Outgoing TCP: starts a non-blocking connect.  Waiting for it is the caller's,
 * on its loop; any thread.
 */
#ifndef TLSQ_NET_TCP_H
#define TLSQ_NET_TCP_H

#include "base/error.h"
#include "net/address.h"

/*
 * Starts to connect to `to`, from source where that is not NULL and of the same
 * family.  *fd_r is the caller's: non-blocking, close-on-exec, TCP_NODELAY (a
 * peer that answers each line waits 40 ms without it).  Writable means that the
 * connect has ended: tcp_connect_result() tells how.  Never blocks.
 */
bool tcp_connect_start(int *fd_r, const struct net_address *to,
    const struct net_address *source, struct error *err) MUST_CHECK;
bool tcp_connect_result(int fd, struct error *err) MUST_CHECK;

#endif
