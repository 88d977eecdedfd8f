/*
 * The IP addresses of this machine's network interfaces, by which mail loops
 * are recognised.  Any thread.
 */
#ifndef TLSQ_NET_OWN_H
#define TLSQ_NET_OWN_H

#include <stdbool.h>

#include "net/address.h"

/*
 * It leads to this machine: the address of an interface, 0.0.0.0 or ::, or one of
 * these spelled in IPv6 (::ffff:192.0.2.1).  The port does not count.  Of
 * 127.0.0.0/8 only what an interface has, by default 127.0.0.1.  Interfaces come
 * and go: they are read again, once a second at most.  Any thread.
 */
bool net_address_is_own(const struct net_address *addr);
/* The same address, whatever the port and the spelling. */
bool net_address_same_host(const struct net_address *a,
    const struct net_address *b);

#endif
