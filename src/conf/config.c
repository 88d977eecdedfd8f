/*
 * The snapshot: made of rows, asked by id.
 */
#include "conf/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build_impl.h"
#include "conf/value_impl.h"

static void
enter_tls(struct conf_builder *b, const struct conf_tls_row *row)
{
	char seconds[2][24];
	const struct {
		enum conf_key_id key;
		const char *text;
	} columns[] = {
		{ .key = KEY_TLS_DANE, .text = row->dane },
		{ .key = KEY_TLS_MTA_STS, .text = row->mta_sts },
		{ .key = KEY_TLS_STARTTLS, .text = row->starttls },
		{ .key = KEY_TLS_ALLOW_INVALID,
		  .text = row->allow_invalid_certs },
		{ .key = KEY_TLS_TIMEOUT_TLS, .text = seconds[0] },
		{ .key = KEY_TLS_TIMEOUT_MTA_STS, .text = seconds[1] },
		{ .key = KEY_TLS_ON_FAILURE, .text = row->on_policy_failure },
		{ .key = KEY_TLS_MIN_VERSION, .text = row->min_version },
	};

	(void)snprintf(seconds[0], sizeof(seconds[0]), "%" PRId64,
	    row->timeout_tls);
	(void)snprintf(seconds[1], sizeof(seconds[1]), "%" PRId64,
	    row->timeout_mta_sts);
	if (!conf_keys_id_is_valid(row->id)) {
		conf_problems_add(b->problems, 0, "tls_strategy.id",
		    "\"%s\" is not made of letters, digits, \"-\" and \"_\"",
		    row->id);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		conf_builder_value(b, columns[i].key, row->id,
		    columns[i].text, 0);
}

static void
enter_setting(struct conf_builder *b, const struct conf_setting_row *row)
{
	char id[KEY_ID_MAX + 1];
	enum conf_key_id key = conf_keys_find_stored(row->key, id);

	if (key == KEY_COUNT)
		conf_problems_add(b->problems, 0, row->key,
		    "is not a key of the table setting");
	else
		conf_builder_value(b, key, id, row->value, 0);
}

static int
by_position(const void *a, const void *b)
{
	const struct conf_rule_row *x = a, *y = b;

	return (x->position > y->position) - (x->position < y->position);
}

/* Rows come in any order. */
static void
enter_rules(struct conf_builder *b, const struct conf_rows *rows)
{
	struct conf_rule_row *sorted;

	if (rows->rule_count == 0)
		return;
	sorted = mem_dup(rows->rule, rows->rule_count * sizeof(*sorted));
	qsort(sorted, rows->rule_count, sizeof(*sorted), by_position);
	for (size_t i = 0; i < rows->rule_count; i++)
		conf_builder_rule(b, sorted[i].kind, sorted[i].condition,
		    sorted[i].result, 0);
	free(sorted);
}

static void
enter_rows(struct conf_builder *b, const struct conf_rows *rows)
{
	for (size_t i = 0; i < rows->tls_count; i++)
		enter_tls(b, &rows->tls[i]);
	for (size_t i = 0; i < rows->setting_count; i++)
		enter_setting(b, &rows->setting[i]);
	enter_rules(b, rows);
}

/* An error has room for one problem: the first, and how many there are. */
static void
first_problem(const struct conf_problems *problems, struct error *err)
{
	char *text = conf_problem_text(&problems->item[0], NULL);
	size_t more = problems->count - 1 + problems->dropped;

	if (more > 0)
		(void)error_set(err, EX_CONFIG, "%.800s (and %zu more)", text,
		    more);
	else
		(void)error_set(err, EX_CONFIG, "%.900s", text);
	free(text);
}

bool
conf_build(struct conf **conf_r, const struct conf_rows *rows,
    struct error *err)
{
	struct conf_problems problems = CONF_PROBLEMS_INIT;
	struct conf_builder b;
	bool ok;

	conf_builder_start(&b, &problems);
	if (rows != NULL)
		enter_rows(&b, rows);
	conf_builder_finish(&b);
	ok = problems.count == 0;
	if (!ok)
		first_problem(&problems, err);
	conf_builder_end(&b, ok ? conf_r : NULL);
	conf_problems_clear(&problems);
	return ok;
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

/* --- objects by id */

const struct conf_tls_strategy *
conf_tls_strategy(const struct conf *conf, const char *id)
{
	struct conf_object *o = conf_object_find(conf, SCOPE_TLS, id);

	return o != NULL ? &o->as.tls : NULL;
}

const struct conf_route *
conf_route(const struct conf *conf, const char *id)
{
	struct conf_object *o = conf_object_find(conf, SCOPE_ROUTE, id);

	return o != NULL ? &o->as.route : NULL;
}

const struct conf_connection *
conf_connection(const struct conf *conf, const char *id)
{
	struct conf_object *o = conf_object_find(conf, SCOPE_CONNECTION, id);

	return o != NULL ? &o->as.connection : NULL;
}

const struct conf_schedule *
conf_schedule(const struct conf *conf, const char *id)
{
	struct conf_object *o = conf_object_find(conf, SCOPE_SCHEDULE, id);

	return o != NULL ? &o->as.schedule : NULL;
}

const struct conf_virtual *
conf_virtual(const struct conf *conf, const char *id)
{
	struct conf_object *o = conf_object_find(conf, SCOPE_VIRTUAL, id);

	return o != NULL ? &o->as.virtual : NULL;
}

int64_t
conf_longest_retry_s(const struct conf *conf)
{
	int64_t longest = 0;

	for (const struct conf_object *o =
	    conf->store->objects[SCOPE_SCHEDULE]; o != NULL; o = o->hh.next) {
		const struct conf_durations *retry = &o->as.schedule.retry;

		for (size_t i = 0; i < retry->count; i++)
			if (retry->item_s[i] > longest)
				longest = retry->item_s[i];
	}
	return longest;
}

int64_t
conf_longest_expire_s(const struct conf *conf)
{
	int64_t longest = 0;

	for (const struct conf_object *o =
	    conf->store->objects[SCOPE_SCHEDULE]; o != NULL; o = o->hh.next)
		if (o->as.schedule.expire_s > longest)
			longest = o->as.schedule.expire_s;
	return longest;
}
