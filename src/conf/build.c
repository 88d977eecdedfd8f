/*
 * Building a snapshot: objects with their defaults, values, rules, and what is
 * shipped.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build_impl.h"
#include "conf/value_impl.h"

static void
complain(struct conf_builder *b, enum conf_key_id key, const char *id,
    unsigned int line, const char *text)
{
	char *full = conf_keys_full(key, id);

	conf_problems_add(b->problems, line, full, "%s", text);
	free(full);
}

struct conf_object *
conf_object_find(const struct conf *conf, enum conf_scope scope,
    const char *id)
{
	struct conf_object *found = NULL;

	HASH_FIND_STR(conf->store->objects[scope], id, found);
	return found;
}

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
conf_builder_start(struct conf_builder *b, struct conf_problems *problems)
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
add_expression(struct conf_builder *b, enum conf_expression kind,
    const char *key, const char *text, unsigned int line)
{
	struct arena *arena = b->conf->store->arena;
	struct conf_built_expression *e;

	b->expression = mem_realloc(b->expression,
	    (b->expression_count + 1) * sizeof(*e));
	e = &b->expression[b->expression_count++];
	e->kind = kind;
	e->line = line;
	e->key = arena_strdup(arena, key);
	e->text = arena_strdup(arena, text);
}

static void
note_expression(struct conf_builder *b, enum conf_key_id key, const char *id,
    const char *text, unsigned int line)
{
	enum conf_expression kind;
	char *full;

	if (key == KEY_MILTER_TAKE)
		kind = CONF_EXPRESSION_MILTER_CONDITION;
	else if (key == KEY_MILTER_TLS_STRATEGY)
		kind = CONF_EXPRESSION_MILTER_ID_OR_NULL;
	else if (key == KEY_TLS_ALLOW_INVALID && strcmp(text, "true") != 0 &&
	    strcmp(text, "false") != 0)
		kind = CONF_EXPRESSION_QUEUE_CONDITION;
	else
		return;
	full = conf_keys_full(key, id);
	add_expression(b, kind, full, text, line);
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

	if (scope != SCOPE_GLOBAL) {
		object = conf_builder_object(b, scope, id, line);
		object->given[key] = (struct conf_given){ true, line };
		fields = &object->as;
	}
	if (text != NULL && conf_value_store(b->conf->store->arena,
	    &conf_keys[key], text, fields, &err)) {
		note_expression(b, key, id, text, line);
		return;
	}
	if (text != NULL)
		complain(b, key, id, line, err.text);
}

/* --- rules */

static void
add_rule(struct conf_builder *b, enum conf_rule_kind kind,
    const char *condition, const char *result, unsigned int line)
{
	struct arena *arena = b->conf->store->arena;
	struct conf_built_rule *r;

	b->rule = mem_realloc(b->rule, (b->rule_count + 1) * sizeof(*r));
	r = &b->rule[b->rule_count++];
	r->kind = kind;
	r->line = line;
	r->rule.condition = condition != NULL ?
	    arena_strdup(arena, condition) : NULL;
	r->rule.result = arena_strdup(arena, result);
}

static bool
rule_text(struct conf_builder *b, enum conf_rule_kind kind,
    enum conf_expression expression, const char *text, unsigned int line)
{
	char *key = mem_printf("queue.strategy.%s",
	    conf_rule_kind_name(kind));
	struct error err;
	bool ok = false;

	if (text[strspn(text, " \t\r\n")] == '\0')
		conf_problems_add(b->problems, line, key,
		    "an expression must not be empty");
	else if (!conf_value_is_clean(text, true, &err))
		conf_problems_add(b->problems, line, key, "%s", err.text);
	else
		ok = true;
	if (ok)
		add_expression(b, expression, key, text, line);
	free(key);
	return ok;
}

void
conf_builder_rule(struct conf_builder *b, enum conf_rule_kind kind,
    const char *condition, const char *result, unsigned int line)
{
	bool ok = condition == NULL || rule_text(b, kind,
	    CONF_EXPRESSION_QUEUE_CONDITION, condition, line);

	ok = rule_text(b, kind, CONF_EXPRESSION_QUEUE_ID, result, line) && ok;
	if (ok)
		add_rule(b, kind, condition, result, line);
	else
		b->rules_broken[kind] = true;
}

static void
gather_rules(struct conf_builder *b, enum conf_rule_kind kind)
{
	struct conf_rule *item = arena_alloc(b->conf->store->arena,
	    (b->rule_count + 1) * sizeof(*item));
	size_t count = 0;

	for (size_t i = 0; i < b->rule_count; i++)
		if (b->rule[i].kind == kind)
			item[count++] = b->rule[i].rule;
	b->conf->rules[kind].item = item;
	b->conf->rules[kind].count = count;
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

static const struct conf_built_rule shipped_rules[] = {
	{ .kind = CONF_RULE_TLS, .rule = { .result = "'invalid-tls'",
	  .condition = "retry_num > 0 && last_error == 'tls'" } },
	{ .kind = CONF_RULE_TLS, .rule = { .result = "'default'" } },
	{ .kind = CONF_RULE_ROUTE, .rule = { .result = "'local'",
	  .condition = "source == 'dsn'" } },
	{ .kind = CONF_RULE_ROUTE, .rule = { .result = "'mx'" } },
	{ .kind = CONF_RULE_CONNECTION, .rule = { .result = "'default'" } },
	{ .kind = CONF_RULE_SCHEDULE, .rule = { .result = "'default'" } },
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
	bool have[CONF_RULE_COUNT] = { false };

	for (size_t i = 0; i < b->rule_count; i++)
		have[b->rule[i].kind] = true;
	for (size_t i = 0; i < ARRAY_LEN(shipped_rules); i++) {
		const struct conf_built_rule *r = &shipped_rules[i];

		if (!have[r->kind] && !b->rules_broken[r->kind])
			add_rule(b, r->kind, r->rule.condition,
			    r->rule.result, 0);
	}
}

void
conf_builder_finish(struct conf_builder *b)
{
	add_shipped_objects(b);
	add_shipped_rules(b);
	for (unsigned int k = 0; k < CONF_RULE_COUNT; k++)
		gather_rules(b, (enum conf_rule_kind)k);
	conf_constraints_check(b);
}

void
conf_builder_end(struct conf_builder *b, struct conf **conf_r)
{
	free(b->rule);
	free(b->expression);
	if (conf_r != NULL)
		*conf_r = b->conf;
	else
		conf_free(&b->conf);
	b->conf = NULL;
}
