/*
 * The order in which the hosts of a domain are tried (RFC 5321 5.1).  PURE, any
 * thread.
 */
#ifndef TLSQ_POLICY_MX_H
#define TLSQ_POLICY_MX_H

#include <stddef.h>
#include <stdint.h>

struct policy_mx_choice {
	uint16_t preference;
	const char *host;	/* borrowed */
};

enum policy_mx_order { MX_ORDER_OK, MX_ORDER_LOOP };

/*
 * Sorts by preference, shuffles equals by seed, and drops ourselves (own, host
 * names up to a NULL) with all that is not better: what they would do with the mail is give
 * it back to us.  Then cuts at limit, and counts what is left in *n.
 * MX_ORDER_LOOP: nothing is left because we are the best host.
 */
enum policy_mx_order policy_mx_order(struct policy_mx_choice *hosts, size_t *n,
    const char *const *own, size_t limit, uint64_t seed);

#endif
