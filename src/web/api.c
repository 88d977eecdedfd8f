/*
 * JSON, made by SQLite, and what else is no page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "spool/query.h"
#include "web/answer_impl.h"
#include "web/escape.h"
#include "web/expose.h"
#include "web/metrics.h"

/* Rows of a list in one answer; "next" leads on. */
enum { API_ROWS = 200, API_MESSAGE_ROWS = 1000 };

const char web_type_json[] = "application/json";

static void
put_next(struct web_answer *a, const char *path, const char *tail)
{
	(void)buf_puts(&a->body, "],\n\"next\":");
	if (path == NULL)
		(void)buf_puts(&a->body, "null");
	else
		(void)buf_printf(&a->body, "\"%s%s\"", path, tail);
	(void)buf_puts(&a->body, "}\n");
}

static void
put_row(struct web_answer *a, int row, const char *json)
{
	(void)buf_puts(&a->body, row == 0 ? "\n" : ",\n");
	web_put_json(&a->body, json);
}

bool
web_api_queue(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	char tail[64] = "";
	const char *next = NULL;
	struct spool_query q;

	a->type = web_type_json;
	(void)buf_puts(&a->body, "{\"recipients\":[");
	spool_query_start(&q, r->spool, SQL_WEB_QUEUE);
	spool_query_put_int(&q, ":message", r->route.from_message);
	spool_query_put_int(&q, ":recipient", r->route.from_recipient);
	spool_query_put_int(&q, ":limit", API_ROWS + 1);
	for (int row = 0; spool_query_next(&q); row++) {
		if (row < API_ROWS) {
			put_row(a, row, spool_query_text(&q, 12));
			continue;
		}
		next = "/api/queue?message=";
		(void)snprintf(tail, sizeof(tail), "%" PRId64 "&recipient=%"
		    PRId64, spool_query_int(&q, 0), spool_query_int(&q, 1));
	}
	put_next(a, next, tail);
	return spool_query_end(&q, err);
}

bool
web_api_domains(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct buf tail = BUF_INIT;
	const char *next = NULL;
	struct spool_query q;

	a->type = web_type_json;
	(void)buf_puts(&a->body, "{\"domains\":[");
	spool_query_start(&q, r->spool, SQL_WEB_DOMAINS);
	spool_query_put_text(&q, ":from", r->route.from);
	spool_query_put_int(&q, ":limit", API_ROWS + 1);
	for (int row = 0; spool_query_next(&q); row++) {
		if (row < API_ROWS) {
			put_row(a, row, spool_query_text(&q, 12));
			continue;
		}
		next = "/api/domains?from=";
		web_put_url(&tail, spool_query_text(&q, 0));
	}
	put_next(a, next, buf_str(&tail));
	buf_free(&tail);
	return spool_query_end(&q, err);
}

bool
web_api_domain(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct spool_query q;
	bool known;

	spool_query_start(&q, r->spool, SQL_WEB_DOMAIN);
	spool_query_put_text(&q, ":domain", r->route.domain);
	known = spool_query_next(&q);
	if (!spool_query_end(&q, err))
		return false;
	if (!known) {
		web_answer_error(a, &r->route, 404, "nothing is known of this "
		    "domain");
		return true;
	}
	a->type = web_type_json;
	spool_query_start(&q, r->spool, SQL_WEB_DOMAIN_JSON);
	spool_query_put_text(&q, ":domain", r->route.domain);
	if (spool_query_next(&q))
		web_put_json(&a->body, spool_query_text(&q, 0));
	(void)buf_puts(&a->body, "\n");
	return spool_query_end(&q, err);
}

bool
web_api_message(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	struct spool_query q;

	a->type = web_type_json;
	spool_query_start(&q, r->spool, SQL_CLI_SHOW_JSON);
	spool_query_put_int(&q, ":id", r->route.id);
	spool_query_put_int(&q, ":limit", API_MESSAGE_ROWS);
	if (spool_query_next(&q)) {
		web_put_json(&a->body, spool_query_text(&q, 0));
		(void)buf_puts(&a->body, "\n");
	} else
		web_answer_error(a, &r->route, 404, "there is no such message "
		    "in the spool");
	return spool_query_end(&q, err);
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

	a->type = web_type_text;
	(void)buf_puts(&a->body, "ok\n");
	spool_query_start(&q, r->spool, SQL_WEB_PROBE);
	return spool_query_run(&q, err);
}
