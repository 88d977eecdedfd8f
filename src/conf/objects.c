/*
 * The objects of a configuration by their ids, and what is stored of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/build_impl.h"
#include "conf/value_impl.h"

struct conf_object *
conf_object_find(const struct conf *conf, enum conf_scope scope,
    const char *id)
{
	struct conf_object *found = NULL;

	HASH_FIND_STR(conf->store->objects[scope], id, found);
	return found;
}

static const void *
object_fields(const struct conf *conf, enum conf_scope scope, const char *id)
{
	const struct conf_object *o = conf_object_find(conf, scope, id);

	return o != NULL ? &o->as : NULL;
}

const struct conf_tls_strategy *
conf_tls_strategy(const struct conf *conf, const char *id)
{
	return object_fields(conf, SCOPE_TLS, id);
}

const struct conf_route *
conf_route(const struct conf *conf, const char *id)
{
	return object_fields(conf, SCOPE_ROUTE, id);
}

const struct conf_connection *
conf_connection(const struct conf *conf, const char *id)
{
	return object_fields(conf, SCOPE_CONNECTION, id);
}

const struct conf_schedule *
conf_schedule(const struct conf *conf, const char *id)
{
	return object_fields(conf, SCOPE_SCHEDULE, id);
}

const struct conf_virtual *
conf_virtual(const struct conf *conf, const char *id)
{
	return object_fields(conf, SCOPE_VIRTUAL, id);
}

int64_t
conf_longest_retry_s(const struct conf *conf)
{
	int64_t longest = 0;

	for (const struct conf_object *o =
	    conf->store->objects[SCOPE_SCHEDULE]; o != NULL; o = o->hh.next)
		for (size_t i = 0; i < o->as.schedule.retry.n_retry; i++)
			if (o->as.schedule.retry.retry_s[i] > longest)
				longest = o->as.schedule.retry.retry_s[i];
	return longest;
}

int64_t
conf_longest_expire_s(const struct conf *conf)
{
	int64_t longest = 0;

	for (const struct conf_object *o =
	    conf->store->objects[SCOPE_SCHEDULE]; o != NULL; o = o->hh.next)
		if (o->as.schedule.retry.expire_s > longest)
			longest = o->as.schedule.retry.expire_s;
	return longest;
}

void
conf_free(struct conf **conf)
{
	struct conf_store *store;

	if (*conf == NULL)
		return;
	store = (*conf)->store;
	for (unsigned int s = 0; s < SCOPE_COUNT; s++)
		HASH_CLEAR(hh, store->objects[s]);
	arena_free(&store->arena);
	free(store);
	free(*conf);
	*conf = NULL;
}

/* The texts as they were given, or the defaults; durations as seconds. */
static void
rows_add_tls(struct conf_rows *rows, const struct conf_object *o)
{
	char seconds[CONF_TLS_COLUMN_COUNT][24];
	struct conf_tls_row row = { .id = o->id };
	int64_t value;

	for (size_t i = 0; i < CONF_TLS_COLUMN_COUNT; i++) {
		const struct conf_key *key = &conf_keys[KEY_TLS_DANE + i];

		row.column[i] = o->given[KEY_TLS_DANE + i].given ?
		    o->given[KEY_TLS_DANE + i].text : key->initial;
		if (key->type != TYPE_DURATION ||
		    !conf_syntax_duration(row.column[i], &value))
			continue;
		(void)snprintf(seconds[i], sizeof(seconds[i]), "%" PRId64,
		    value);
		row.column[i] = seconds[i];
	}
	conf_rows_add_tls(rows, &row);
}

void
conf_rows_add_strategies(struct conf_rows *rows, const struct conf *conf)
{
	for (struct conf_object *o = conf->store->objects[SCOPE_TLS];
	    o != NULL; o = o->hh.next)
		rows_add_tls(rows, o);
	for (unsigned int k = 0; k < CONF_RULE_COUNT; k++)
		for (size_t i = 0; i < conf->rules[k].count; i++)
			conf_rows_add_rule(rows, &(struct conf_rule_row){
				.kind = (enum conf_rule_kind)k,
				.position = (int)i,
				.condition = conf->rules[k].item[i].condition,
				.result = conf->rules[k].item[i].result,
			});
}
