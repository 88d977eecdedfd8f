/*
 * The metrics (doc/tlsq-http.7 lists them) from what was counted.  Pure.
 */
#ifndef TLSQ_WEB_METRICS_H
#define TLSQ_WEB_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "web/collector.h"

void web_metrics_write(struct buf *out, const struct web_snapshot *snapshot,
    bool openmetrics, int64_t now);

#endif
