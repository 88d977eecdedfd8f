/*
 * What is wrong with a configuration, gathered so that one run shows all of it.
 *
 * Texts never hold control characters or malformed UTF-8, whatever the file
 * held.  At most TOML_PROBLEMS_MAX are kept; the rest are counted.
 */
#ifndef TLSQ_TOML_PROBLEMS_H
#define TLSQ_TOML_PROBLEMS_H

#include <stddef.h>

enum { TOML_PROBLEMS_MAX = 500 };

struct toml_problem {
	unsigned int line;	/* 0: not tied to a line */
	char *key;		/* NULL: not tied to a key */
	char *text;		/* one sentence, no line end */
};

struct toml_problems {
	struct toml_problem *item;
	size_t count;
	size_t dropped;		/* further ones that were not kept */
};

#define TOML_PROBLEMS_INIT { NULL, 0, 0 }

/* key may be NULL. */
void toml_problems_add(struct toml_problems *problems, unsigned int line,
    const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* By line; those of one line stay in the order they were found. */
void toml_problems_sort(struct toml_problems *problems);
void toml_problems_clear(struct toml_problems *problems);
/* "FILE:LINE: KEY: TEXT" less what is unknown; the caller frees. */
char *toml_problem_text(const struct toml_problem *problem, const char *file)
    __attribute__((returns_nonnull));

#endif
