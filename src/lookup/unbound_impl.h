/*
 * Inside lookup: libunbound, configured, on a loop and in its thread.
 */
#ifndef TLSQ_LOOKUP_UNBOUND_IMPL_H
#define TLSQ_LOOKUP_UNBOUND_IMPL_H

#include "lookup/resolver.h"

struct loop;
struct ub_ctx;
struct ub_event_base;

struct unbound {
	struct ub_ctx *ctx;	/* for ub_resolve_event(), ub_cancel() */
	struct ub_event_base *events;
	int64_t changed_at;	/* when a file of it was last changed */
};

/*
 * libunbound with its configuration read and found right, validating, with a
 * trust anchor, ready for the thread that will run the loop.  EX_CONFIG.
 */
bool unbound_open(struct unbound *unbound_r, struct loop *loop,
    const struct resolver_config *config, struct error *err) MUST_CHECK;
/*
 * Before the loop is freed, and by its thread or after it.  What is still asked
 * and not cancelled is called back from here.  Accepts what is not open.
 */
void unbound_close(struct unbound *unbound);

/* For libunbound, to be freed after the context; the loop outlives both. */
struct ub_event_base *unbound_events_new(struct loop *loop)
    __attribute__((returns_nonnull));

#endif
