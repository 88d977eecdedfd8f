/*
 * Adding to the rows.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build_impl.h"

static const char *const rule_kinds[] = {
	[CONF_RULE_TLS] = "tls", [CONF_RULE_ROUTE] = "route",
	[CONF_RULE_CONNECTION] = "connection",
	[CONF_RULE_SCHEDULE] = "schedule",
	[CONF_RULE_TLS_SHADOW] = "tls-shadow",
};

static_assert(ARRAY_LEN(rule_kinds) == CONF_RULE_COUNT, "a name for each");

const char *
conf_rule_kind_name(enum conf_rule_kind kind)
{
	return rule_kinds[kind];
}

const char *
conf_rule_kind_object(enum conf_rule_kind kind)
{
	return rule_kinds[kind == CONF_RULE_TLS_SHADOW ? CONF_RULE_TLS : kind];
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

	rows->arena = arena_new();
	return rows;
}

void
conf_rows_free(struct conf_rows **rows)
{
	if (*rows != NULL)
		arena_free(&(*rows)->arena);
	free(*rows);
	*rows = NULL;
}

/* The count is a power of two where it is full.  What it outgrew stays in the
 * arena, at most as much again. */
void *
conf_grow(struct arena *arena, void *items, size_t count, size_t size)
{
	void *fresh;

	if (count > 0 && (count & (count - 1)) != 0)
		return items;
	fresh = arena_alloc(arena, (count > 0 ? count * 2 : 1) * size);
	if (count > 0)
		memcpy(fresh, items, count * size);
	return fresh;
}

void
conf_rows_add_tls(struct conf_rows *rows, const struct conf_tls_row *row)
{
	struct conf_tls_row *to;

	rows->tls = conf_grow(rows->arena, rows->tls, rows->tls_count,
	    sizeof(*row));
	to = &rows->tls[rows->tls_count++];
	to->id = arena_strdup(rows->arena, row->id);
	for (size_t i = 0; i < CONF_TLS_COLUMN_COUNT; i++)
		to->column[i] = arena_strdup(rows->arena, row->column[i]);
}

void
conf_rows_add_rule(struct conf_rows *rows, const struct conf_rule_row *row)
{
	rows->rule = conf_grow(rows->arena, rows->rule, rows->rule_count,
	    sizeof(*row));
	rows->rule[rows->rule_count++] = (struct conf_rule_row){
		.kind = row->kind, .position = row->position,
		.condition = row->condition != NULL ?
		    arena_strdup(rows->arena, row->condition) : NULL,
		.result = arena_strdup(rows->arena, row->result),
	};
}

void
conf_rows_add_lookup(struct conf_rows *rows, const char *map, const char *key,
    const char *value)
{
	rows->lookup = conf_grow(rows->arena, rows->lookup, rows->lookup_count,
	    sizeof(*rows->lookup));
	rows->lookup[rows->lookup_count++] = (struct conf_lookup_row){
		.map = arena_strdup(rows->arena, map),
		.key = arena_strdup(rows->arena, key),
		.value = arena_strdup(rows->arena, value),
	};
}

void
conf_rows_add_setting(struct conf_rows *rows, const char *key,
    const char *value)
{
	rows->setting = conf_grow(rows->arena, rows->setting,
	    rows->setting_count, sizeof(*rows->setting));
	rows->setting[rows->setting_count++] = (struct conf_setting_row){
		.key = arena_strdup(rows->arena, key),
		.value = arena_strdup(rows->arena, value),
	};
}
