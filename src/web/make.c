/*
 * From a route to an answer: the database opened and limited, and what is said
 * where it cannot be read.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "spool/query.h"
#include "web/answer_impl.h"
#include "web/html.h"
#include "web/web.h"

/* A locked log is repaired in less, or the answer is 503. */
enum { BUSY_MS = 500 };

const char web_type_html[] = "text/html; charset=utf-8";
const char web_type_json[] = "application/json";
const char web_type_text[] = "text/plain; charset=utf-8";
const char web_type_css[] = "text/css; charset=utf-8";

static const struct row {
	web_make *make;
	bool plain;		/* errors as text; else JSON below /api/, or a page */
	bool spool;		/* needs the database */
} rows[WEB_PAGE_COUNT] = {
	[WEB_HOME] = { web_page_home, .spool = true },
	[WEB_QUEUE] = { web_page_queue, .spool = true },
	[WEB_DOMAINS] = { web_page_domains, .spool = true },
	[WEB_DOMAIN] = { web_page_domain, .spool = true },
	[WEB_MESSAGE] = { web_page_message, .spool = true },
	[WEB_STYLE] = { web_make_style, .plain = true },
	[WEB_API_QUEUE] = { web_api_queue, .spool = true },
	[WEB_API_DOMAINS] = { web_api_domains, .spool = true },
	[WEB_API_DOMAIN] = { web_api_domain, .spool = true },
	[WEB_API_MESSAGE] = { web_api_message, .spool = true },
	[WEB_METRICS] = { web_make_metrics, .plain = true },
	[WEB_HEALTHZ] = { web_make_healthz, .plain = true, .spool = true },
};

/* An answer that is an error: a page, JSON or text, as the route has it. */
static void
make_error(struct web_answer *a, const struct web_request *r, unsigned status,
    const char *text)
{
	struct web_html h = { .out = &a->body, .now = r->now,
		.depth = r->route.depth };
	struct json j = { .out = &a->body };

	a->status = status;
	buf_clear(&a->body);
	if (r->route.api) {
		a->type = web_type_json;
		json_open_object(&j, NULL);
		json_text(&j, "error", text);
		json_close_object(&j);
		(void)buf_puts(&a->body, "\n");
	} else if (rows[r->route.page].plain) {
		a->type = web_type_text;
		(void)buf_printf(&a->body, "%s\n", text);
	} else {
		a->type = web_type_html;
		web_html_begin(&h, "No answer", NULL, NULL);
		web_html_put(&h, "<p>%s</p>\n", text);
		web_html_end(&h);
	}
}

static bool
open_spool(struct web_maker *m, struct error *err)
{
	if (m->spool != NULL && spool_check_place(m->spool, err))
		return true;
	spool_close(&m->spool);
	if (!spool_open(&m->spool, m->database, SPOOL_READ_ONLY, err))
		return false;
	spool_busy_set(m->spool, BUSY_MS);
	return true;
}

/* All that an answer says is of one moment. */
static bool
make_of_spool(struct web_maker *m, struct web_request *r,
    const struct row *row, struct web_answer *a, struct error *err)
{
	struct spool_query q;
	bool ok;

	if (!open_spool(m, err))
		return false;
	spool_limit_set(m->spool, WEB_QUERY_MS);
	spool_query_start(&q, m->spool, SQL_BEGIN_READ);
	r->spool = m->spool;
	ok = spool_query_run(&q, err) && row->make(r, a, err);
	spool_limit_set(m->spool, 0);
	spool_rollback(m->spool);
	if (!ok)
		spool_close(&m->spool);
	return ok;
}

void
web_make_answer(struct web_maker *m, const char *target, const char *accept,
    struct web_answer *a)
{
	struct web_request r = { .collector = m->collector, .accept = accept,
		.now = clock_now_s() };
	const struct row *row;
	struct error err;
	char text[128];

	web_route_parse(&r.route, target);
	row = &rows[r.route.page];
	a->status = 200;
	if (r.route.page == WEB_NOT_FOUND) {
		make_error(a, &r, 404, "There is no such page.");
	} else if (r.route.page == WEB_BAD_REQUEST) {
		make_error(a, &r, 400, "The request is not valid.");
	} else if (!(row->spool ? make_of_spool(m, &r, row, a, &err) :
	    row->make(&r, a, &err))) {
		log_debug("http: %s: %s", target, err.text);
		make_error(a, &r, 503, err.text);
	} else if (a->status == 404) {
		(void)text_copy(text, sizeof(text), buf_str(&a->body));
		make_error(a, &r, 404, text);
	}
}
