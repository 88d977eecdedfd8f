/*
 * The verdict over all hosts of an attempt.
 */
#include "policy/outcome.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

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
