/*
 * The verdict over all hosts of an attempt, and the retry schedule.
 */
#include "policy/retry.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* An administrator who wrote "1h" and reads the queue expects an hour. */
enum { JITTER_MAX_S = 15 };

int64_t
policy_retry_expires_at(const struct policy_retry_schedule *s,
    int64_t received_at)
{
	return s->expire_s > 0 ? received_at + s->expire_s : 0;
}

struct policy_retry_verdict
policy_retry_after(const struct policy_retry_schedule *s, int64_t received_at,
    int64_t attempts, int64_t now, int jitter_permille)
{
	int64_t expires_at = policy_retry_expires_at(s, received_at), delay,
	    spread;
	struct policy_retry_verdict v = { false, 0 };
	size_t step;

	assert(s->n_retry > 0 && attempts > 0);
	if ((s->max_attempts > 0 && attempts >= s->max_attempts) ||
	    (expires_at > 0 && now >= expires_at)) {
		v.expired = true;
		return v;
	}
	step = (size_t)(attempts - 1);
	if (step >= s->n_retry)
		step = s->n_retry - 1;
	delay = s->retry_s[step];
	spread = delay / 10 < JITTER_MAX_S ? delay / 10 : JITTER_MAX_S;
	v.next_attempt_at = now + delay + spread * jitter_permille / 1000;
	/* One last attempt at the very end (RFC 5321 4.5.4.1). */
	if (expires_at > 0 && v.next_attempt_at > expires_at)
		v.next_attempt_at = expires_at;
	return v;
}

/* --- which failure decides ----------------------------------------------- */

bool
policy_outcome_is_policy(const char *error)
{
	return strcmp(error, "tls") == 0 || strcmp(error, "dane") == 0 ||
	    strcmp(error, "mta-sts") == 0;
}

struct policy_outcome
policy_outcome_decide(const struct policy_outcome_fact *facts, size_t n,
    bool bounce_policy)
{
	struct policy_outcome o = { 0, true, "" };
	bool policy = false;

	assert(n > 0);
	for (size_t i = 0; i < n; i++) {
		bool temporary = facts[i].status[0] != '5';

		if (!policy && policy_outcome_is_policy(facts[i].error)) {
			policy = true;
			o.deciding = i;
		}
		if (!policy && (temporary || o.permanent))
			o.deciding = i;
		if (temporary)
			o.permanent = false;
	}
	if (policy && bounce_policy)
		o.permanent = true;
	(void)text_copy(o.status, sizeof(o.status), facts[o.deciding].status);
	o.status[0] = o.permanent ? '5' : '4';
	return o;
}
