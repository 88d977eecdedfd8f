/*
 * What deliveries need beside settings, and what is made from settings: the TLS
 * context with its trust anchors, and the lookups with their resolver thread.
 * Shared, counted, and kept by the next configuration where its settings for
 * them are the same.
 */
#ifndef TLSQ_NEXTHOP_SERVICES_H
#define TLSQ_NEXTHOP_SERVICES_H

#include "lookup/lookup.h"
#include "settings/settings.h"
#include "spool/writer.h"
#include "tls/stls.h"

struct nexthop_services_source {
	const char *database;
	/* of cache rows; NULL: they are not written */
	struct spool_writer *writer;
};

/*
 * Makes new ones, or keeps those from before where they would be the same; the
 * last reference to one waits for the resolver's thread.  EX_CONFIG: a file that
 * is missing or wrong.  The source is kept.
 */
struct settings_maker nexthop_services_maker(
    struct nexthop_services_source *source);
struct lookups *nexthop_services_lookups(const struct settings *settings);
const struct stls_context *nexthop_services_tls(
    const struct settings *settings);

#endif
