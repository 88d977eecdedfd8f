/*
 * Storing and reading the configuration.
 */
#include "spool/config.h"

#include <string.h>

#include "base/failpoint.h"
#include "spool/query.h"
#include "spool/spool_impl.h"

static bool
store_settings(struct spool *spool, const struct spool_config *c,
    struct error *err)
{
	for (size_t i = 0; i < c->setting_count; i++) {
		struct spool_query q;

		spool_query_start(&q, spool, SQL_SETTING_INSERT);
		spool_query_put_text(&q, ":key", c->settings[i].key);
		spool_query_put_text(&q, ":value", c->settings[i].value);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
store_tls_strategies(struct spool *spool, const struct spool_config *c,
    struct error *err)
{
	for (size_t i = 0; i < c->tls_strategy_count; i++) {
		const struct spool_tls_strategy *s = &c->tls_strategies[i];
		struct spool_query q;

		spool_query_start(&q, spool, SQL_TLS_STRATEGY_INSERT);
		spool_query_put_text(&q, ":id", s->id);
		spool_query_put_text(&q, ":dane", s->dane);
		spool_query_put_text(&q, ":mta_sts", s->mta_sts);
		spool_query_put_text(&q, ":starttls", s->starttls);
		spool_query_put_text(&q, ":allow_invalid_certs",
		    s->allow_invalid_certs);
		spool_query_put_int(&q, ":timeout_tls", s->timeout_tls);
		spool_query_put_int(&q, ":timeout_mta_sts",
		    s->timeout_mta_sts);
		spool_query_put_text(&q, ":on_policy_failure",
		    s->on_policy_failure);
		spool_query_put_text(&q, ":min_version", s->min_version);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
store_rules(struct spool *spool, const struct spool_config *c,
    struct error *err)
{
	for (size_t i = 0; i < c->rule_count; i++) {
		const struct spool_strategy_rule *r = &c->rules[i];
		struct spool_query q;

		spool_query_start(&q, spool, SQL_STRATEGY_RULE_INSERT);
		spool_query_put_text(&q, ":kind", r->kind);
		spool_query_put_int(&q, ":position", r->position);
		spool_query_put_text(&q, ":condition", r->condition);
		spool_query_put_text(&q, ":result", r->result);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
store_lookups(struct spool *spool, const struct spool_config *c,
    struct error *err)
{
	for (size_t i = 0; i < c->lookup_count; i++) {
		struct spool_query q;

		spool_query_start(&q, spool, SQL_LOOKUP_INSERT);
		spool_query_put_text(&q, ":map", c->lookups[i].map);
		spool_query_put_text(&q, ":key", c->lookups[i].key);
		spool_query_put_text(&q, ":value", c->lookups[i].value);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
run(struct spool *spool, enum sql_id id, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, id);
	return spool_query_run(&q, err);
}

bool
spool_config_store(struct spool *spool, const struct spool_config *config,
    struct error *err)
{
	if (!spool_begin(spool, err))
		return false;
	FAILPOINT_ROW("load");
	if (spool_db_exec(spool->db, spool->path, SQL_CONFIG_CLEAR, err) &&
	    store_settings(spool, config, err) &&
	    store_tls_strategies(spool, config, err) &&
	    run(spool, SQL_CONFIG_SHIP, err) &&
	    store_rules(spool, config, err) &&
	    store_lookups(spool, config, err) &&
	    run(spool, SQL_CONFIG_BUMP, err))
		return spool_commit(spool, err);
	spool_rollback(spool);
	return false;
}

/*
 * Rows into an array in the arena that doubles as it grows: what it outgrew
 * stays in the arena, at most as much again.
 */
static void *
grow(struct arena *arena, void *rows, size_t count, size_t size)
{
	void *fresh;

	if (count > 0 && (count & (count - 1)) != 0)
		return rows;
	fresh = arena_alloc(arena, (count > 0 ? count * 2 : 1) * size);
	if (count > 0)
		memcpy(fresh, rows, count * size);
	return fresh;
}

static bool
load_settings(struct spool *spool, struct arena *a, struct spool_config *c,
    struct error *err)
{
	struct spool_setting *rows = NULL;
	size_t n = 0;
	struct spool_query q;

	spool_query_start(&q, spool, SQL_SETTING_READ);
	while (spool_query_next(&q)) {
		rows = grow(a, rows, n, sizeof(*rows));
		rows[n++] = (struct spool_setting){
			.key = spool_query_copy(&q, 0, a),
			.value = spool_query_copy(&q, 1, a),
		};
	}
	c->settings = rows;
	c->setting_count = n;
	return spool_query_end(&q, err);
}

static bool
load_tls_strategies(struct spool *spool, struct arena *a,
    struct spool_config *c, struct error *err)
{
	struct spool_tls_strategy *rows = NULL;
	size_t n = 0;
	struct spool_query q;

	spool_query_start(&q, spool, SQL_TLS_STRATEGY_READ);
	while (spool_query_next(&q)) {
		rows = grow(a, rows, n, sizeof(*rows));
		rows[n++] = (struct spool_tls_strategy){
			.id = spool_query_copy(&q, 0, a),
			.dane = spool_query_copy(&q, 1, a),
			.mta_sts = spool_query_copy(&q, 2, a),
			.starttls = spool_query_copy(&q, 3, a),
			.allow_invalid_certs = spool_query_copy(&q, 4, a),
			.timeout_tls = spool_query_int(&q, 5),
			.timeout_mta_sts = spool_query_int(&q, 6),
			.on_policy_failure = spool_query_copy(&q, 7, a),
			.min_version = spool_query_copy(&q, 8, a),
		};
	}
	c->tls_strategies = rows;
	c->tls_strategy_count = n;
	return spool_query_end(&q, err);
}

static bool
load_rules(struct spool *spool, struct arena *a, struct spool_config *c,
    struct error *err)
{
	struct spool_strategy_rule *rows = NULL;
	size_t n = 0;
	struct spool_query q;

	spool_query_start(&q, spool, SQL_STRATEGY_RULE_READ);
	while (spool_query_next(&q)) {
		rows = grow(a, rows, n, sizeof(*rows));
		rows[n++] = (struct spool_strategy_rule){
			.kind = spool_query_copy(&q, 0, a),
			.position = spool_query_int(&q, 1),
			.condition = spool_query_copy(&q, 2, a),
			.result = spool_query_copy(&q, 3, a),
		};
	}
	c->rules = rows;
	c->rule_count = n;
	return spool_query_end(&q, err);
}

static bool
load_lookups(struct spool *spool, struct arena *a, struct spool_config *c,
    struct error *err)
{
	struct spool_lookup *rows = NULL;
	size_t n = 0;
	struct spool_query q;

	spool_query_start(&q, spool, SQL_LOOKUP_READ);
	while (spool_query_next(&q)) {
		rows = grow(a, rows, n, sizeof(*rows));
		rows[n++] = (struct spool_lookup){
			.map = spool_query_copy(&q, 0, a),
			.key = spool_query_copy(&q, 1, a),
			.value = spool_query_copy(&q, 2, a),
		};
	}
	c->lookups = rows;
	c->lookup_count = n;
	return spool_query_end(&q, err);
}

bool
spool_config_load(struct spool *spool, struct arena *arena,
    struct spool_config *config_r, int64_t *generation_r, struct error *err)
{
	bool own = !spool_in_transaction(spool), ok;

	*config_r = (struct spool_config){ .settings = NULL };
	if (own && !run(spool, SQL_BEGIN_READ, err))
		return false;
	ok = spool_config_generation(spool, generation_r, err) &&
	    load_settings(spool, arena, config_r, err) &&
	    load_tls_strategies(spool, arena, config_r, err) &&
	    load_rules(spool, arena, config_r, err) &&
	    load_lookups(spool, arena, config_r, err);
	if (own)
		spool_rollback(spool);
	return ok;
}

bool
spool_config_generation(struct spool *spool, int64_t *generation_r,
    struct error *err)
{
	struct spool_query q;

	*generation_r = 0;
	spool_query_start(&q, spool, SQL_CONFIG_GENERATION);
	if (spool_query_next(&q))
		*generation_r = spool_query_int(&q, 0);
	return spool_query_end(&q, err);
}

bool
spool_config_missing_pins(struct spool *spool,
    void (*call)(void *arg, const char *id, int64_t messages), void *arg,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_CONFIG_PINS_MISSING);
	while (spool_query_next(&q))
		call(arg, spool_query_text(&q, 0), spool_query_int(&q, 1));
	return spool_query_end(&q, err);
}
