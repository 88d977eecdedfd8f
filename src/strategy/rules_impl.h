/*
 * Shared by choosing and checking.
 */
#ifndef TLSQ_STRATEGY_RULES_IMPL_H
#define TLSQ_STRATEGY_RULES_IMPL_H

#include "strategy/rules.h"

/* An object of that id is configured. */
bool rules_id_exists(const struct conf *conf, enum conf_rule_kind kind,
    const char *id);

#endif
