/*
 * The stored configuration: rows of tls_strategy, strategy_rule, lookup and
 * setting.  What they mean is the business of conf and strategy.
 */
#ifndef TLSQ_SPOOL_CONFIG_H
#define TLSQ_SPOOL_CONFIG_H

#include <stdint.h>

#include "base/error.h"
#include "conf/rows.h"
#include "spool/spool.h"

/* Replaces all of it in one transaction of its own. */
bool spool_config_store(struct spool *spool, const struct conf_rows *rows,
    struct error *err) MUST_CHECK;
/*
 * Reads all of it, of one moment; rows in order of id, (kind, position),
 * (map, key), key.  generation_r as below.  They are the caller's; NULL where it
 * failed: EX_CONFIG for a kind of rule that there is not.
 */
bool spool_config_load(struct spool *spool, struct conf_rows **rows_r,
    int64_t *generation_r, struct error *err) MUST_CHECK;
/* Calls for each strategy that waiting messages are pinned to and that is not
 * stored; a look at all messages. */
bool spool_config_missing_pins(struct spool *spool,
    void (*call)(void *arg, const char *id, int64_t messages), void *arg,
    struct error *err) MUST_CHECK;
/* 0: none was ever stored; else it grows with each store. */
bool spool_config_generation(struct spool *spool, int64_t *generation_r,
    struct error *err) MUST_CHECK;

#endif
