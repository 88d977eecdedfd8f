/*
 * The secret for AUTH with a relay: queue.route.<id>.auth.secret, or the first
 * line of the file that it names.  May read a file; the caller's thread.
 */
#ifndef TLSQ_NEXTHOP_SECRET_H
#define TLSQ_NEXTHOP_SECRET_H

#include "base/error.h"
#include "conf/config.h"

/*
 * Fresh memory, given back to nexthop_secret_free(); NULL where the route has no
 * username.  One that stands in a file is read now, its first line; EX_CONFIG,
 * naming key and file, where that cannot be.  Blocks for a small file.
 */
bool nexthop_secret_read(char **secret_r, const struct conf_route *route,
    struct error *err) MUST_CHECK;
/* Wipes it.  Accepts NULL. */
void nexthop_secret_free(char **secret);

#endif
