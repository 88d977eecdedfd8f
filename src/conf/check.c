/*
 * Walking a configuration file: which key is this, and is its value one?
 */
#include "conf/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/build_impl.h"
#include "conf/value_impl.h"
#include "mail/name.h"

/* A key of the map that is being read, as it is compared. */
struct walk_key {
	UT_hash_handle hh;
	char *folded;
	unsigned int line;
};

struct walk {
	struct conf_builder builder;
	struct conf_rows *rows;
	struct conf_problems *problems;
	struct conf_parts parts;
	struct walk_key *keys;
};

/* The key that the walk is at; to free. */
static char *
here(const struct walk *w)
{
	struct buf key = BUF_INIT;
	char *text;

	for (size_t i = 0; i < w->parts.count; i++)
		(void)buf_printf(&key, "%s%s", i > 0 ? "." : "",
		    w->parts.part[i]);
	text = mem_strdup(buf_str(&key));
	buf_free(&key);
	return text;
}

static void
complain(const struct walk *w, unsigned int line, const char *text)
{
	char *key = here(w);

	conf_problems_add(w->problems, line, key, "%s", text);
	free(key);
}

/* --- queue.strategy */

static const char *
expression(const struct walk *w, const struct toml_node *node)
{
	const char *text = NULL;
	struct error err;

	if (node->kind == TOML_STRING) {
		text = conf_value_string(node, &err);
		if (text == NULL)
			complain(w, node->line, err.text);
	} else if (node->kind != TOML_INVALID) {
		complain(w, node->line, "must be an expression in quotes");
	}
	return text;
}

/* { if = E, then = E } or { else = E } */
static bool
read_rule(struct walk *w, enum conf_rule_kind kind,
    const struct toml_node *node)
{
	const struct toml_node *when, *then;
	const char *condition = NULL, *result;

	if (node->kind != TOML_TABLE) {
		if (node->kind != TOML_INVALID)
			complain(w, node->line, "each element of the list is "
			    "{ if = ..., then = ... } or { else = ... }");
		return false;
	}
	when = toml_get(node, "if");
	then = toml_get(node, when != NULL ? "then" : "else");
	if (then == NULL || node->count != (when != NULL ? 2 : 1)) {
		complain(w, node->line, "a rule has if and then, or else "
		    "alone, and nothing more");
		return false;
	}
	if (when != NULL && (condition = expression(w, when)) == NULL)
		return false;
	result = expression(w, then);
	if (result != NULL)
		conf_builder_rule(&w->builder, kind, condition, result,
		    node->line);
	return result != NULL;
}

static void
read_rules(struct walk *w, enum conf_rule_kind kind,
    const struct toml_node *node)
{
	const char *result;
	bool ok = false;

	if (node->kind == TOML_STRING) {
		result = expression(w, node);
		ok = result != NULL;
		if (ok)
			conf_builder_rule(&w->builder, kind, NULL, result,
			    node->line);
	} else if (node->kind == TOML_ARRAY && node->count > 0) {
		ok = true;
		for (const struct toml_node *n = node->first; n != NULL;
		    n = n->next)
			ok = read_rule(w, kind, n) && ok;
	} else if (node->kind != TOML_INVALID) {
		complain(w, node->line, "must be an expression in quotes, or "
		    "[ { if = ..., then = ... }, ..., { else = ... } ]");
	}
	if (!ok)
		w->builder.rules_broken[kind] = true;
}

static void
walk_strategy(struct walk *w, const struct toml_node *table)
{
	enum conf_rule_kind kind;

	if (table->kind != TOML_TABLE) {
		if (table->kind != TOML_INVALID)
			complain(w, table->line, "must be a table");
		return;
	}
	for (const struct toml_node *n = table->first; n != NULL;
	    n = n->next) {
		w->parts.part[w->parts.count++] = n->key;
		if (conf_rule_kind_find(&kind, n->key))
			read_rules(w, kind, n);
		else
			complain(w, n->line, "unknown key: strategies are "
			    "chosen for tls, route, connection and schedule");
		w->parts.count--;
	}
}

/* --- lookup */

/* The key as it is compared, or NULL where the map has that already. */
static const char *
walk_key_add(struct walk *w, const struct toml_node *node)
{
	char *folded = mail_name_fold(node->key), *why;
	struct walk_key *key;

	HASH_FIND_STR(w->keys, folded, key);
	if (key != NULL) {
		why = mem_printf("is the same name as the key of line %u: "
		    "both are %.80s", key->line, folded);
		complain(w, node->line, why);
		free(why);
		free(folded);
		return NULL;
	}
	key = mem_zalloc(sizeof(*key));
	key->folded = folded;
	key->line = node->line;
	HASH_ADD_KEYPTR(hh, w->keys, key->folded, strlen(key->folded), key);
	return key->folded;
}

static void
walk_keys_free(struct walk *w)
{
	struct walk_key *key, *next;

	HASH_ITER(hh, w->keys, key, next) {
		HASH_DEL(w->keys, key);
		free(key->folded);
		free(key);
	}
}

static void
read_entry(struct walk *w, const char *map, const struct toml_node *node)
{
	const char *value, *key;
	struct error err;

	if (node->kind == TOML_INVALID)
		return;
	if (node->kind != TOML_STRING) {
		complain(w, node->line, node->kind == TOML_TABLE ?
		    "must be a string; a key that has dots in it is put in "
		    "quotes" : "must be a string");
		return;
	}
	value = conf_value_string(node, &err);
	if (value == NULL)
		complain(w, node->line, err.text);
	else if (strlen(node->key) != node->key_len ||
	    node->key_len > CONF_TEXT_MAX)
		complain(w, node->line, "the key holds U+0000 or is too long");
	else if ((key = walk_key_add(w, node)) != NULL)
		conf_rows_add_lookup(w->rows, map, key, value);
}

static void
walk_map(struct walk *w, const struct toml_node *map)
{
	if (map->kind != TOML_TABLE) {
		if (map->kind != TOML_INVALID)
			complain(w, map->line, "must be a table: "
			    "lookup.<map>.<key> = \"value\"");
		return;
	}
	if (!conf_keys_id_is_valid(map->key)) {
		complain(w, map->line, "the name of a map is made of letters, "
		    "digits, \"-\" and \"_\"");
		return;
	}
	for (const struct toml_node *n = map->first; n != NULL; n = n->next) {
		w->parts.part[w->parts.count++] = n->key;
		read_entry(w, map->key, n);
		w->parts.count--;
	}
	walk_keys_free(w);
}

static void
walk_lookup(struct walk *w, const struct toml_node *table)
{
	if (table->kind != TOML_TABLE) {
		if (table->kind != TOML_INVALID)
			complain(w, table->line, "must be a table");
		return;
	}
	for (const struct toml_node *n = table->first; n != NULL;
	    n = n->next) {
		w->parts.part[w->parts.count++] = n->key;
		walk_map(w, n);
		w->parts.count--;
	}
}

/* --- all other keys */

static void
read_value(struct walk *w, enum conf_key_id key, const char *id,
    const struct toml_node *node)
{
	const char *text = NULL;
	struct error err;
	struct arena *arena = w->builder.conf->store->arena;

	if (node->kind != TOML_INVALID) {
		text = conf_value_text(arena, &conf_keys[key], node, &err);
		if (text == NULL)
			complain(w, node->line, err.text);
	}
	conf_builder_value(&w->builder, key, id, text, node->line);
	if (text != NULL && conf_keys[key].scope != SCOPE_TLS) {
		char *full = conf_keys_full(key, id);

		conf_rows_add_setting(w->rows, full, text);
		free(full);
	}
}

static void
unknown_key(struct walk *w, unsigned int line)
{
	char *full = here(w), *nearest = NULL;

	/* comparing takes time, and what is beyond the bound is not shown */
	if (w->problems->count < CONF_PROBLEMS_MAX)
		nearest = conf_keys_nearest(full);
	if (nearest != NULL)
		conf_problems_add(w->problems, line, full,
		    "unknown key; did you mean %s?", nearest);
	else
		conf_problems_add(w->problems, line, full,
		    "unknown key; tlsq.toml(5) has all of them");
	free(nearest);
	free(full);
}

/* The scope whose objects are at this depth: queue.tls of queue.tls.<id>. */
static enum conf_scope
object_scope(const struct conf_parts *parts)
{
	const char *name;

	if (parts->count != 3 || strcmp(parts->part[0], "queue") != 0)
		return SCOPE_GLOBAL;
	for (unsigned int s = 0; s < SCOPE_COUNT; s++) {
		name = conf_keys_scope((enum conf_scope)s);
		if (name != NULL && strcmp(parts->part[1],
		    name + strlen("queue.")) == 0)
			return (enum conf_scope)s;
	}
	return SCOPE_GLOBAL;
}

/* False where the table cannot be gone into. */
static bool
enter_table(struct walk *w, const struct toml_node *node)
{
	enum conf_scope scope = object_scope(&w->parts);

	if (node->kind != TOML_TABLE) {
		if (node->kind != TOML_INVALID)
			complain(w, node->line, "is a table: give the keys "
			    "below it");
		return false;
	}
	if (scope == SCOPE_GLOBAL)
		return true;
	if (!conf_keys_id_is_valid(node->key)) {
		complain(w, node->line, "an id is made of letters, digits, "
		    "\"-\" and \"_\"");
		return false;
	}
	if (scope != SCOPE_TLS && node->count == 0) {
		complain(w, node->line, "has no settings: give at least one");
		return false;
	}
	(void)conf_builder_object(&w->builder, scope, node->key, node->line);
	return true;
}

static void walk_table(struct walk *w, const struct toml_node *table);

static void
walk_node(struct walk *w, const struct toml_node *node)
{
	const struct conf_parts *parts = &w->parts;
	const char *id;
	enum conf_key_id key;

	if (strlen(node->key) != node->key_len) {
		complain(w, node->line, "the key holds U+0000");
		return;
	}
	if (parts->count == 1 && strcmp(node->key, "lookup") == 0) {
		walk_lookup(w, node);
		return;
	}
	if (parts->count == 2 && strcmp(node->key, "strategy") == 0 &&
	    strcmp(parts->part[0], "queue") == 0) {
		walk_strategy(w, node);
		return;
	}
	key = conf_keys_find(parts, &id);
	if (key != KEY_COUNT)
		read_value(w, key, id, node);
	else if (!conf_keys_are_below(parts))
		unknown_key(w, node->line);
	else if (enter_table(w, node))
		walk_table(w, node);
}

/* No known key is KEY_PARTS_MAX deep, so there is room for one part more. */
static void
walk_table(struct walk *w, const struct toml_node *table)
{
	for (const struct toml_node *n = table->first; n != NULL;
	    n = n->next) {
		w->parts.part[w->parts.count++] = n->key;
		walk_node(w, n);
		w->parts.count--;
	}
}

bool
conf_check_text(struct conf_rows **rows_r, const char *text, size_t len,
    struct conf **conf_r, struct conf_problems *problems)
{
	struct toml *toml = toml_read(text, len, problems);
	struct walk w = { .problems = problems, .rows = conf_rows_new() };
	bool ok;

	conf_builder_start(&w.builder, problems);
	walk_table(&w, toml_root(toml));
	conf_builder_finish(&w.builder, w.rows);
	ok = problems->count == 0;
	if (ok)
		conf_rows_add_strategies(w.rows, w.builder.conf);
	else
		conf_rows_free(&w.rows);
	*rows_r = w.rows;
	conf_problems_sort(problems);
	conf_builder_end(&w.builder, conf_r);
	toml_free(&toml);
	return ok;
}
