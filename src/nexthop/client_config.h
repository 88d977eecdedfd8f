/*
 * What an SMTP session is told before it begins, made from the decision and the
 * configuration; the same for a delivery and for `tlsq explain --connect`.
 * Opens no connection; the caller's thread.
 */
#ifndef TLSQ_NEXTHOP_CLIENT_CONFIG_H
#define TLSQ_NEXTHOP_CLIENT_CONFIG_H

#include "nexthop/chooser.h"
#include "nexthop/verify.h"
#include "smtp/client.h"

/*
 * Fills all of c but loop, to, session.username, session.secret, events and ctx; reads c->to.
 * own_name is the system's, kept, and our EHLO name where the connection strategy
 * has none.
 */
void nexthop_client_config_fill(struct smtp_client_config *c,
    const struct nexthop_proof *proof, const struct nexthop_choice *choice,
    const char *own_name);

#endif
