/*
 * What is wrong with a configuration, gathered so that one run shows all of it.
 *
 * Texts never hold control characters or malformed UTF-8, whatever the file
 * held.  At most CONF_PROBLEMS_MAX are kept; the rest are counted.
 */
#ifndef TLSQ_TOML_PROBLEMS_H
#define TLSQ_TOML_PROBLEMS_H

#include <stddef.h>

enum { CONF_PROBLEMS_MAX = 500 };

struct conf_problem {
	unsigned int line;	/* 0: not tied to a line */
	char *key;		/* NULL: not tied to a key */
	char *text;		/* one sentence, no line end */
};

struct conf_problems {
	struct conf_problem *item;
	size_t count;
	size_t dropped;		/* further ones that were not kept */
};

#define CONF_PROBLEMS_INIT { NULL, 0, 0 }

/* key may be NULL. */
void conf_problems_add(struct conf_problems *problems, unsigned int line,
    const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* By line; those of one line stay in the order they were found. */
void conf_problems_sort(struct conf_problems *problems);
void conf_problems_clear(struct conf_problems *problems);
/* "FILE:LINE: KEY: TEXT" less what is unknown; the caller frees. */
char *conf_problem_text(const struct conf_problem *problem, const char *file)
    __attribute__((returns_nonnull));

#endif
