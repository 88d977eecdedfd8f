/*
 * What deliveries need beside settings, and what is made from settings: the TLS
 * context with its trust anchors, and the lookups with their resolver thread.
 * Shared, counted, and kept by the next configuration where its settings for
 * them are the same.
 */
#ifndef TLSQ_NEXTHOP_SERVICES_H
#define TLSQ_NEXTHOP_SERVICES_H

#include "conf/config.h"
#include "lookup/lookup.h"
#include "spool/writer.h"
#include "tls/stls.h"

struct services;

/*
 * New ones, or another reference to `before` (may be NULL) where they would be
 * the same.  Cache rows are written through writer; NULL: not at all.  EX_CONFIG: a
 * file that is missing or wrong.
 */
bool services_make(struct services **s_r, const struct conf *conf,
    struct services *before, const char *database, struct writer *writer,
    struct error *err) MUST_CHECK;
struct services *services_ref(struct services *s);
/* The last one waits for the resolver's thread. */
void services_unref(struct services **s);
struct lookups *services_lookups(const struct services *s);
const struct stls_context *services_tls(const struct services *s);

#endif
