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

/*
 * True: the rows are the caller's and nothing was added to problems.  False:
 * problems holds what is wrong, by line, and *rows_r is NULL; print each with
 * toml_problem_text() and exit EX_CONFIG.
 *
 * Expressions are opaque here: conf->expression has them for who knows their
 * language.  conf_r may be NULL; else *conf_r is the caller's in either case,
 * without what is wrong.  No I/O: files the configuration names are not looked at.
 */
bool conf_check_text(struct conf_rows **rows_r, const char *text, size_t len,
    struct conf **conf_r, struct toml_problems *problems) MUST_CHECK;

#endif
