/*
 * The configuration as the milter uses it: shared by any number of threads, with
 * its two expressions compiled, and which domains fail.  A message keeps the one
 * that it began with.
 * Expressions are evaluated by one engine for each configuration under a lock:
 * microseconds each.
 */
#ifndef TLSQ_MILTER_SETTINGS_H
#define TLSQ_MILTER_SETTINGS_H

#include "conf/config.h"
#include "milter/reply.h"
#include "settings/settings.h"
#include "strategy/expr.h"

struct milter_settings;

/*
 * Makes the database where there is none.  Errors are those of the spool, and
 * EX_CONFIG where the stored configuration does not make sense.
 */
bool milter_settings_open(struct milter_settings **settings_r,
    const char *database, struct error *err) MUST_CHECK;
void milter_settings_close(struct milter_settings **settings);

/*
 * The one in force, to be given back with settings_unref().  Looks into the
 * database at most twice a second; where that fails, or the new configuration
 * does not make sense, the one before stays in force and the log says why.  Any
 * thread.
 */
struct settings *milter_settings_current(struct milter_settings *settings)
    __attribute__((returns_nonnull));

/*
 * milter.take: shall this recipient be taken over?  And milter.tls-strategy:
 * the id to pin, or NULL; it lives as long as the settings.  EX_CONFIG, naming
 * the key, where an expression fails or names no strategy.
 */
bool milter_settings_take(const struct settings *s,
    const struct strategy_values *values, bool *take_r, struct error *err)
    MUST_CHECK;
bool milter_settings_strategy(const struct settings *s,
    const struct strategy_values *values, const char **id_r, struct error *err)
    MUST_CHECK;

/*
 * milter.failing-domains: true where a recipient of the domain may be taken; else
 * the reply says since when its mail fails (DANE, MTA-STS or TLS) and why.  One
 * is let through in each milter.failing-probe, so that the runner finds out when
 * the domain was mended.  What cannot be read refuses nobody: the policy is
 * enforced at delivery.  Any thread.
 */
bool milter_settings_admits(struct milter_settings *settings,
    const struct conf_milter_settings *conf, const char *domain, int64_t now,
    struct milter_reply *reply_r) MUST_CHECK;

#endif
