/*
 * What the files of the expression engine share; other folders use expr.h.  An
 * engine belongs to one thread.
 */
#ifndef TLSQ_STRATEGY_EXPR_IMPL_H
#define TLSQ_STRATEGY_EXPR_IMPL_H

#include <sqlite3.h>

#include "base/buf.h"
#include "base/clock.h"
#include "strategy/expr.h"

/*
 * Bounds.  No function takes more than a square of EXPR_LENGTH_MAX steps, and
 * the progress handler cannot interrupt one: that is why it is small.  Many of
 * them in one expression are stopped by the clock of the thread.
 */
enum {
	EXPR_LENGTH_MAX = 4096,	/* octets of any text */
	EXPR_OPERATIONS_MAX = 5000, /* of SQLite's machine, an evaluation */
	EXPR_OPERATIONS_STEP = 20,
	EXPR_TIME_MAX_MS = 100,	/* of the processor, an evaluation */
	EXPR_DEPTH_MAX = 500,
	EXPR_PATTERN_MAX = 256,	/* octets of a pattern of LIKE and GLOB */
	EXPR_ARGUMENTS_MAX = 127 /* of a function */
};

/*
 * The SQL of this module, here and not in sql/: the texts made from that belong
 * to spool, which strategy may not know, and two of these are moulds rather
 * than statements.
 */
/* With a name of its own: else the whole text is the column's name, and that
 * may only be EXPR_LENGTH_MAX long. */
#define EXPR_SQL_MOULD "SELECT (%s) AS v FROM %s" /* lint: sql-template */
#define EXPR_SQL_VARIABLES "CREATE TABLE x(%s)"	/* lint: sql-template */
#define EXPR_SQL_LOOKUP "CREATE TABLE lookup(" /* lint: sql-template */ \
	"map TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, " \
	"PRIMARY KEY(map, key)) WITHOUT ROWID"
#define EXPR_SQL_BEGIN "BEGIN; DELETE FROM lookup" /* lint: sql-template */
#define EXPR_SQL_INSERT \
	"INSERT INTO lookup VALUES (?1, ?2, ?3)" /* lint: sql-template */
#define EXPR_SQL_COMMIT "COMMIT"		/* lint: sql-template */
#define EXPR_SQL_ROLLBACK "ROLLBACK"
#define EXPR_SQL_GET \
	"SELECT value FROM lookup " /* lint: sql-template */ \
	"WHERE map = ?1 AND key = ?2"
#define EXPR_SQL_MAP \
	"SELECT 1 FROM lookup WHERE map = ?1 LIMIT 1" /* lint: sql-template */

/* What one compilation may name, and what it named. */
struct strategy_compilation {
	enum strategy_class class;
	bool names_host;	/* mx or remote_ip */
	bool varies;		/* reads variables, maps or the clock */
	int selects;
	char denied[160];	/* the first thing refused, in words */
};

struct strategy_regex;

struct strategy_engine {
	sqlite3 *db;
	struct strategy_compilation *compiling; /* NULL: our own SQL */
	const struct strategy_values *values; /* NULL: not evaluating */
	int operations;		/* steps so far in this evaluation */
	int64_t deadline_ns;	/* of it, on the thread's own clock */
	struct buf text;	/* the result's */
	sqlite3_stmt *get, *map;
	struct strategy_regex *regex; /* uthash by pattern */
};

/* The running evaluation has used up its time.  A busy machine refuses no
 * expression: the time is the processor's, of this thread. */
static inline bool
expr_engine_out_of_time(const struct strategy_engine *engine)
{
	return clock_thread_ns() > engine->deadline_ns;
}

/* variable.c: the tables the variables are columns of. */
extern const char *const strategy_class_table[EXPR_CLASS_COUNT];
bool strategy_variable_find(enum strategy_variable *variable_r,
    enum strategy_class class, const char *name);
/* Domains, and those of addresses, are names in one form: mail/address.h. */
enum strategy_variable_kind {
	EXPR_KIND_TEXT, EXPR_KIND_NUMBER, EXPR_KIND_DOMAIN, EXPR_KIND_ADDRESS,
	EXPR_KIND_IP, EXPR_KIND_WORD
};
enum strategy_variable_kind strategy_variable_kind(
    enum strategy_variable variable);
/* All values of one of EXPR_KIND_WORD; ends with NULL. */
const char *const *strategy_variable_words(enum strategy_variable variable);
/* Appends "sender, sender_domain, ...", with their SQL types where typed. */
bool strategy_variable_list(struct buf *out, enum strategy_class class,
    bool typed);
int strategy_variables_register(struct strategy_engine *engine);

/* operand.c: the next word, literal or symbol of rewritten SQL. */
enum strategy_token_kind {
	EXPR_TOKEN_END, EXPR_TOKEN_WORD, EXPR_TOKEN_STRING, EXPR_TOKEN_SYMBOL
};
struct strategy_token {
	enum strategy_token_kind kind;
	const char *at;
	size_t len;
};
struct strategy_token strategy_token_next(const char *sql);
bool strategy_token_is(const struct strategy_token *t, const char *word);
bool strategy_token_variable(enum strategy_variable *variable_r,
    enum strategy_class class, const struct strategy_token *t);

/* EX_CONFIG where text stands as a condition in rewritten SQL. */
bool strategy_operands_check(const char *sql, enum strategy_class class,
    struct error *err) MUST_CHECK;

/* literal.c: EX_CONFIG for a literal that is wrong wherever it stands, evaluated
 * with the sample or not: one that no name is equal to, a pattern that does not
 * compile, a map that is not there.  For tlsq load alone: what is stored already
 * goes on. */
bool strategy_literals_check(struct strategy_engine *engine, const char *text,
    enum strategy_class class, struct error *err) MUST_CHECK;

/* A call of a function, its arguments as texts. */
struct strategy_call {
	struct strategy_engine *engine;
	sqlite3_context *ctx;	/* for the result; NULL where there is none */
	int argc;
	const char *arg[EXPR_ARGUMENTS_MAX];
};

/* One function of expressions. */
struct strategy_function {
	const char *name;	/* NULL ends a table */
	int arguments;		/* -1: any number */
	void (*call)(const struct strategy_call *call);
	/* NULL in gives NULL out, as everywhere in SQL, but where it is '' */
	bool takes_null;
	bool varies;
};
extern const struct strategy_function strategy_functions_text[];
extern const struct strategy_function strategy_functions_address[];
extern const struct strategy_function strategy_functions_map[];


/* function_map.c */
bool strategy_map_exists(struct strategy_engine *engine, const char *map);

/* function.c: ours and those of SQLite; *varies_r: reads maps or the clock. */
int strategy_functions_register(struct strategy_engine *engine);
bool strategy_function_allowed(const char *name, bool *varies_r);

/* regex.c: the pattern occurs in s; false with a sentence in *why. */
bool strategy_regex_match(struct strategy_engine *engine, const char *pattern,
    const char *s, bool *match_r, char *why, size_t why_room);
/* It compiles; else a sentence in *why. */
bool strategy_regex_check(struct strategy_engine *engine, const char *pattern,
    char *why, size_t why_room);
void strategy_regex_free_all(struct strategy_engine *engine);

#endif
