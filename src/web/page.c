/*
 * The overview, the queue, the domains.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/page_impl.h"

/* --- tiles */

static void
put_tile(const struct web_html *h, const char *label, const char *mood,
    int64_t n)
{
	web_html_put(h, n > 0 && *mood != '\0' ? "<div class=\"%s\">" :
	    "<div>", mood);
	web_html_put(h, "<dt>%s</dt><dd>%" PRId64 "</dd></div>\n", label, n);
}

static int64_t
count_of(const struct web_tally *t, const char *word)
{
	for (size_t i = 0; i < t->used; i++)
		if (strcmp(t->entries[i].words[0], word) == 0)
			return t->entries[i].count;
	return 0;
}

static int64_t
sum_of(const struct web_tally *t)
{
	int64_t sum = 0;

	for (size_t i = 0; i < t->used; i++)
		sum += t->entries[i].count;
	return sum;
}

static void
put_oldest(const struct web_html *h, const struct web_snapshot *s)
{
	web_html_put(h, "<div><dt>oldest</dt><dd>");
	if (s->oldest_at < 0)
		web_html_put(h, "-");
	else
		web_html_span(h, h->now > s->oldest_at ?
		    h->now - s->oldest_at : 0);
	web_html_put(h, "</dd></div>\n");
}

static void
put_snapshot(const struct web_html *h, const struct web_snapshot *s)
{
	static const struct {
		const char *state, *mood;
	} rows[] = {
		{ "queued", "" }, { "active", "" }, { "deferred", "warn" },
		{ "held", "warn" }, { "delivered", "" }, { "failed", "bad" },
		{ "expired", "bad" },
	};

	web_html_put(h, "<dl class=\"tiles\">\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		put_tile(h, rows[i].state, rows[i].mood,
		    count_of(&s->kept.recipients, rows[i].state));
	put_tile(h, "problems", "bad", sum_of(&s->failing));
	put_oldest(h, s);
	web_html_put(h, "</dl>\n");
	if (s->runners > 0 || s->unfinished == 0)
		return;
	web_html_put(h, "<p>");
	web_html_badge(h, WEB_WARN, "no runner");
	web_html_put(h, " No mail is delivered until <code>tlsq-runner</code> "
	    "is started.</p>\n");
}

static void
put_tiles(const struct web_html *h, const struct web_request *r)
{
	struct web_snapshot *s = mem_alloc(sizeof(*s));
	struct error why;

	if (web_collector_read(r->collector, s, &why))
		put_snapshot(h, s);
	else
		web_html_put(h, "<p class=\"soft\">Counts: %s</p>\n", why.text);
	free(s);
}

/* --- problems */

static void
put_problem(const struct web_html *h, struct spool_query *q)
{
	const char *name = spool_query_text(q, D_DOMAIN);

	web_html_put(h, "<article class=\"card bad\"><div class=\"top\">");
	web_html_link(h, "domains/", name, name);
	web_page_failure(h, spool_query_text(q, D_ERROR),
	    spool_query_text(q, D_RESULT), spool_query_text(q, D_STATUS));
	web_html_put(h, "</div><div class=\"soft\">failing since ");
	web_html_when(h, spool_query_int(q, D_SINCE));
	web_html_put(h, ", ");
	web_page_waiting(h, spool_query_int(q, D_WAITING));
	web_html_put(h, " waiting</div>");
	web_page_reply(h, spool_query_text(q, D_REPLY));
	web_html_put(h, "</article>\n");
}

static bool
put_problems(const struct web_html *h, const struct web_request *r,
    struct error *err)
{
	struct spool_query q;
	int row = 0;

	web_html_put(h, "<section><h2>Problems</h2>\n");
	spool_query_start(&q, r->spool, SQL_WEB_PROBLEMS);
	spool_query_put_int(&q, ":limit", HOME_ROWS + 1);
	for (; spool_query_next(&q); row++)
		if (row < HOME_ROWS)
			put_problem(h, &q);
	if (row == 0)
		web_html_put(h, "<p class=\"none\">No domain is "
		    "failing.</p>\n");
	if (row > HOME_ROWS)
		web_html_put(h, "<p class=\"soft\">These domains have been "
		    "failing the longest; there are more.</p>\n");
	web_html_put(h, "</section>\n");
	return spool_query_end(&q, err);
}

/* --- lists */

static bool
put_queue(const struct web_html *h, const struct web_request *r, int max,
    struct error *err)
{
	struct spool_query q;
	int rows;

	spool_query_start(&q, r->spool, SQL_WEB_QUEUE);
	spool_query_put_int(&q, ":message", r->route.from_message);
	spool_query_put_int(&q, ":recipient", r->route.from_recipient);
	spool_query_put_int(&q, ":limit", max + 1);
	rows = web_page_table(h, &q, &web_page_recipient_rows, max);
	if (rows == 0)
		web_html_put(h, "<p class=\"none\">The queue is empty.</p>\n");
	if (rows > max)
		web_html_put(h, "<p><a rel=\"next\" href=\"./queue?message=%"
		    PRId64 "&amp;recipient=%" PRId64 "\">more recipients</a>"
		    "</p>\n", spool_query_int(&q, Q_MESSAGE),
		    spool_query_int(&q, Q_ID));
	return spool_query_end(&q, err);
}

static bool
put_domains(const struct web_html *h, const struct web_request *r, int max,
    struct error *err)
{
	struct spool_query q;
	int rows;

	spool_query_start(&q, r->spool, SQL_WEB_DOMAINS);
	spool_query_put_text(&q, ":from", r->route.from);
	spool_query_put_int(&q, ":limit", max + 1);
	rows = web_page_table(h, &q, &web_page_domain_rows, max);
	if (rows == 0)
		web_html_put(h, "<p class=\"none\">There are no domains "
		    "yet.</p>\n");
	if (rows > max) {
		web_html_put(h, "<p>");
		web_html_link(h, "domains?from=", spool_query_text(&q, D_DOMAIN),
		    "more domains");
		web_html_put(h, "</p>\n");
	}
	return spool_query_end(&q, err);
}

/* --- rules, TLS reports, the shadow strategy */

static void
put_report(const struct web_html *h, struct spool_query *q)
{
	const char *target = spool_query_text(q, 3);

	web_html_put(h, "<tr><td>%s</td><td>", spool_query_text(q, 0));
	web_html_link(h, "domains/", spool_query_text(q, 1),
	    spool_query_text(q, 1));
	web_html_put(h, "</td><td data-label=\"state\">");
	web_html_state(h, spool_query_text(q, 2));
	web_html_put(h, "</td><td data-label=\"to\">%s</td><td>",
	    target != NULL ? target : "");
	web_page_reply(h, spool_query_text(q, 4));
	web_html_put(h, "</td></tr>\n");
}

static void
put_shadow(const struct web_html *h, struct spool_query *q)
{
	web_html_put(h, "<tr><td>");
	web_html_link(h, "domains/", spool_query_text(q, 0),
	    spool_query_text(q, 0));
	web_html_put(h, "</td><td data-label=\"strategy\">%s</td><td>",
	    spool_query_text(q, 1));
	web_html_state(h, spool_query_text(q, 2));
	web_html_put(h, "</td><td>");
	web_html_state(h, spool_query_text(q, 3));
	web_html_put(h, "</td><td class=\"n\" data-label=\"messages\">%" PRId64
	    "</td></tr>\n", spool_query_int(q, 4));
}

static void
put_rule(const struct web_html *h, struct spool_query *q)
{
	const char *strategy = spool_query_text(q, 3);

	web_html_put(h, "<tr><td>%s</td><td data-label=\"kind\">%s %s</td>"
	    "<td>%s</td><td data-label=\"until\">", spool_query_text(q, 0),
	    spool_query_text(q, 1), strategy != NULL ? strategy : "",
	    spool_query_text(q, 2));
	if (spool_query_is_null(q, 4))
		web_html_put(h, "removed");
	else
		web_html_when(h, spool_query_int(q, 4));
	web_html_put(h, "</td><td data-label=\"by\">%s</td><td class=\"n\" "
	    "data-label=\"recipients\">%s</td><td>%s</td></tr>\n",
	    spool_query_text(q, 5), spool_query_text(q, 6),
	    spool_query_text(q, 7));
}

/* Nothing where there is nothing. */
static bool
put_section(const struct web_html *h, const struct web_request *r,
    enum sql_id query, const char *title, const struct web_page_table *table,
    struct error *err)
{
	size_t begin = h->out->len;
	struct spool_query q;

	web_html_put(h, "<section><h2>%s</h2>\n", title);
	spool_query_start_with(&q, r->spool, query, SPOOL_VALUES(
	    SPOOL_INT(":limit", HOME_ROWS)));
	if (web_page_table(h, &q, table, HOME_ROWS) > 0)
		web_html_put(h, "</section>\n");
	else {
		h->out->len = begin;
		h->out->data[begin] = '\0';
	}
	return spool_query_end(&q, err);
}

static bool
put_more(const struct web_html *h, const struct web_request *r,
    struct error *err)
{
	static const struct web_page_table reports = {
		.head = "<th>day<th class=\"w\">domain<th>state<th>to"
		    "<th>answer", .put_row = put_report };
	static const struct web_page_table shadow = {
		.head = "<th class=\"w\">domain<th>strategy<th>recorded"
		    "<th>would be<th>messages", .put_row = put_shadow };

	static const struct web_page_table rules = {
		.head = "<th>rule<th>kind<th class=\"w\">domain<th>until<th>by"
		    "<th>recipients<th>reason", .put_row = put_rule };

	return put_section(h, r, SQL_WEB_RULE_LIST, "Rules", &rules, err) &&
	    put_section(h, r, SQL_WEB_SHADOW, "Shadow strategy: what would "
	    "change", &shadow, err) && put_section(h, r, SQL_WEB_REPORTS,
	    "TLS reports", &reports, err);
}

bool
web_page_home(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	const struct web_html h = web_page_html(r, a);
	bool ok;

	web_html_begin(&h, "Outbound mail", NULL, "");
	put_tiles(&h, r);
	ok = put_problems(&h, r, err);
	web_html_put(&h, "<section><h2>Queue</h2>\n");
	ok = ok && put_queue(&h, r, HOME_ROWS, err);
	web_html_put(&h, "</section>\n<section><h2>TLS by domain</h2>\n");
	ok = ok && put_domains(&h, r, HOME_ROWS, err);
	web_html_put(&h, "</section>\n");
	ok = ok && put_more(&h, r, err);
	web_html_end(&h);
	return ok;
}

bool
web_page_queue(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	const struct web_html h = web_page_html(r, a);
	bool ok;

	web_html_begin(&h, "Queue", NULL, "queue");
	ok = put_queue(&h, r, PAGE_ROWS, err);
	web_html_end(&h);
	return ok;
}

bool
web_page_domains(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	const struct web_html h = web_page_html(r, a);
	bool ok;

	web_html_begin(&h, "TLS by domain", NULL, "domains");
	if (r->route.from[0] != '\0') {
		web_html_put(&h, "<p class=\"soft\">From <strong>%s</strong> "
		    "on. ", r->route.from);
		web_html_link(&h, "domains", NULL, "Show from the beginning");
		web_html_put(&h, "</p>\n");
	}
	ok = put_domains(&h, r, PAGE_ROWS, err);
	web_html_end(&h);
	return ok;
}
