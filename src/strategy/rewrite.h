/*
 * Stalwart's notation made SQL.  PURE.
 *
 * Outside quotes `&&` and `&` become AND, `||` and `|` become OR, `!` becomes
 * NOT (`!=` stays), `=>` and `=<` become `>=` and `<=`; "..." becomes '...'.  In
 * either kind of quotes the quote itself is written twice; a backslash is a
 * backslash.
 *
 * What no expression needs is refused here, before SQLite sees it: comments,
 * `;`, parameters, quoted names, arrays, SELECT, and parentheses that do not
 * match, so that the text cannot leave the place it is put in.  The authorizer
 * of the engine is the second line, not the first.
 */
#ifndef TLSQ_STRATEGY_REWRITE_H
#define TLSQ_STRATEGY_REWRITE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* Octets of an expression, and of what may become of it. */
enum { REWRITE_TEXT_MAX = 8192, REWRITE_SQL_MAX = 4 * REWRITE_TEXT_MAX };

/* Appends the SQL to out; EX_CONFIG, naming the character, if it is refused. */
bool strategy_rewrite(struct buf *out, const char *text, struct error *err)
    MUST_CHECK;

#endif
