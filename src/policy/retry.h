/*
 * When no host took a message: which of the failures decides, whether and when
 * the recipient is tried again, and when it is given up.  PURE, any thread: time
 * comes in as `now`.
 */
#ifndef TLSQ_POLICY_RETRY_H
#define TLSQ_POLICY_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A queue.schedule.<id>: delays in seconds; the last one repeats.  Exactly one
 * of expire_s and max_attempts is above 0. */
struct policy_retry_schedule {
	const int64_t *retry_s;
	size_t n_retry;
	int64_t expire_s;
	int max_attempts;
};

/* When a message received at received_at expires; 0: by attempts, not by age. */
int64_t policy_retry_expires_at(const struct policy_retry_schedule *s,
    int64_t received_at);

struct policy_retry_verdict {
	bool expired;		/* give up now */
	int64_t next_attempt_at; /* where not expired; never after expires_at */
};

/*
 * After the failed attempt number `attempts` (1 is the first).  jitter_permille
 * (0 to 999, from the caller's random source) spreads the delay by up to a tenth
 * and at most 15 s, so that a backlog does not come back as one burst.
 */
struct policy_retry_verdict policy_retry_after(
    const struct policy_retry_schedule *s, int64_t received_at,
    int64_t attempts, int64_t now, int jitter_permille);

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
