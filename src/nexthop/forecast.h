/*
 * What an attempt would have come to under another strategy: the shadow strategy of
 * a delivery, and `tlsq whatif`.  PURE; any thread.
 */
#ifndef TLSQ_NEXTHOP_FORECAST_H
#define TLSQ_NEXTHOP_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/config.h"
#include "policy/forecast.h"

/* An attempt as it was recorded. */
struct nexthop_past {
	const struct policy_seen *seen;	/* NULL: no decision was made */
	int64_t hosts;			/* of the next hop; 0: not known */
	bool relay;			/* named by the configuration */
	const char *outcome;		/* delivered deferred failed */
	const char *error;		/* NULL: none */
	bool waived, pinned;		/* the message: TLS-Required: No */
};

struct nexthop_forecast {
	const char *outcome;	/* delivered deferred failed unknown */
	const char *why;	/* a sentence; NULL: TLS has no say */
};

struct nexthop_forecast nexthop_forecast(const struct nexthop_past *past,
    const struct conf_tls_strategy *strategy, const struct conf *conf);

#endif
