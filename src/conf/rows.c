/*
 * The rows as they are stored: adding to them, and the strategies of a snapshot
 * as rows.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build_impl.h"

struct conf_rows_store {
	struct arena *arena;
};

static const char *const rule_kinds[] = {
	[CONF_RULE_TLS] = "tls", [CONF_RULE_ROUTE] = "route",
	[CONF_RULE_CONNECTION] = "connection",
	[CONF_RULE_SCHEDULE] = "schedule",
};

static_assert(ARRAY_LEN(rule_kinds) == CONF_RULE_COUNT, "a name for each");

const char *
conf_rule_kind_name(enum conf_rule_kind kind)
{
	return rule_kinds[kind];
}

bool
conf_rule_kind_find(enum conf_rule_kind *kind_r, const char *name)
{
	for (unsigned int k = 0; k < CONF_RULE_COUNT; k++)
		if (strcmp(rule_kinds[k], name) == 0) {
			*kind_r = (enum conf_rule_kind)k;
			return true;
		}
	return false;
}

struct conf_rows *
conf_rows_new(void)
{
	struct conf_rows *rows = mem_zalloc(sizeof(*rows));

	rows->store = mem_zalloc(sizeof(*rows->store));
	rows->store->arena = arena_new();
	return rows;
}

void
conf_rows_free(struct conf_rows **rows)
{
	if (*rows == NULL)
		return;
	free((*rows)->tls);
	free((*rows)->rule);
	free((*rows)->lookup);
	free((*rows)->setting);
	arena_free(&(*rows)->store->arena);
	free((*rows)->store);
	free(*rows);
	*rows = NULL;
}

/* Room for one more, doubling; the count is a power of two where it is full. */
static void *
grow(void *items, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return items;
	return mem_realloc(items, (count > 0 ? count * 2 : 1) * size);
}

void
conf_rows_add_tls(struct conf_rows *rows, const struct conf_tls_row *row)
{
	struct arena *a = rows->store->arena;

	rows->tls = grow(rows->tls, rows->tls_count, sizeof(*row));
	rows->tls[rows->tls_count++] = (struct conf_tls_row){
		.id = arena_strdup(a, row->id),
		.dane = arena_strdup(a, row->dane),
		.mta_sts = arena_strdup(a, row->mta_sts),
		.starttls = arena_strdup(a, row->starttls),
		.allow_invalid_certs =
		    arena_strdup(a, row->allow_invalid_certs),
		.timeout_tls = row->timeout_tls,
		.timeout_mta_sts = row->timeout_mta_sts,
		.on_policy_failure = arena_strdup(a, row->on_policy_failure),
		.min_version = arena_strdup(a, row->min_version),
	};
}

void
conf_rows_add_rule(struct conf_rows *rows, const struct conf_rule_row *row)
{
	struct arena *a = rows->store->arena;

	rows->rule = grow(rows->rule, rows->rule_count, sizeof(*row));
	rows->rule[rows->rule_count++] = (struct conf_rule_row){
		.kind = row->kind, .position = row->position,
		.condition = row->condition != NULL ?
		    arena_strdup(a, row->condition) : NULL,
		.result = arena_strdup(a, row->result),
	};
}

void
conf_rows_add_lookup(struct conf_rows *rows, const struct conf_lookup_row *row)
{
	struct arena *a = rows->store->arena;

	rows->lookup = grow(rows->lookup, rows->lookup_count, sizeof(*row));
	rows->lookup[rows->lookup_count++] = (struct conf_lookup_row){
		.map = arena_strdup(a, row->map),
		.key = arena_strdup(a, row->key),
		.value = arena_strdup(a, row->value),
	};
}

void
conf_rows_add_setting(struct conf_rows *rows, const char *key,
    const char *value)
{
	struct arena *a = rows->store->arena;

	rows->setting = grow(rows->setting, rows->setting_count,
	    sizeof(*rows->setting));
	rows->setting[rows->setting_count++] = (struct conf_setting_row){
		.key = arena_strdup(a, key),
		.value = arena_strdup(a, value),
	};
}

/* --- strategies of a snapshot */

static const char *
word(enum conf_key_id key, int value)
{
	const struct conf_word *w = conf_keys[key].words;

	while (w->name != NULL && w->value != value)
		w++;
	assert(w->name != NULL);
	return w->name;
}

static const char *
allow_invalid(const struct conf_tls_strategy *tls)
{
	switch (tls->allow_invalid_certs) {
	case CONF_INVALID_REFUSE:
		return "false";
	case CONF_INVALID_ALLOW:
		return "true";
	case CONF_INVALID_BY_EXPRESSION:
		break;
	}
	return tls->allow_invalid_expression;
}

static void
add_tls(struct conf_rows *rows, const struct conf_tls_strategy *tls)
{
	conf_rows_add_tls(rows, &(struct conf_tls_row){
		.id = tls->id,
		.dane = word(KEY_TLS_DANE, (int)tls->dane),
		.mta_sts = word(KEY_TLS_MTA_STS, (int)tls->mta_sts),
		.starttls = word(KEY_TLS_STARTTLS, (int)tls->starttls),
		.allow_invalid_certs = allow_invalid(tls),
		.timeout_tls = tls->timeout_tls_s,
		.timeout_mta_sts = tls->timeout_mta_sts_s,
		.on_policy_failure = word(KEY_TLS_ON_FAILURE,
		    (int)tls->on_policy_failure),
		.min_version = word(KEY_TLS_MIN_VERSION,
		    (int)tls->min_version),
	});
}

void
conf_rows_add_strategies(struct conf_rows *rows, const struct conf *conf)
{
	for (struct conf_object *o = conf->store->objects[SCOPE_TLS];
	    o != NULL; o = o->hh.next)
		add_tls(rows, &o->as.tls);
	for (unsigned int k = 0; k < CONF_RULE_COUNT; k++) {
		const struct conf_rules *rules = &conf->rules[k];

		for (size_t i = 0; i < rules->count; i++)
			conf_rows_add_rule(rows, &(struct conf_rule_row){
				.kind = (enum conf_rule_kind)k,
				.position = (int)i,
				.condition = rules->item[i].condition,
				.result = rules->item[i].result,
			});
	}
}
