/*
 * Walking a configuration file: which key is this, and is its value one?
 */
#include "conf/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/build_impl.h"
#include "conf/value_impl.h"
#include "mail/address.h"

enum { OBJECT_PARTS = 3 };	/* queue.tls.<id> */

/* A key of the map that is being read, as it is compared. */
struct walk_key {
	UT_hash_handle hh;
	char *folded;
	unsigned int line;
};

struct walk {
	struct conf_builder builder;
	struct conf_rows *rows;
	struct toml_problems *problems;
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
complain_at(const struct walk *w, unsigned int line, const char *text)
{
	char *key = here(w);

	toml_problems_add(w->problems, line, key, "%s", text);
	free(key);
}

/* A node that could not be read has been reported already. */
static void
check_complain(const struct walk *w, const struct toml_node *node,
    const char *text)
{
	if (node->kind != TOML_INVALID)
		complain_at(w, node->line, text);
}

/* Calls for each child; complains where the node is no table.  No known key is
 * KEY_PARTS_MAX deep, so there is room for one part more. */
static void
walk_table(struct walk *w, const struct toml_node *table, const char *complaint,
    void (*visit)(struct walk *w, const struct toml_node *node))
{
	if (table->kind != TOML_TABLE) {
		check_complain(w, table, complaint);
		return;
	}
	for (const struct toml_node *n = table->first; n != NULL; n = n->next) {
		w->parts.part[w->parts.count++] = n->key;
		visit(w, n);
		w->parts.count--;
	}
}

/* --- queue.strategy */

static const char *
expression(const struct walk *w, const struct toml_node *node)
{
	const char *text = NULL;
	struct error err;

	if (node->kind != TOML_STRING)
		check_complain(w, node, "must be an expression in quotes");
	else if ((text = conf_value_string(node, &err)) == NULL)
		check_complain(w, node, err.text);
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
		check_complain(w, node, "each element of the list is "
		    "{ if = ..., then = ... } or { else = ... }");
		return false;
	}
	when = toml_get(node, "if");
	then = toml_get(node, when != NULL ? "then" : "else");
	if (then == NULL || node->count != (when != NULL ? 2 : 1)) {
		check_complain(w, node, "a rule has if and then, or else "
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
read_rules(struct walk *w, const struct toml_node *node)
{
	enum conf_rule_kind kind;
	const char *result;
	bool ok = false;

	if (!conf_rule_kind_find(&kind, node->key)) {
		complain_at(w, node->line, "unknown key: strategies are "
		    "chosen for tls, route, connection and schedule, and "
		    "one is judged as tls-shadow");
		return;
	}
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
	} else {
		check_complain(w, node, "must be an expression in quotes, or "
		    "[ { if = ..., then = ... }, ..., { else = ... } ]");
	}
	if (!ok)
		w->builder.rules_broken[kind] = true;
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
		complain_at(w, node->line, why);
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
read_entry(struct walk *w, const struct toml_node *node)
{
	const char *value, *key;
	struct error err;

	if (node->kind != TOML_STRING)
		check_complain(w, node, node->kind == TOML_TABLE ?
		    "must be a string; a key that has dots in it is put in "
		    "quotes" : "must be a string");
	else if ((value = conf_value_string(node, &err)) == NULL)
		check_complain(w, node, err.text);
	else if (strlen(node->key) != node->key_len ||
	    node->key_len > CONF_TEXT_MAX)
		check_complain(w, node, "the key holds U+0000 or is too long");
	else if ((key = walk_key_add(w, node)) != NULL)
		conf_rows_add_lookup(w->rows, w->parts.part[1], key, value);
}

static void
read_map(struct walk *w, const struct toml_node *map)
{
	if (map->kind == TOML_TABLE && !conf_keys_id_is_valid(map->key)) {
		check_complain(w, map, "the name of a map is made of letters, "
		    "digits, \"-\" and \"_\"");
		return;
	}
	walk_table(w, map, "must be a table: lookup.<map>.<key> = \"value\"",
	    read_entry);
	walk_keys_free(w);
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
			check_complain(w, node, err.text);
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
	if (w->problems->count < TOML_PROBLEMS_MAX)
		nearest = conf_keys_nearest(full);
	if (nearest != NULL)
		toml_problems_add(w->problems, line, full,
		    "unknown key; did you mean %s?", nearest);
	else
		toml_problems_add(w->problems, line, full,
		    "unknown key; tlsq.toml(5) has all of them");
	free(nearest);
	free(full);
}

/* False where the table of an object cannot be gone into. */
static bool
enter_table(struct walk *w, enum conf_scope scope,
    const struct toml_node *node)
{
	if (scope == SCOPE_GLOBAL || w->parts.count != OBJECT_PARTS)
		return true;
	if (!conf_keys_id_is_valid(node->key)) {
		check_complain(w, node, "an id is made of letters, digits, "
		    "\"-\" and \"_\"");
		return false;
	}
	if (scope != SCOPE_TLS && node->count == 0) {
		check_complain(w, node, "has no settings: give at least one");
		return false;
	}
	(void)conf_builder_object(&w->builder, scope, node->key, node->line);
	return true;
}

static const char no_table[] = "is a table: give the keys below it";

static void
walk_node(struct walk *w, const struct toml_node *node)
{
	const struct conf_parts *parts = &w->parts;
	const char *id;
	enum conf_key_id key, below;

	if (strlen(node->key) != node->key_len) {
		complain_at(w, node->line, "the key holds U+0000");
		return;
	}
	key = conf_keys_find(parts, &id);
	below = conf_keys_find_below(parts);
	if (parts->count == 1 && strcmp(node->key, "lookup") == 0)
		walk_table(w, node, "must be a table", read_map);
	else if (parts->count == 2 && strcmp(node->key, "strategy") == 0 &&
	    strcmp(parts->part[0], "queue") == 0)
		walk_table(w, node, "must be a table", read_rules);
	else if (key != KEY_COUNT)
		read_value(w, key, id, node);
	else if (below == KEY_COUNT)
		unknown_key(w, node->line);
	else if (node->kind != TOML_TABLE ||
	    enter_table(w, conf_keys[below].scope, node))
		walk_table(w, node, no_table, walk_node);
}

bool
conf_check_text(struct conf_rows **rows_r, const char *text, size_t len,
    struct conf **conf_r, struct toml_problems *problems)
{
	struct toml *toml = toml_read(text, len, problems);
	struct walk w = { .problems = problems, .rows = conf_rows_new() };
	bool ok;

	conf_builder_start(&w.builder, problems);
	walk_table(&w, toml_root(toml), no_table, walk_node);
	conf_builder_finish(&w.builder, w.rows);
	ok = problems->count == 0;
	if (ok)
		conf_rows_add_strategies(w.rows, w.builder.conf);
	else
		conf_rows_free(&w.rows);
	*rows_r = w.rows;
	toml_problems_sort(problems);
	conf_builder_end(&w.builder, conf_r);
	toml_free(&toml);
	return ok;
}
