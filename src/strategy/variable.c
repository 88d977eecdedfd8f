/*
 * The variables as columns of a virtual table with one row, which hands out the
 * values of the evaluation that runs.  A virtual table rather than parameters:
 * only the variables an expression reads are fetched, the authorizer is told
 * which they are (it is not told about columns of a subquery), and they have
 * declared types.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "mail/address.h"
#include "strategy/expr_impl.h"

enum { IN_QUEUE = 1 << EXPR_QUEUE, IN_MILTER = 1 << EXPR_MILTER };

struct variable {
	const char *name;
	unsigned int classes;
	enum strategy_variable_kind kind;
	size_t offset;		/* in struct strategy_values */
	const char *absent;	/* what NULL reads as; NULL: '' */
	const char *const *words; /* EXPR_KIND_WORD: its values, NULL ends */
};

static const char *const last_errors[] = { "none", "dns", "connection", "tls",
	"dane", "mta-sts", "unexpected-reply", "rate", "concurrency", "io", NULL };
static const char *const sources[] = { "milter", "submit", "spool", "dsn",
	"report", NULL };

#define TEXT(field, in) .name = #field, .classes = (in), \
	.offset = offsetof(struct strategy_values, field)
#define NUMBER(field, in) TEXT(field, in), .kind = EXPR_KIND_NUMBER
#define DOMAIN(field, in) TEXT(field, in), .kind = EXPR_KIND_DOMAIN
#define ADDRESS(field, in) TEXT(field, in), .kind = EXPR_KIND_ADDRESS
#define IP(field, in) TEXT(field, in), .kind = EXPR_KIND_IP
#define WORD(field, in, list) TEXT(field, in), .kind = EXPR_KIND_WORD, \
	.words = (list)

/* In the order of tlsq-expressions(7): the queue's, then the milter's own. */
static const struct variable variables[EXPR_VARIABLE_COUNT] = {
	[EXPR_SENDER] = { ADDRESS(sender, IN_QUEUE | IN_MILTER) },
	[EXPR_SENDER_DOMAIN] = { DOMAIN(sender_domain, IN_QUEUE | IN_MILTER) },
	[EXPR_RCPT] = { ADDRESS(rcpt, IN_QUEUE | IN_MILTER) },
	[EXPR_RCPT_DOMAIN] = { DOMAIN(rcpt_domain, IN_QUEUE | IN_MILTER) },
	[EXPR_AUTH_USER] = { TEXT(auth_user, IN_QUEUE | IN_MILTER) },
	[EXPR_SIZE] = { NUMBER(size, IN_QUEUE | IN_MILTER) },
	[EXPR_MX] = { DOMAIN(mx, IN_QUEUE) },
	[EXPR_REMOTE_IP] = { IP(remote_ip, IN_QUEUE) },
	[EXPR_RETRY_NUM] = { NUMBER(retry_num, IN_QUEUE) },
	[EXPR_NOTIFY_NUM] = { NUMBER(notify_num, IN_QUEUE) },
	[EXPR_EXPIRES_IN] = { NUMBER(expires_in, IN_QUEUE) },
	[EXPR_QUEUE_AGE] = { NUMBER(queue_age, IN_QUEUE) },
	[EXPR_LAST_ERROR] = { WORD(last_error, IN_QUEUE, last_errors),
	    .absent = "none" },
	[EXPR_LAST_STATUS] = { TEXT(last_status, IN_QUEUE) },
	[EXPR_TLS_FAILURES] = { NUMBER(tls_failures, IN_QUEUE) },
	[EXPR_SOURCE] = { WORD(source, IN_QUEUE, sources) },
	[EXPR_QUEUE_NAME] = { TEXT(queue_name, IN_QUEUE) },
	[EXPR_RECEIVED_FROM_IP] = { IP(received_from_ip, IN_QUEUE) },
	[EXPR_RCPT_MAILER] = { TEXT(rcpt_mailer, IN_MILTER) },
	[EXPR_RCPT_HOST] = { DOMAIN(rcpt_host, IN_MILTER) },
	[EXPR_CLIENT_IP] = { IP(client_ip, IN_MILTER) },
	[EXPR_CLIENT_NAME] = { DOMAIN(client_name, IN_MILTER) },
};

const char *const strategy_class_table[EXPR_CLASS_COUNT] = {
	[EXPR_QUEUE] = "queue", [EXPR_MILTER] = "milter",
};

struct strategy_values
strategy_values_sample(void)
{
	return (struct strategy_values){
		.sender = "sender@example.org", .sender_domain = "example.org",
		.rcpt = "rcpt@example.net", .rcpt_domain = "example.net",
		.auth_user = "user", .size = 1000, .mx = "mx.example.net",
		.remote_ip = "192.0.2.1", .expires_in = 86400,
		.last_error = "none", .source = "milter",
		.queue_name = "default", .received_from_ip = "192.0.2.2",
		.rcpt_mailer = "esmtp", .rcpt_host = "example.net",
		.client_ip = "192.0.2.2", .client_name = "client.example.org",
	};
}

bool
strategy_variable_find(enum strategy_variable *variable_r,
    enum strategy_class class, const char *name)
{
	for (int i = 0; i < EXPR_VARIABLE_COUNT; i++) {
		if ((variables[i].classes & 1U << class) == 0 ||
		    strcasecmp(variables[i].name, name) != 0)
			continue;
		*variable_r = (enum strategy_variable)i;
		return true;
	}
	return false;
}

enum strategy_variable_kind
strategy_variable_kind(enum strategy_variable variable)
{
	return variables[variable].kind;
}

const char *const *
strategy_variable_words(enum strategy_variable variable)
{
	return variables[variable].words;
}

bool
strategy_variable_list(struct buf *out, enum strategy_class class, bool typed)
{
	const char *separator = "";

	for (int i = 0; i < EXPR_VARIABLE_COUNT; i++) {
		if ((variables[i].classes & 1U << class) == 0)
			continue;
		if (!buf_printf(out, "%s%s%s", separator, variables[i].name,
		    !typed ? "" :
		    variables[i].kind == EXPR_KIND_NUMBER ? " INTEGER" :
		    " TEXT"))
			return false;
		separator = ", ";
	}
	return true;
}

/* --- the virtual table --------------------------------------------------- */

struct table {
	sqlite3_vtab base;	/* first: SQLite casts */
	struct strategy_engine *engine;
	enum strategy_variable column[EXPR_VARIABLE_COUNT];
};

struct cursor {
	sqlite3_vtab_cursor base; /* first: SQLite casts */
	bool end;
};

static int
table_connect(sqlite3 *db, void *engine, int argc, const char *const *argv,
    sqlite3_vtab **table_r, char **why_r)
{
	struct table *t = mem_zalloc(sizeof(*t));
	enum strategy_class class = EXPR_QUEUE;
	struct buf columns = BUF_INIT;
	char *sql;
	int rc, n = 0;

	(void)why_r;
	if (argc > 0 && strcmp(argv[0], strategy_class_table[EXPR_MILTER]) == 0)
		class = EXPR_MILTER;
	t->engine = engine;
	for (int i = 0; i < EXPR_VARIABLE_COUNT; i++)
		if ((variables[i].classes & 1U << class) != 0)
			t->column[n++] = (enum strategy_variable)i;
	(void)strategy_variable_list(&columns, class, true); /* has no limit */
	sql = mem_printf(EXPR_SQL_VARIABLES, buf_str(&columns));
	rc = sqlite3_declare_vtab(db, sql);
	free(sql);
	buf_free(&columns);
	if (rc != SQLITE_OK) {
		free(t);
		return rc;
	}
	*table_r = &t->base;
	return SQLITE_OK;
}

static int
table_disconnect(sqlite3_vtab *table)
{
	free((struct table *)table);
	return SQLITE_OK;
}

static int
table_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	info->estimatedCost = 1;
	info->estimatedRows = 1;
	info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
	return SQLITE_OK;
}

static int
table_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor_r)
{
	struct cursor *c = mem_zalloc(sizeof(*c));

	(void)table;
	*cursor_r = &c->base;
	return SQLITE_OK;
}

static int
table_close(sqlite3_vtab_cursor *cursor)
{
	free((struct cursor *)cursor);
	return SQLITE_OK;
}

static int
table_filter(sqlite3_vtab_cursor *cursor, int plan, const char *plan_text,
    int argc, sqlite3_value **argv)
{
	(void)plan;
	(void)plan_text;
	(void)argc;
	(void)argv;
	((struct cursor *)cursor)->end = false;
	return SQLITE_OK;
}

static int
table_next(sqlite3_vtab_cursor *cursor)
{
	((struct cursor *)cursor)->end = true;
	return SQLITE_OK;
}

static int
table_eof(sqlite3_vtab_cursor *cursor)
{
	return ((struct cursor *)cursor)->end;
}

static int
table_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid_r)
{
	(void)cursor;
	*rowid_r = 1;
	return SQLITE_OK;
}

static int
table_column(sqlite3_vtab_cursor *cursor, sqlite3_context *ctx, int column)
{
	const struct table *t = (const struct table *)cursor->pVtab;
	const struct variable *v = &variables[t->column[column]];
	const char *at = (const char *)t->engine->values + v->offset, *text;
	int64_t number;

	assert(t->engine->values != NULL);
	if (v->kind == EXPR_KIND_NUMBER) {
		memcpy(&number, at, sizeof(number));
		sqlite3_result_int64(ctx, number);
		return SQLITE_OK;
	}
	memcpy(&text, at, sizeof(text));
	if (text == NULL)
		text = v->absent != NULL ? v->absent : "";
	if (v->kind == EXPR_KIND_TEXT) /* values outlive the evaluation */
		sqlite3_result_text(ctx, text, -1, SQLITE_STATIC);
	else
		sqlite3_result_text(ctx, mail_name_fold(text), -1, free);
	return SQLITE_OK;
}

/* No xCreate: the table is there by the module's name, and no other can be
 * made of it. */
static const sqlite3_module module = {
	.xConnect = table_connect, .xBestIndex = table_best_index,
	.xDisconnect = table_disconnect, .xOpen = table_open,
	.xClose = table_close, .xFilter = table_filter, .xNext = table_next,
	.xEof = table_eof, .xColumn = table_column, .xRowid = table_rowid,
};

/* Declaring the columns is an action of its own to the authorizer, so each
 * table is touched once here, in the engine's own name. */
int
strategy_variables_register(struct strategy_engine *engine)
{
	int rc = SQLITE_OK;

	for (int i = 0; i < EXPR_CLASS_COUNT && rc == SQLITE_OK; i++) {
		sqlite3_stmt *stmt = NULL;
		char *sql = mem_printf(EXPR_SQL_MOULD, "1",
		    strategy_class_table[i]);

		rc = sqlite3_create_module(engine->db, strategy_class_table[i],
		    &module, engine);
		if (rc == SQLITE_OK)
			rc = sqlite3_prepare_v2(engine->db, sql, -1, &stmt,
			    NULL);
		sqlite3_finalize(stmt);
		free(sql);
	}
	return rc;
}
