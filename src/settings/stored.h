/*
 * The stored configuration as conf knows it: spool's rows to conf's rows.
 */
#ifndef TLSQ_SETTINGS_STORED_H
#define TLSQ_SETTINGS_STORED_H

#include "conf/config.h"
#include "spool/config.h"

/* Copies.  EX_CONFIG for a kind of rule that there is not; *rows_r is NULL
 * then. */
bool stored_rows(struct conf_rows **rows_r, const struct spool_config *config,
    struct error *err) MUST_CHECK;

#endif
