/*
 * The read-only HTTP front end (doc/tlsq-http.7): a page for people, JSON, and
 * metrics.  A program starts it beside its own work.
 *
 * It has threads of its own, which block all signals, and read-only database
 * handles of its own.  A database that is missing or locked is an answer of 503
 * and no reason to stop; it is opened again by itself.  After user_become() and
 * after the last fork().
 */
#ifndef TLSQ_WEB_WEB_H
#define TLSQ_WEB_WEB_H

#include <stdbool.h>

#include "base/error.h"

struct web;

/*
 * Serves database on listen: "127.0.0.1:PORT", "[::1]:PORT" or "unix:/path".
 * Both are copied.  Blocks for no more than a bind.  EX_CONFIG where listen is
 * none of these, EX_UNAVAILABLE where the address is taken, EX_NOPERM where it
 * is not ours to take, EX_OSERR where threads cannot be had.
 */
bool web_start(struct web **web_r, const char *listen, const char *database,
    struct error *err) MUST_CHECK;
/*
 * Waits for the answer under way, at most WEB_QUERY_MS, and for the threads.
 * Accepts NULL; sets NULL.  From any thread, but once.
 */
void web_stop(struct web **web);

/* What one answer may take of the database's time. */
enum { WEB_QUERY_MS = 2000 };

#endif
