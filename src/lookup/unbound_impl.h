/*
 * Inside lookup: libunbound, configured.
 */
#ifndef TLSQ_LOOKUP_UNBOUND_IMPL_H
#define TLSQ_LOOKUP_UNBOUND_IMPL_H

#include "lookup/resolver.h"

struct ub_ctx;

/*
 * A context whose thread is running (with the signal mask of the caller), with
 * its configuration read and found right, validating, with a trust anchor.  changed_at_r: when a file of
 * it was last changed.  EX_CONFIG.
 */
bool unbound_open(struct ub_ctx **ctx_r, int64_t *changed_at_r,
    const struct resolver_config *config, struct error *err) MUST_CHECK;

#endif
