/*
 * Between the files of the TOML reader: the tree while it is built and the
 * place in the text.
 *
 * toml.c keys, arrays, inline tables and statements, tree.c who may define which
 * table, string.c the four kinds of strings, scalar.c numbers, booleans, dates and
 * times; all of them stand on reader.c.
 *
 * A reading function returns false where the place in the text is lost (the
 * caller looks for the next statement), true where reading can go on behind
 * the value, even if the value was bad: then its kind is TOML_INVALID.
 */
#ifndef TLSQ_TOML_TOML_IMPL_H
#define TLSQ_TOML_TOML_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "toml/toml.h"

/* How a table or array came to be decides who may add to it. */
enum toml_origin {
	TOML_CLOSED,		/* inline table, array of values, scalar */
	TOML_IMPLICIT,		/* on the way of a header: [a] of [a.b] */
	TOML_HEADER,		/* [a], or an element of [[a]] */
	TOML_DOTTED,		/* on the way of a dotted key */
	TOML_LIST		/* the array of [[a]] */
};

struct toml_item {
	struct toml_node node;	/* first: a node is its item */
	enum toml_origin origin;
	struct toml_item *last;
	struct toml_item *by_key; /* tables: hash of the children */
	struct toml_item *next_table; /* all tables, for freeing */
	UT_hash_handle hh;
};

struct toml {
	struct arena *arena;
	struct toml_item *root, *tables;
};

struct toml_key {
	const char *text;
	size_t len;
};

struct toml_path {
	struct toml_key part[TOML_MAX_DEPTH];
	size_t count;
	unsigned int line;
};

struct toml_reader {
	struct toml *toml;
	struct toml_problems *problems;
	const char *at, *end;
	unsigned int line;
	int depth;
	struct toml_item *table; /* where statements go; NULL: nowhere */
	struct buf header;	/* "a.b." of [a.b], for messages */
	struct buf key;		/* the key being read, with header */
	struct buf scratch;	/* a string being read */
};

/* --- reader.c */
void toml_complain(struct toml_reader *r, unsigned int line,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool toml_peek(const struct toml_reader *r, const char *word);
/* Takes one LF or CRLF. */
bool toml_take_newline(struct toml_reader *r);
void toml_skip_blank(struct toml_reader *r);
void toml_skip_line(struct toml_reader *r);
void toml_skip_comment(struct toml_reader *r);

/* --- tree.c */
struct toml_item *toml_item_new(struct toml *toml, enum toml_kind kind,
    unsigned int line);
void toml_item_append(struct toml_item *parent, struct toml_item *item);
/* The table that path's last part goes into; NULL after reporting. */
struct toml_item *toml_tree_dotted(struct toml_reader *r,
    struct toml_item *table, const struct toml_path *path);
/* Enters value under path's last part; false after reporting. */
bool toml_tree_set(struct toml_reader *r, struct toml_item *table,
    const struct toml_path *path, struct toml_item *value);
/* [path] and [[path]]: the table that follows; NULL after reporting. */
struct toml_item *toml_tree_header(struct toml_reader *r,
    const struct toml_path *path, bool list);

/* --- the values; the result is always set where true is returned */
bool toml_read_string(struct toml_reader *r, struct toml_item **value_r);
/* "..." or '...' on one line, into r->scratch; *good_r: no bad escape */
bool toml_read_line_string(struct toml_reader *r, bool *good_r);
bool toml_read_scalar(struct toml_reader *r, struct toml_item **value_r);

#endif
