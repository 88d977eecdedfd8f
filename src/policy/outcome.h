/*
 * When no host took a message: which of the failures decides, and whether the
 * recipient is tried again.  PURE.
 */
#ifndef TLSQ_POLICY_OUTCOME_H
#define TLSQ_POLICY_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

/* One host or address that was tried, or could not be. */
struct policy_outcome_fact {
	const char *error;	/* word of recipient.last_error, never NULL */
	const char *status;	/* enhanced code, "4.7.5" */
};

struct policy_outcome {
	size_t deciding;	/* index of the fact that is recorded */
	bool permanent;		/* fail; else defer */
	char status[16];	/* as recorded: of the right class */
};

/* True for the words of a refusal by TLS policy: tls, dane, mta-sts. */
bool policy_outcome_is_policy(const char *error);

/*
 * Facts stand in the order of preference; n is at least 1.  The most preferred
 * policy failure decides, else the last temporary failure, else the last one.
 * One temporary fact makes the whole temporary, unless the deciding one is a
 * policy failure and bounce_policy (on-policy-failure = "bounce") holds.
 */
struct policy_outcome policy_outcome_decide(
    const struct policy_outcome_fact *facts, size_t n, bool bounce_policy);

#endif
