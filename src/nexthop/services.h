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

struct services_source {
	const char *database;
	struct writer *writer;	/* of cache rows; NULL: they are not written */
};

/*
 * Makes new ones, or keeps those from before where they would be the same; the
 * last reference to one waits for the resolver's thread.  EX_CONFIG: a file that
 * is missing or wrong.  The source is kept.
 */
struct settings_maker services_maker(struct services_source *source);
struct lookups *services_lookups(const struct settings *settings);
const struct stls_context *services_tls(const struct settings *settings);

#endif
