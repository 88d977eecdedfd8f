/*
 * From the text of a configuration file to the rows to store, with everything
 * that is wrong with it found in one run.
 */
#ifndef TLSQ_CONF_CHECK_H
#define TLSQ_CONF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "conf/config.h"
#include "toml/problems.h"

/* Which variables an expression may name, and what it must give. */
enum conf_expression {
	CONF_EXPRESSION_QUEUE_CONDITION,
	CONF_EXPRESSION_QUEUE_ID,
	CONF_EXPRESSION_MILTER_CONDITION,
	CONF_EXPRESSION_MILTER_ID_OR_NULL
};

/*
 * Expressions are opaque here: whoever knows their language checks them.  Both
 * functions may be NULL.  set_lookup gets the maps before the first expression;
 * its rows are borrowed for the call.  check_expression returns false with a
 * sentence in err; key is for its own use and need not be in it.
 */
struct conf_checker {
	bool (*set_lookup)(void *ctx, const struct conf_lookup_row *row,
	    size_t count, struct error *err);
	bool (*check_expression)(void *ctx, const char *key,
	    enum conf_expression kind, const char *text, struct error *err);
	void *ctx;
};

/*
 * True: the rows are the caller's and nothing was added to problems.  False:
 * problems holds what is wrong, by line; print each with conf_problem_text() and
 * exit EX_CONFIG.  checker may be NULL.  No I/O: files the configuration names
 * are not looked at.
 */
bool conf_check_text(struct conf_rows **rows_r, const char *text, size_t len,
    const struct conf_checker *checker, struct conf_problems *problems)
    MUST_CHECK;

#endif
