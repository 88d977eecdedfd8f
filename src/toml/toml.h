/*
 * A strict reader of TOML 1.0 (https://toml.io/en/v1.0.0): text in, a tree out,
 * every node with the line it began on.
 *
 * After an error it goes on at the next place where a statement can begin, so
 * that one run shows several.  What could not be read is in the tree as a
 * TOML_INVALID node under its key, so that a caller who checks further does not
 * report it as missing.  No I/O; memory is bounded by the size of the text.
 */
#ifndef TLSQ_TOML_TOML_H
#define TLSQ_TOML_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "toml/problems.h"

enum {
	TOML_MAX_SIZE = 4 << 20, /* octets of text */
	TOML_MAX_DEPTH = 32	/* values in values; parts of a dotted key */
};

enum toml_kind {
	TOML_INVALID, TOML_TABLE, TOML_ARRAY, TOML_STRING, TOML_INTEGER,
	TOML_FLOAT, TOML_BOOLEAN, TOML_DATETIME, TOML_DATETIME_LOCAL,
	TOML_DATE_LOCAL, TOML_TIME_LOCAL
};

struct toml_node {
	enum toml_kind kind;
	unsigned int line;	/* of the key, else of the value; from 1 */
	const char *key;	/* NULL: the root or an element of an array */
	size_t key_len;		/* a key may hold NUL */
	/* STRING: the contents; numbers, dates and times: as written */
	const char *text;	/* has a NUL at len, and may have others */
	size_t len;
	int64_t integer;
	bool boolean;
	/* TABLE and ARRAY: children in the order of the text */
	const struct toml_node *first, *next;
	size_t count;
};

struct toml;

/*
 * Reads the text.  What is wrong is added to problems; the tree is whole where
 * nothing was added.  The text is not kept.
 */
struct toml *toml_read(const char *text, size_t len,
    struct toml_problems *problems) __attribute__((returns_nonnull));
void toml_free(struct toml **toml);

const struct toml_node *toml_root(const struct toml *toml)
    __attribute__((returns_nonnull));
/* NULL: no such key. */
const struct toml_node *toml_get(const struct toml_node *table,
    const char *key);
/* "string", "table", ... for messages. */
const char *toml_kind_name(enum toml_kind kind);

#endif
