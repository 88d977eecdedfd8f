/*
 * The stored configuration: rows of tls_strategy, strategy_rule, lookup and
 * setting.  What they mean is the business of conf and strategy.
 */
#ifndef TLSQ_SPOOL_CONFIG_H
#define TLSQ_SPOOL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "spool/spool.h"

struct spool_setting {
	const char *key, *value;
};

struct spool_tls_strategy {
	const char *id, *dane, *mta_sts, *starttls;
	const char *allow_invalid_certs;	/* true, false, or an expression */
	int64_t timeout_tls, timeout_mta_sts;	/* seconds */
	const char *on_policy_failure, *min_version;
};

struct spool_strategy_rule {
	const char *kind;		/* tls route connection schedule */
	int64_t position;
	const char *condition;		/* NULL: else */
	const char *result;
};

struct spool_lookup {
	const char *map, *key, *value;
};

struct spool_config {
	const struct spool_setting *settings;
	size_t setting_count;
	const struct spool_tls_strategy *tls_strategies;
	size_t tls_strategy_count;
	const struct spool_strategy_rule *rules;
	size_t rule_count;
	const struct spool_lookup *lookups;
	size_t lookup_count;
};

/* Replaces all of it in one transaction of its own. */
bool spool_config_store(struct spool *spool, const struct spool_config *config,
    struct error *err) MUST_CHECK;
/*
 * Reads all of it, of one moment; rows in order of id, (kind, position),
 * (map, key), key, and texts in the arena.  generation_r as below.
 */
bool spool_config_load(struct spool *spool, struct arena *arena,
    struct spool_config *config_r, int64_t *generation_r,
    struct error *err) MUST_CHECK;
/* Calls for each strategy that waiting messages are pinned to and that is not
 * stored; a look at all messages. */
bool spool_config_missing_pins(struct spool *spool,
    void (*call)(void *arg, const char *id, int64_t messages), void *arg,
    struct error *err) MUST_CHECK;
/* 0: none was ever stored; else it grows with each store. */
bool spool_config_generation(struct spool *spool, int64_t *generation_r,
    struct error *err) MUST_CHECK;

#endif
