/*
 * The configuration as the database holds it: TLS strategies, strategy rules,
 * lookup maps, and all else as key and value text.
 *
 * What conf and spool share of it, and nothing else: the meaning is the business
 * of conf/config.h, the tables are that of spool/config.h.  Of the settings, only
 * what the file said is in the rows, so that defaults can change; TLS strategies
 * and strategy rules are always there whole, the shipped ones where the file has
 * none of its own, as other tables refer to them.
 */
#ifndef TLSQ_CONF_ROWS_H
#define TLSQ_CONF_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

/* Strategy expressions are kept under these words in strategy_rule.kind. */
enum conf_rule_kind {
	CONF_RULE_TLS, CONF_RULE_ROUTE, CONF_RULE_CONNECTION,
	CONF_RULE_SCHEDULE,
	/* judged beside the one for tls and only recorded; may have no rule */
	CONF_RULE_TLS_SHADOW,
	CONF_RULE_COUNT
};
const char *conf_rule_kind_name(enum conf_rule_kind kind);
/* What it gives the id of: "tls", "route", ... */
const char *conf_rule_kind_object(enum conf_rule_kind kind);
/* False where name is none of them. */
bool conf_rule_kind_find(enum conf_rule_kind *kind_r, const char *name);

/* The columns of tls_strategy behind its id, in their order. */
enum conf_tls_column {
	CONF_TLS_DANE, CONF_TLS_MTA_STS, CONF_TLS_STARTTLS,
	CONF_TLS_ALLOW_INVALID_CERTS,	/* "true", "false" or an expression */
	CONF_TLS_TIMEOUT_TLS, CONF_TLS_TIMEOUT_MTA_STS,	/* seconds */
	CONF_TLS_ON_POLICY_FAILURE, CONF_TLS_MIN_VERSION, CONF_TLS_COLUMN_COUNT
};

struct conf_tls_row {
	const char *id;
	const char *column[CONF_TLS_COLUMN_COUNT];
};

/* A row of strategy_rule.  Position rises within its kind, from 0. */
struct conf_rule_row {
	enum conf_rule_kind kind;
	int position;
	const char *condition;	/* NULL: always (the "else") */
	const char *result;	/* an expression, too */
};

struct conf_lookup_row {
	const char *map, *key, *value;
};

/*
 * A row of setting: the full key ("queue.route.relay1.port") and the value as
 * text: a word, a decimal number, true or false, a duration as it was written
 * ("90s", or "90" for 90 seconds), a list as a JSON array of strings
 * (["2m","5m"]; every such array is a TOML array, too).
 */
struct conf_setting_row {
	const char *key, *value;
};

struct conf_rows {
	struct conf_tls_row *tls;
	struct conf_rule_row *rule;
	struct conf_lookup_row *lookup;
	struct conf_setting_row *setting;
	size_t tls_count, rule_count, lookup_count, setting_count;
	struct arena *arena;	/* owns all of it */
};

/* conf_rows_add_* copy the row and its texts. */
struct conf_rows *conf_rows_new(void) __attribute__((returns_nonnull));
void conf_rows_free(struct conf_rows **rows);
void conf_rows_add_tls(struct conf_rows *rows, const struct conf_tls_row *row);
void conf_rows_add_rule(struct conf_rows *rows,
    const struct conf_rule_row *row);
void conf_rows_add_lookup(struct conf_rows *rows, const char *map,
    const char *key, const char *value);
void conf_rows_add_setting(struct conf_rows *rows, const char *key,
    const char *value);

#endif
