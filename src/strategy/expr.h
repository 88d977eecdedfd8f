/*
 * Expressions, evaluated by SQLite in a private in-memory connection that can
 * see nothing but the variables below and a copy of the lookup maps.
 *
 * An expression is SQL after strategy/rewrite.h; its variables are the columns
 * of a one-row virtual table.  An authorizer admits those columns and a list of
 * functions and refuses everything else: no query, no table, no write, no
 * ATTACH, no PRAGMA, no extension.  Text is bounded to a few KiB, operations to
 * a few thousand, and an evaluation to a tenth of a second of the processor,
 * so that no expression runs for ever or takes much memory.
 *
 * Threads: an engine and its expressions belong to one thread at a time; make
 * an engine for each.  Nothing here blocks or does I/O.
 * doc/tlsq-expressions.7 is what a user reads about it.
 */
#ifndef TLSQ_STRATEGY_EXPR_H
#define TLSQ_STRATEGY_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "conf/config.h"

/* Which variables there are: those of queue.* or those of milter.*. */
enum strategy_class { EXPR_QUEUE, EXPR_MILTER, EXPR_CLASS_COUNT };

/*
 * The variables by the names an expression gives them.  Never NULL in an
 * expression: a NULL text here reads as '' (last_error: 'none').  The texts
 * are borrowed for the call.
 */
struct strategy_values {
	/* both classes */
	const char *sender;	/* '' is the null sender */
	const char *sender_domain, *rcpt, *rcpt_domain;
	const char *auth_user;
	int64_t size;		/* octets */
	/* queue */
	const char *mx, *remote_ip; /* known once a host is chosen */
	int64_t retry_num;	/* failed attempts: 0 first */
	int64_t notify_num;	/* delay notifications sent */
	int64_t expires_in;	/* seconds; INT64_MAX: by attempts only */
	int64_t queue_age;	/* seconds since the message came */
	const char *last_error;	/* a word of recipient.last_error */
	const char *last_status; /* enhanced code: "4.7.5" */
	int64_t tls_failures;
	const char *source;	/* milter submit spool dsn report */
	const char *queue_name;
	const char *received_from_ip;
	/* milter */
	const char *rcpt_mailer, *rcpt_host, *client_ip, *client_name;
};

enum strategy_variable {
	EXPR_SENDER, EXPR_SENDER_DOMAIN, EXPR_RCPT, EXPR_RCPT_DOMAIN,
	EXPR_AUTH_USER, EXPR_SIZE, EXPR_MX, EXPR_REMOTE_IP, EXPR_RETRY_NUM,
	EXPR_NOTIFY_NUM, EXPR_EXPIRES_IN, EXPR_QUEUE_AGE, EXPR_LAST_ERROR,
	EXPR_LAST_STATUS, EXPR_TLS_FAILURES, EXPR_SOURCE, EXPR_QUEUE_NAME,
	EXPR_RECEIVED_FROM_IP, EXPR_RCPT_MAILER, EXPR_RCPT_HOST,
	EXPR_CLIENT_IP, EXPR_CLIENT_NAME, EXPR_VARIABLE_COUNT
};

/* Values as an expression may meet them, to try one out before it is stored. */
struct strategy_values strategy_values_sample(void);

/* The map that is_local_domain(d) looks in, and is_local_domain('*', d). */
#define STRATEGY_LOCAL_DOMAINS "local_domains"

struct strategy_engine;

/* Expressions must be freed before their engine is closed. */
bool strategy_engine_open(struct strategy_engine **engine_r, struct error *err)
    MUST_CHECK;
void strategy_engine_close(struct strategy_engine **engine);

/*
 * Replaces the lookup maps by a copy of these rows.  EX_CONFIG, naming the
 * key, where a key or value is too long or a key is there twice; then the maps
 * are as before.
 */
bool strategy_engine_set_lookup(struct strategy_engine *engine,
    const struct conf_lookup_row *row, size_t count, struct error *err)
    MUST_CHECK;

struct strategy_expr;

/* EX_CONFIG: one sentence about what is unknown, refused or misspelt. */
bool strategy_expr_compile(struct strategy_expr **expr_r,
    struct strategy_engine *engine, enum strategy_class class, const char *text,
    struct error *err) MUST_CHECK;
void strategy_expr_free(struct strategy_expr **expr);

/* As it was written. */
const char *strategy_expr_text(const struct strategy_expr *expr);
/* It names mx or remote_ip: its value is another one for each host. */
bool strategy_expr_names_host(const struct strategy_expr *expr);
/* No variable, no map, no clock: it always has the same value. */
bool strategy_expr_is_constant(const struct strategy_expr *expr);

enum strategy_expr_type { EXPR_NULL, EXPR_INTEGER, EXPR_REAL, EXPR_TEXT,
    EXPR_BLOB };
const char *strategy_expr_type_name(enum strategy_expr_type type);

struct strategy_expr_result {
	enum strategy_expr_type type;
	int64_t integer;	/* EXPR_INTEGER */
	const char *text;	/* EXPR_TEXT, else NULL; see below */
};

/*
 * Evaluates.  EX_CONFIG where a function refuses its arguments (a bad regular
 * expression, an unknown map) or a bound is passed.  The result's text is valid
 * until the engine evaluates again.
 */
bool strategy_expr_evaluate(struct strategy_expr *expr,
    const struct strategy_values *values, struct strategy_expr_result *result_r,
    struct error *err) MUST_CHECK;

/* The same where one type is wanted; any other is EX_CONFIG.  A condition is a
 * number, 0 for false; NULL and text are neither true nor false. */
bool strategy_expr_evaluate_text(struct strategy_expr *expr,
    const struct strategy_values *values, const char **text_r,
    struct error *err) MUST_CHECK;
bool strategy_expr_evaluate_text_or_null(struct strategy_expr *expr,
    const struct strategy_values *values, const char **text_r,
    struct error *err) MUST_CHECK;
bool strategy_expr_evaluate_condition(struct strategy_expr *expr,
    const struct strategy_values *values, bool *holds_r, struct error *err)
    MUST_CHECK;

#endif
