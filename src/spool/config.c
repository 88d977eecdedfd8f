/*
 * Storing and reading the configuration.
 */
#include "spool/config.h"

#include <assert.h>

#include "base/failpoint.h"
#include "spool/query.h"
#include "spool/spool_impl.h"

static bool
store_settings(struct spool *spool, const struct conf_rows *rows,
    struct error *err)
{
	for (size_t i = 0; i < rows->setting_count; i++) {
		struct spool_query q;

		spool_query_start(&q, spool, SQL_SETTING_INSERT);
		spool_query_put_text(&q, ":key", rows->setting[i].key);
		spool_query_put_text(&q, ":value", rows->setting[i].value);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
store_tls_strategies(struct spool *spool, const struct conf_rows *rows,
    struct error *err)
{
	static const char *const names[] = {
		":dane", ":mta_sts", ":starttls", ":allow_invalid_certs",
		":timeout_tls", ":timeout_mta_sts", ":on_policy_failure",
		":min_version",
	};

	static_assert(ARRAY_LEN(names) == CONF_TLS_COLUMN_COUNT, "for each");
	for (size_t i = 0; i < rows->tls_count; i++) {
		struct spool_query q;

		spool_query_start(&q, spool, SQL_TLS_STRATEGY_INSERT);
		spool_query_put_text(&q, ":id", rows->tls[i].id);
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			spool_query_put_text(&q, names[k],
			    rows->tls[i].column[k]);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
store_rules(struct spool *spool, const struct conf_rows *rows,
    struct error *err)
{
	for (size_t i = 0; i < rows->rule_count; i++) {
		const struct conf_rule_row *r = &rows->rule[i];
		struct spool_query q;

		spool_query_start(&q, spool, SQL_STRATEGY_RULE_INSERT);
		spool_query_put_text(&q, ":kind", conf_rule_kind_name(r->kind));
		spool_query_put_int(&q, ":position", r->position);
		spool_query_put_text(&q, ":condition", r->condition);
		spool_query_put_text(&q, ":result", r->result);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
store_lookups(struct spool *spool, const struct conf_rows *rows,
    struct error *err)
{
	for (size_t i = 0; i < rows->lookup_count; i++) {
		struct spool_query q;

		spool_query_start(&q, spool, SQL_LOOKUP_INSERT);
		spool_query_put_text(&q, ":map", rows->lookup[i].map);
		spool_query_put_text(&q, ":key", rows->lookup[i].key);
		spool_query_put_text(&q, ":value", rows->lookup[i].value);
		if (!spool_query_run(&q, err))
			return false;
	}
	return true;
}

static bool
config_run(struct spool *spool, enum sql_id id, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, id);
	return spool_query_run(&q, err);
}

bool
spool_config_store(struct spool *spool, const struct conf_rows *rows,
    struct error *err)
{
	if (!spool_begin(spool, err))
		return false;
	FAILPOINT_ROW("load");
	if (spool_db_exec(spool->db, spool->path, SQL_CONFIG_CLEAR, err) &&
	    store_settings(spool, rows, err) &&
	    store_tls_strategies(spool, rows, err) &&
	    config_run(spool, SQL_CONFIG_SHIP, err) &&
	    store_rules(spool, rows, err) &&
	    store_lookups(spool, rows, err) &&
	    config_run(spool, SQL_CONFIG_BUMP, err))
		return spool_commit(spool, err);
	spool_rollback(spool);
	return false;
}

static bool
load_settings(struct spool *spool, struct conf_rows *rows, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_SETTING_READ);
	while (spool_query_next(&q))
		conf_rows_add_setting(rows, spool_query_text(&q, 0),
		    spool_query_text(&q, 1));
	return spool_query_end(&q, err);
}

static bool
load_tls_strategies(struct spool *spool, struct conf_rows *rows,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_TLS_STRATEGY_READ);
	while (spool_query_next(&q)) {
		struct conf_tls_row row = { .id = spool_query_text(&q, 0) };

		for (int i = 0; i < CONF_TLS_COLUMN_COUNT; i++)
			row.column[i] = spool_query_text(&q, i + 1);
		conf_rows_add_tls(rows, &row);
	}
	return spool_query_end(&q, err);
}

static bool
load_rules(struct spool *spool, struct conf_rows *rows, struct error *err)
{
	enum conf_rule_kind kind;
	struct spool_query q;

	spool_query_start(&q, spool, SQL_STRATEGY_RULE_READ);
	while (spool_query_next(&q)) {
		const char *name = spool_query_text(&q, 0);

		if (!conf_rule_kind_find(&kind, name)) {
			(void)error_set(err, EX_CONFIG,
			    "strategy_rule: unknown kind %s", name);
			(void)!spool_query_end(&q, NULL);
			return false;
		}
		conf_rows_add_rule(rows, &(struct conf_rule_row){
			.kind = kind, .position = (int)spool_query_int(&q, 1),
			.condition = spool_query_is_null(&q, 2) ? NULL :
			    spool_query_text(&q, 2),
			.result = spool_query_text(&q, 3),
		});
	}
	return spool_query_end(&q, err);
}

static bool
load_lookups(struct spool *spool, struct conf_rows *rows, struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, spool, SQL_LOOKUP_READ);
	while (spool_query_next(&q))
		conf_rows_add_lookup(rows, spool_query_text(&q, 0),
		    spool_query_text(&q, 1), spool_query_text(&q, 2));
	return spool_query_end(&q, err);
}

bool
spool_config_load(struct spool *spool, struct conf_rows **rows_r,
    int64_t *generation_r, struct error *err)
{
	bool own = !spool_in_transaction(spool), ok;

	*rows_r = NULL;
	if (own && !config_run(spool, SQL_BEGIN_READ, err))
		return false;
	*rows_r = conf_rows_new();
	ok = spool_config_generation(spool, generation_r, err) &&
	    load_settings(spool, *rows_r, err) &&
	    load_tls_strategies(spool, *rows_r, err) &&
	    load_rules(spool, *rows_r, err) &&
	    load_lookups(spool, *rows_r, err);
	if (own)
		spool_rollback(spool);
	if (!ok)
		conf_rows_free(rows_r);
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
