/*
 * From the stored rows to the typed, shared configuration.
 */
#include "runner/snapshot.h"

#include <stdlib.h>

#include "base/mem.h"
#include "spool/config.h"

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

static bool
build(struct conf **conf_r, const struct spool_config *c, struct error *err)
{
	struct conf_rows *rows = conf_rows_new();
	bool ok;

	add_strategies(rows, c);
	ok = add_rules(rows, c, err);
	for (size_t i = 0; i < c->lookup_count; i++)
		conf_rows_add_lookup(rows, &(struct conf_lookup_row){
		    .map = c->lookups[i].map, .key = c->lookups[i].key,
		    .value = c->lookups[i].value });
	for (size_t i = 0; i < c->setting_count; i++)
		conf_rows_add_setting(rows, c->settings[i].key,
		    c->settings[i].value);
	ok = ok && conf_build(conf_r, rows, err);
	conf_rows_free(&rows);
	return ok;
}

bool
snapshot_load(struct snapshot **s_r, struct spool *spool,
    const struct snapshot *before, struct writer *writer, struct error *err)
{
	struct snapshot *s = mem_zalloc(sizeof(*s));
	struct arena *arena = arena_new();
	struct spool_config config;
	bool ok;

	*s_r = NULL;
	atomic_init(&s->refs, 1);
	ok = spool_config_load(spool, arena, &config, &s->generation, err) &&
	    build(&s->conf, &config, err) &&
	    services_make(&s->services, s->conf,
	    before != NULL ? before->services : NULL, spool_path(spool),
	    writer, err);
	arena_free(&arena);
	if (ok)
		*s_r = s;
	else
		snapshot_unref(&s);
	return ok;
}

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	(void)atomic_fetch_add(&s->refs, 1);
	return s;
}

void
snapshot_unref(struct snapshot **s)
{
	if (*s != NULL && atomic_fetch_sub(&(*s)->refs, 1) == 1) {
		services_unref(&(*s)->services);
		conf_free(&(*s)->conf);
		free(*s);
	}
	*s = NULL;
}
