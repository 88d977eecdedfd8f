/*
 * The hosts of a destination in the order they are tried, with what became of
 * each: which one is next for a job.  PURE: lookups and sessions fill it in.
 */
#ifndef TLSQ_DELIVERY_HOST_LIST_H
#define TLSQ_DELIVERY_HOST_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "net/address.h"
#include "delivery/attempt.h"

struct delivery_plan_address {
	struct net_address to;
	/* owned; NULL: not known to fail */
	struct delivery_attempt *failed;
	int drops;		/* sessions in a row that a message ended */
};

struct delivery_plan_host {
	const char *name;	/* borrowed */
	bool resolved;		/* its addresses are here, or failed is */
	struct delivery_plan_address *address;	/* owned */
	size_t n_addresses;
	struct delivery_attempt *failed;	/* the whole host; owned */
	/* by address; owned; NULL: not yet */
	struct nexthop_decision *decision;
	/* A failure that waits for the policy to be read again; owned. */
	struct delivery_attempt *rechecked;
};

struct delivery_plan {
	struct delivery_plan_host *host;	/* owned */
	size_t n_hosts;
};

/* Zeroed hosts. */
void delivery_plan_init(struct delivery_plan *plan_r, size_t n_hosts);
/* Once for each host; zeroed addresses. */
void delivery_plan_add_addresses(struct delivery_plan_host *host, size_t n);

/* A place in the order.  host == n_hosts: the end. */
struct delivery_place {
	size_t host, address;
};

enum delivery_plan_next { PLAN_TRY, PLAN_WAIT, PLAN_END };

/*
 * From `from` on, the first address that is not known to fail.  WAIT: the host
 * at *place_r is not resolved yet.  END: none is left.
 */
enum delivery_plan_next delivery_plan_next(const struct delivery_plan *plan,
    struct delivery_place from, struct delivery_place *place_r);
/* The place after an address; the place of the next host. */
struct delivery_place delivery_place_after_address(struct delivery_place place);
struct delivery_place delivery_place_after_host(struct delivery_place place);
bool delivery_place_same(struct delivery_place a, struct delivery_place b);
/*
 * A session that was ready was dropped within a message.  Is it the message, of
 * which a filter of the host may die, or the host?  A message that ended one is
 * tried once more, after all others; when it ends a second, it has failed here.
 * A host has failed when three sessions in a row ended that way: at least two
 * messages were in them then.  message_drops and host_drops count this one.
 */
enum delivery_blame { PLAN_DROP_AGAIN, PLAN_DROP_MESSAGE, PLAN_DROP_HOST };
enum delivery_blame delivery_plan_blame(int message_drops, int host_drops);

/* Frees hosts and attempts. */
void delivery_plan_clear(struct delivery_plan *plan);

#endif
