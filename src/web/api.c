/*
 * JSON, made by SQLite, and what else is no page.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "spool/query.h"
#include "web/answer_impl.h"
#include "web/escape.h"
#include "web/expose.h"
#include "web/metrics.h"

/* Rows of a list in one answer; "next" leads on. */
enum { API_ROWS = 200, API_MESSAGE_ROWS = 1000 };

/* The objects of a list, one a line; true where there are more, and q stands on
 * the first of them. */
static bool
put_list(struct web_answer *a, struct spool_query *q, const char *name,
    int column)
{
	int row = 0;

	a->type = WEB_TYPE_JSON;
	(void)buf_printf(&a->body, "{\"%s\":[", name);
	while (spool_query_next(q) && row++ < API_ROWS) {
		(void)buf_puts(&a->body, row == 1 ? "\n" : ",\n");
		web_put_json(&a->body, spool_query_text(q, column));
	}
	(void)buf_puts(&a->body, row > API_ROWS ? "],\n\"next\":\"" :
	    "],\n\"next\":null}\n");
	return row > API_ROWS;
}

bool
web_api_queue(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, r->spool, SQL_WEB_QUEUE);
	spool_query_put_int(&q, ":message", r->route.from_message);
	spool_query_put_int(&q, ":recipient", r->route.from_recipient);
	spool_query_put_int(&q, ":limit", API_ROWS + 1);
	if (put_list(a, &q, "recipients", 12))
		(void)buf_printf(&a->body, "/api/queue?message=%" PRId64
		    "&recipient=%" PRId64 "\"}\n", spool_query_int(&q, 0),
		    spool_query_int(&q, 1));
	return spool_query_end(&q, err);
}

bool
web_api_domains(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, r->spool, SQL_WEB_DOMAINS);
	spool_query_put_text(&q, ":from", r->route.from);
	spool_query_put_int(&q, ":limit", API_ROWS + 1);
	if (put_list(a, &q, "domains", 12)) {
		(void)buf_puts(&a->body, "/api/domains?from=");
		web_put_url(&a->body, spool_query_text(&q, 0));
		(void)buf_puts(&a->body, "\"}\n");
	}
	return spool_query_end(&q, err);
}

/* The one row of a query, or what to say where there is none. */
static bool
put_object(struct web_answer *a, struct spool_query *q, const char *otherwise,
    struct error *err)
{
	a->type = WEB_TYPE_JSON;
	if (spool_query_next(q)) {
		web_put_json(&a->body, spool_query_text(q, 0));
		(void)buf_puts(&a->body, "\n");
	} else
		web_not_found(a, otherwise);
	return spool_query_end(q, err);
}

bool
web_api_domain(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, r->spool, SQL_WEB_DOMAIN_JSON);
	spool_query_put_text(&q, ":domain", r->route.domain);
	return put_object(a, &q, "nothing is known of this domain", err);
}

bool
web_api_message(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, r->spool, SQL_CLI_SHOW_JSON);
	spool_query_put_int(&q, ":id", r->route.id);
	spool_query_put_int(&q, ":limit", API_MESSAGE_ROWS);
	return put_object(a, &q, "there is no such message in the spool", err);
}

bool
web_make_metrics(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	bool openmetrics = web_accepts_openmetrics(r->accept);
	struct web_snapshot *s = mem_alloc(sizeof(*s));
	bool ok = web_collector_read(r->collector, s, err);

	a->type = openmetrics ? web_type_openmetrics : web_type_prometheus;
	if (ok)
		web_metrics_write(&a->body, s, openmetrics, r->now);
	free(s);
	return ok;
}

bool
web_make_healthz(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct spool_query q;

	a->type = WEB_TYPE_TEXT;
	(void)buf_puts(&a->body, "ok\n");
	spool_query_start(&q, r->spool, SQL_WEB_PROBE);
	return spool_query_run(&q, err);
}
