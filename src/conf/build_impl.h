/*
 * Building a snapshot, from a file or from rows: the one place where values
 * become fields and objects are held against each other.  Problems are gathered;
 * lines are 0 where the source is a table.
 */
#ifndef TLSQ_CONF_BUILD_IMPL_H
#define TLSQ_CONF_BUILD_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "base/mem.h"
#include "conf/config.h"
#include "conf/keys_impl.h"
#include "toml/problems.h"

struct conf_given {
	bool given;
	unsigned int line;
	const char *text;	/* NULL: it was bad */
};

struct conf_object {
	const char *id;
	unsigned int line;
	bool shipped;
	struct conf_given given[KEY_COUNT];
	union {
		struct conf_tls_strategy tls;
		struct conf_route route;
		struct conf_connection connection;
		struct conf_schedule schedule;
		struct conf_virtual virtual;
	} as;
	UT_hash_handle hh;
};

struct conf_store {
	struct arena *arena;
	struct conf_object *objects[SCOPE_COUNT]; /* hashes by id */
};

struct conf_builder {
	struct conf *conf;
	struct toml_problems *problems;
	struct conf_rule *rule[CONF_RULE_COUNT]; /* conf's, to be added to */
	unsigned int rule_line[CONF_RULE_COUNT]; /* of the last */
	/* reported and therefore not to be called missing */
	bool rules_broken[CONF_RULE_COUNT];
	struct conf_expression *expression; /* conf's, too */
};

/* --- build.c */
void conf_builder_start(struct conf_builder *b, struct toml_problems *problems);
/* The object is there, even if nothing is said about it. */
struct conf_object *conf_builder_object(struct conf_builder *b,
    enum conf_scope scope, const char *id, unsigned int line);
/* text NULL: the value was bad and has been reported. */
void conf_builder_value(struct conf_builder *b, enum conf_key_id key,
    const char *id, const char *text, unsigned int line);
void conf_builder_rule(struct conf_builder *b, enum conf_rule_kind kind,
    const char *condition, const char *result, unsigned int line);
/* Adds the maps of the rows (NULL: none) and the built-in objects, and holds all
 * against each other. */
void conf_builder_finish(struct conf_builder *b, const struct conf_rows *rows);
/* Hands over the snapshot, or frees it where conf_r is NULL. */
void conf_builder_end(struct conf_builder *b, struct conf **conf_r);

/* --- rows.c */
/* Room for one more of the items, in the arena, doubling. */
void *conf_grow(struct arena *arena, void *items, size_t count, size_t size);

/* --- constraints.c */
void conf_constraints_check(struct conf_builder *b);

/* --- objects.c */
struct conf_object *conf_object_find(const struct conf *conf,
    enum conf_scope scope, const char *id);
/* The TLS strategies and rules of the snapshot, the shipped ones included. */
void conf_rows_add_strategies(struct conf_rows *rows, const struct conf *conf);

#endif
