/*
 * Mail exchangers that are this host itself, by their addresses (RFC 5321 5.1).
 * For lists from the DNS: a relay that the configuration names may be this host.
 */
#ifndef TLSQ_NEXTHOP_LOOPS_H
#define TLSQ_NEXTHOP_LOOPS_H

#include "nexthop/discovery.h"

/* Sets host->own; one address of ours is enough. */
void nexthop_loops_find(struct nexthop_host *host,
    const struct host_result *addresses);
/* Takes their addresses from the hosts that are known to be ourselves and from all
 * that are no better.  One that was tried before has been tried. */
void nexthop_loops_drop(struct nexthop_discovery *survey);

#endif
