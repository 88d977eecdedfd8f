/*
 * From the database's rows to the configuration's.
 */
#include "settings/stored.h"

static void
add_strategies(struct conf_rows *rows, const struct spool_config *c)
{
	for (size_t i = 0; i < c->tls_strategy_count; i++) {
		const struct spool_tls_strategy *t = &c->tls_strategies[i];

		conf_rows_add_tls(rows, &(struct conf_tls_row){
		    .id = t->id, .dane = t->dane, .mta_sts = t->mta_sts,
		    .starttls = t->starttls,
		    .allow_invalid_certs = t->allow_invalid_certs,
		    .timeout_tls = t->timeout_tls,
		    .timeout_mta_sts = t->timeout_mta_sts,
		    .on_policy_failure = t->on_policy_failure,
		    .min_version = t->min_version });
	}
}

static bool
add_rules(struct conf_rows *rows, const struct spool_config *c,
    struct error *err)
{
	for (size_t i = 0; i < c->rule_count; i++) {
		const struct spool_strategy_rule *r = &c->rules[i];
		enum conf_rule_kind kind;

		if (!conf_rule_kind_find(&kind, r->kind))
			return error_set(err, EX_CONFIG,
			    "strategy_rule: unknown kind %s", r->kind);
		conf_rows_add_rule(rows, &(struct conf_rule_row){
		    .kind = kind, .position = (int)r->position,
		    .condition = r->condition, .result = r->result });
	}
	return true;
}

bool
stored_rows(struct conf_rows **rows_r, const struct spool_config *config,
    struct error *err)
{
	struct conf_rows *rows = conf_rows_new();

	*rows_r = NULL;
	add_strategies(rows, config);
	if (!add_rules(rows, config, err)) {
		conf_rows_free(&rows);
		return false;
	}
	for (size_t i = 0; i < config->lookup_count; i++)
		conf_rows_add_lookup(rows, &(struct conf_lookup_row){
		    .map = config->lookups[i].map,
		    .key = config->lookups[i].key,
		    .value = config->lookups[i].value });
	for (size_t i = 0; i < config->setting_count; i++)
		conf_rows_add_setting(rows, config->settings[i].key,
		    config->settings[i].value);
	*rows_r = rows;
	return true;
}
