/*
 * The tree while it is built: which statement may create or extend which table
 * (TOML 1.0 "Table", "Inline Table", "Array of Tables", "Keys").
 */
#include "toml/toml_impl.h"

#include <string.h>

struct toml_item *
toml_item_new(struct toml *toml, enum toml_kind kind, unsigned int line)
{
	struct toml_item *item = arena_alloc(toml->arena, sizeof(*item));

	memset(item, 0, sizeof(*item));
	item->node.kind = kind;
	item->node.line = line;
	if (kind == TOML_TABLE) {
		item->next_table = toml->tables;
		toml->tables = item;
	}
	return item;
}

void
toml_item_append(struct toml_item *parent, struct toml_item *item)
{
	if (parent->last == NULL)
		parent->node.first = &item->node;
	else
		parent->last->node.next = &item->node;
	parent->last = item;
	parent->node.count++;
}

static struct toml_item *
child(const struct toml_item *table, const struct toml_key *key)
{
	struct toml_item *found = NULL;

	HASH_FIND(hh, table->by_key, key->text, (unsigned int)key->len, found);
	return found;
}

static void
adopt(struct toml_item *table, const struct toml_key *key,
    struct toml_item *item)
{
	item->node.key = key->text;
	item->node.key_len = key->len;
	HASH_ADD_KEYPTR(hh, table->by_key, item->node.key,
	    (unsigned int)key->len, item);
	toml_item_append(table, item);
}

static struct toml_item *
new_table(struct toml_reader *r, struct toml_item *parent,
    const struct toml_path *path, size_t part, enum toml_origin origin)
{
	struct toml_item *table = toml_item_new(r->toml, TOML_TABLE,
	    path->line);

	table->origin = origin;
	adopt(parent, &path->part[part], table);
	return table;
}

struct toml_item *
toml_tree_dotted(struct toml_reader *r, struct toml_item *table,
    const struct toml_path *path)
{
	for (size_t i = 0; i + 1 < path->count; i++) {
		struct toml_item *next = child(table, &path->part[i]);

		if (next == NULL)
			next = new_table(r, table, path, i, TOML_DOTTED);
		else if (next->origin == TOML_IMPLICIT)
			next->origin = TOML_DOTTED;
		else if (next->node.kind == TOML_INVALID)
			return NULL; /* reported where it was read */
		if (next->origin != TOML_DOTTED) {
			toml_complain(r, path->line,
			    "\"%s\" was defined on line %u and cannot be "
			    "extended by a dotted key", path->part[i].text,
			    next->node.line);
			return NULL;
		}
		table = next;
	}
	return table;
}

bool
toml_tree_set(struct toml_reader *r, struct toml_item *table,
    const struct toml_path *path, struct toml_item *value)
{
	const struct toml_key *key = &path->part[path->count - 1];
	struct toml_item *old = child(table, key);

	if (old != NULL) {
		toml_complain(r, path->line, "is set already on line %u",
		    old->node.line);
		return false;
	}
	value->node.line = path->line;
	adopt(table, key, value);
	return true;
}

/* The last element of [[...]] stands for the array on the way of a header. */
static struct toml_item *
step(struct toml_reader *r, struct toml_item *table,
    const struct toml_path *path, size_t part)
{
	struct toml_item *next = child(table, &path->part[part]);

	if (next == NULL)
		return new_table(r, table, path, part, TOML_IMPLICIT);
	if (next->origin == TOML_LIST)
		return next->last;
	if (next->origin == TOML_CLOSED) {
		if (next->node.kind != TOML_INVALID)
			toml_complain(r, path->line, "\"%s\" was given a value "
			    "on line %u and cannot be extended by a header",
			    path->part[part].text, next->node.line);
		return NULL;
	}
	return next;
}

static struct toml_item *
open_list(struct toml_reader *r, struct toml_item *parent,
    const struct toml_path *path)
{
	const struct toml_key *key = &path->part[path->count - 1];
	struct toml_item *list = child(parent, key), *table;

	if (list == NULL) {
		list = toml_item_new(r->toml, TOML_ARRAY, path->line);
		list->origin = TOML_LIST;
		adopt(parent, key, list);
	}
	if (list->origin != TOML_LIST) {
		toml_complain(r, path->line, "was defined on line %u as "
		    "something other than an array of tables",
		    list->node.line);
		return NULL;
	}
	table = toml_item_new(r->toml, TOML_TABLE, path->line);
	table->origin = TOML_HEADER;
	toml_item_append(list, table);
	return table;
}

struct toml_item *
toml_tree_header(struct toml_reader *r, const struct toml_path *path,
    bool list)
{
	struct toml_item *parent = r->toml->root, *table;

	for (size_t i = 0; i + 1 < path->count; i++)
		if ((parent = step(r, parent, path, i)) == NULL)
			return NULL;
	if (list)
		return open_list(r, parent, path);
	table = child(parent, &path->part[path->count - 1]);
	if (table == NULL)
		return new_table(r, parent, path, path->count - 1,
		    TOML_HEADER);
	if (table->origin != TOML_IMPLICIT) {
		toml_complain(r, path->line, "is defined already on line %u",
		    table->node.line);
		return NULL;
	}
	table->origin = TOML_HEADER;
	table->node.line = path->line;
	return table;
}
