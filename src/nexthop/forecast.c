/*
 * From the verdict on the host to the outcome of the attempt.
 */
#include "nexthop/forecast.h"

#include <string.h>

#include "policy/retry.h"

/* The host would have been refused. */
static struct nexthop_forecast
refused(const struct nexthop_past *p, const struct policy_forecast *f,
    const struct conf_tls_strategy *strategy)
{
	struct nexthop_forecast r = { .why = f->why };

	/* Another host might have taken it. */
	if (strcmp(p->outcome, "delivered") == 0 && p->hosts != 1) {
		r.outcome = "unknown";
		r.why = "the host would be refused, and no other one was tried";
	} else
		r.outcome = strategy->on_policy_failure ==
		    CONF_FAILURE_BOUNCE ? "failed" : "deferred";
	return r;
}

struct nexthop_forecast
nexthop_forecast(const struct nexthop_past *p,
    const struct conf_tls_strategy *strategy, const struct conf *conf)
{
	struct policy_forecast_terms terms = { .wants = strategy->wants,
		.allow_invalid =
		    strategy->allow_invalid_certs == CONF_INVALID_ALLOW,
		.allow_unknown = strategy->allow_invalid_certs ==
		    CONF_INVALID_BY_EXPRESSION };
	struct nexthop_forecast same = { .outcome = p->outcome };
	struct policy_forecast f;

	if (p->seen == NULL || p->relay)
		return same;
	if (p->waived)
		terms.wants = policy_waive(&strategy->wants,
		    conf->queue.tls_required_no, p->pinned,
		    &terms.allow_invalid);
	/* Nothing that TLS has a say in was reached. */
	if (p->error != NULL && !policy_outcome_is_policy(p->error) &&
	    p->seen->tls == POLICY_TLS_UNSEEN)
		return same;
	f = policy_forecast(p->seen, &terms);
	switch (f.outcome) {
	case POLICY_FORECAST_UNKNOWN:
		return (struct nexthop_forecast){ "unknown", f.why };
	case POLICY_FORECAST_REFUSED:
		return refused(p, &f, strategy);
	case POLICY_FORECAST_ADMITTED:
		break;
	}
	if (p->error != NULL && policy_outcome_is_policy(p->error))
		same.outcome = "delivered";
	same.why = f.why;
	return same;
}
