/*
 * The text that a monitoring system reads: Prometheus 0.0.4 or OpenMetrics 1.0.
 * Pure.
 *
 * A family is one name with its samples, written together:
 *	web_family(&x, &family);
 *	web_sample(&x, labels, count, value);	as often as needed
 * and web_expose_end after the last.
 */
#ifndef TLSQ_WEB_EXPOSE_H
#define TLSQ_WEB_EXPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum web_metric_type { WEB_GAUGE, WEB_COUNTER, WEB_HISTOGRAM };

struct web_family {
	const char *name;	/* of a counter: without _total */
	const char *unit;	/* NULL, or what the name ends in */
	const char *help;
	enum web_metric_type type;
};

struct web_label {
	const char *name, *value;
};

struct web_expose {
	struct buf *out;
	bool openmetrics;
	int64_t since_s;	/* when counters were zero */
	const struct web_family *family;
};

extern const char web_type_prometheus[], web_type_openmetrics[];

/*
 * Does a client with this Accept field (NULL: none) want OpenMetrics?  Only where
 * it names that type, and does not prefer plain text: curl gets the latter.
 */
bool web_accepts_openmetrics(const char *accept);

void web_family(struct web_expose *x, const struct web_family *family);
void web_sample(struct web_expose *x, const struct web_label *labels,
    size_t count, int64_t value);
/* A histogram's only sample: the count of each bucket alone, the last one
 * without a bound; bounds and sum in milliseconds, shown as seconds. */
void web_histogram(struct web_expose *x, const int64_t *bounds_ms,
    const int64_t *counts, size_t bounds, int64_t sum_ms);
void web_expose_end(struct web_expose *x);

#endif
