/*
 * Building a configuration: objects with their defaults, values, rules, and what
 * is shipped; and all of it from rows.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build_impl.h"
#include "conf/value_impl.h"

/* Defaults are texts as stored values are, and a test tries all of them. */
static void
set_defaults(struct conf *conf, enum conf_scope scope, void *object)
{
	for (unsigned int k = 0; k < KEY_COUNT; k++) {
		const struct conf_key *key = &conf_keys[k];
		bool ok = key->scope != scope || key->initial == NULL ||
		    conf_value_store(conf->store->arena, key, key->initial,
		    object, NULL);

		assert(ok);
		(void)ok;
	}
}

void
conf_builder_start(struct conf_builder *b, struct toml_problems *problems)
{
	*b = (struct conf_builder){ .problems = problems };
	b->conf = mem_zalloc(sizeof(*b->conf));
	b->conf->store = mem_zalloc(sizeof(*b->conf->store));
	b->conf->store->arena = arena_new();
	set_defaults(b->conf, SCOPE_GLOBAL, b->conf);
}

struct conf_object *
conf_builder_object(struct conf_builder *b, enum conf_scope scope,
    const char *id, unsigned int line)
{
	struct conf_store *store = b->conf->store;
	struct conf_object *object = conf_object_find(b->conf, scope, id);

	if (object != NULL)
		return object;
	object = arena_alloc(store->arena, sizeof(*object));
	memset(object, 0, sizeof(*object));
	object->id = arena_strdup(store->arena, id);
	object->line = line;
	/* each object begins with its id */
	memcpy(&object->as, &object->id, sizeof(object->id));
	set_defaults(b->conf, scope, &object->as);
	HASH_ADD_KEYPTR(hh, store->objects[scope], object->id,
	    (unsigned int)strlen(id), object);
	return object;
}

static void
add_expression(struct conf_builder *b, const struct conf_expression *e)
{
	struct arena *arena = b->conf->store->arena;
	struct conf_expression *to;

	b->expression = conf_grow(arena, b->expression,
	    b->conf->expression_count, sizeof(*e));
	to = &b->expression[b->conf->expression_count++];
	*to = *e;
	to->key = arena_strdup(arena, e->key);
	to->text = arena_strdup(arena, e->text);
	b->conf->expression = b->expression;
}

static void
note_expression(struct conf_builder *b, enum conf_key_id key, const char *id,
    const char *text, unsigned int line)
{
	struct conf_expression e = { .text = text, .line = line,
		.position = -1, .kind = CONF_RULE_TLS };
	char *full;

	if (key == KEY_MILTER_TAKE)
		e.milter = e.condition = true;
	else if (key == KEY_MILTER_TLS_STRATEGY)
		e.milter = e.or_null = true;
	else if (key == KEY_REQUIRETLS)
		e.words = true;
	else if (key == KEY_TLS_ALLOW_INVALID && strcmp(text, "true") != 0 &&
	    strcmp(text, "false") != 0)
		e.condition = true;
	else
		return;
	e.key = full = conf_keys_full(key, id);
	add_expression(b, &e);
	free(full);
}

void
conf_builder_value(struct conf_builder *b, enum conf_key_id key,
    const char *id, const char *text, unsigned int line)
{
	enum conf_scope scope = conf_keys[key].scope;
	struct conf_object *object = NULL;
	void *fields = b->conf;
	struct error err;
	char *full;

	if (scope != SCOPE_GLOBAL) {
		object = conf_builder_object(b, scope, id, line);
		object->given[key] = (struct conf_given){
			.given = true, .line = line };
		fields = &object->as;
	}
	if (text == NULL)
		return;
	if (!conf_value_store(b->conf->store->arena, &conf_keys[key], text,
	    fields, &err)) {
		full = conf_keys_full(key, id);
		toml_problems_add(b->problems, line, full, "%s", err.text);
		free(full);
		return;
	}
	if (object != NULL)
		object->given[key].text = arena_strdup(b->conf->store->arena,
		    text);
	note_expression(b, key, id, text, line);
}

/* --- rules */

static void
add_rule(struct conf_builder *b, enum conf_rule_kind kind,
    const char *condition, const char *result)
{
	struct conf_rules *rules = &b->conf->rules[kind];
	struct arena *arena = b->conf->store->arena;

	b->rule[kind] = conf_grow(arena, b->rule[kind], rules->count,
	    sizeof(*rules->item));
	b->rule[kind][rules->count++] = (struct conf_rule){
		.condition = condition != NULL ?
		    arena_strdup(arena, condition) : NULL,
		.result = arena_strdup(arena, result),
	};
	rules->item = b->rule[kind];
}

static bool
rule_text(struct conf_builder *b, struct conf_expression *e, const char *text)
{
	char *key = mem_printf("queue.strategy.%s",
	    conf_rule_kind_name(e->kind));
	struct error err;
	bool ok = false;

	e->key = key;
	e->text = text;
	if (text[strspn(text, " \t\r\n")] == '\0')
		toml_problems_add(b->problems, e->line, key,
		    "an expression must not be empty");
	else if (!conf_value_is_clean(text, true, &err))
		toml_problems_add(b->problems, e->line, key, "%s", err.text);
	else
		ok = true;
	if (ok)
		add_expression(b, e);
	free(key);
	return ok;
}

void
conf_builder_rule(struct conf_builder *b, enum conf_rule_kind kind,
    const char *condition, const char *result, unsigned int line)
{
	struct conf_expression e = { .kind = kind, .line = line,
		.position = (int)b->conf->rules[kind].count };
	bool ok;

	e.condition = true;
	ok = condition == NULL || rule_text(b, &e, condition);
	e.condition = false;
	ok = rule_text(b, &e, result) && ok;
	b->rule_line[kind] = line;
	if (ok)
		add_rule(b, kind, condition, result);
	else
		b->rules_broken[kind] = true;
}

/* --- built-in objects */

static const struct {
	const char *id, *text;
	enum conf_scope scope;
	enum conf_key_id key;	/* KEY_COUNT: all defaults */
} shipped[] = {
	{ .scope = SCOPE_TLS, .id = "default", .key = KEY_COUNT },
	{ .scope = SCOPE_TLS, .id = "invalid-tls",
	  .key = KEY_TLS_ALLOW_INVALID, .text = "true" },
	{ .scope = SCOPE_ROUTE, .id = "mx",
	  .key = KEY_ROUTE_TYPE, .text = "mx" },
	{ .scope = SCOPE_ROUTE, .id = "local",
	  .key = KEY_ROUTE_TYPE, .text = "relay" },
	{ .scope = SCOPE_ROUTE, .id = "local",
	  .key = KEY_ROUTE_ADDRESS, .text = "127.0.0.1" },
	{ .scope = SCOPE_CONNECTION, .id = "default", .key = KEY_COUNT },
	{ .scope = SCOPE_SCHEDULE, .id = "default", .key = KEY_COUNT },
	{ .scope = SCOPE_VIRTUAL, .id = "default", .key = KEY_COUNT },
};

static const struct {
	enum conf_rule_kind kind;
	const char *condition, *result;
} shipped_rules[] = {
	{ .kind = CONF_RULE_TLS, .result = "'invalid-tls'",
	  .condition = "retry_num > 0 && last_error == 'tls'" },
	{ .kind = CONF_RULE_TLS, .result = "'default'" },
	{ .kind = CONF_RULE_ROUTE, .result = "'local'",
	  .condition = "source == 'dsn'" },
	{ .kind = CONF_RULE_ROUTE, .result = "'mx'" },
	{ .kind = CONF_RULE_CONNECTION, .result = "'default'" },
	{ .kind = CONF_RULE_SCHEDULE, .result = "'default'" },
};

static void
add_shipped_objects(struct conf_builder *b)
{
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		struct conf_object *object = conf_object_find(b->conf,
		    shipped[i].scope, shipped[i].id);

		if (object != NULL && !object->shipped)
			continue;
		object = conf_builder_object(b, shipped[i].scope,
		    shipped[i].id, 0);
		object->shipped = true;
		if (shipped[i].key != KEY_COUNT)
			conf_builder_value(b, shipped[i].key, shipped[i].id,
			    shipped[i].text, 0);
	}
}

static void
add_shipped_rules(struct conf_builder *b)
{
	bool wanted[CONF_RULE_COUNT];

	for (unsigned int k = 0; k < CONF_RULE_COUNT; k++)
		wanted[k] = b->conf->rules[k].count == 0 &&
		    !b->rules_broken[k];
	for (size_t i = 0; i < ARRAY_LEN(shipped_rules); i++)
		if (wanted[shipped_rules[i].kind])
			add_rule(b, shipped_rules[i].kind,
			    shipped_rules[i].condition,
			    shipped_rules[i].result);
}

static void
add_lookup(struct conf *conf, const struct conf_rows *rows)
{
	struct arena *arena = conf->store->arena;
	struct conf_lookup_row *row;

	row = arena_alloc(arena, (rows->lookup_count + 1) * sizeof(*row));
	for (size_t i = 0; i < rows->lookup_count; i++)
		row[i] = (struct conf_lookup_row){
			.map = arena_strdup(arena, rows->lookup[i].map),
			.key = arena_strdup(arena, rows->lookup[i].key),
			.value = arena_strdup(arena, rows->lookup[i].value),
		};
	conf->lookup = row;
	conf->lookup_count = rows->lookup_count;
}

void
conf_builder_finish(struct conf_builder *b, const struct conf_rows *rows)
{
	if (rows != NULL)
		add_lookup(b->conf, rows);
	add_shipped_objects(b);
	add_shipped_rules(b);
	conf_constraints_check(b);
}

void
conf_builder_end(struct conf_builder *b, struct conf **conf_r)
{
	if (conf_r != NULL)
		*conf_r = b->conf;
	else
		conf_free(&b->conf);
	b->conf = NULL;
}

/* --- from rows */

static void
enter_tls(struct conf_builder *b, const struct conf_tls_row *row)
{
	if (!conf_keys_id_is_valid(row->id)) {
		toml_problems_add(b->problems, 0, "tls_strategy.id",
		    "\"%s\" is not made of letters, digits, \"-\" and \"_\"",
		    row->id);
		return;
	}
	for (unsigned int i = 0; i < CONF_TLS_COLUMN_COUNT; i++)
		conf_builder_value(b, (enum conf_key_id)(KEY_TLS_DANE + i),
		    row->id, row->column[i], 0);
}

static void
enter_setting(struct conf_builder *b, const struct conf_setting_row *row)
{
	char id[KEY_ID_MAX + 1];
	enum conf_key_id key = conf_keys_find_stored(row->key, id);

	if (key == KEY_COUNT)
		toml_problems_add(b->problems, 0, row->key,
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
first_problem(const struct toml_problems *problems, struct error *err)
{
	char *text = toml_problem_text(&problems->item[0], NULL);
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
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct conf_builder b;
	bool ok;

	conf_builder_start(&b, &problems);
	if (rows != NULL)
		enter_rows(&b, rows);
	conf_builder_finish(&b, rows);
	ok = problems.count == 0;
	if (!ok)
		first_problem(&problems, err);
	conf_builder_end(&b, ok ? conf_r : NULL);
	toml_problems_clear(&problems);
	return ok;
}
