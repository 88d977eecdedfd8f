/*
 * One domain, one message: the evidence.
 */
#include <inttypes.h>
#include <stdio.h>

#include "web/page_impl.h"

enum { ATTEMPTS_SHOWN = 20, MESSAGE_ATTEMPTS = 100 };

/* The columns of web_domain behind those of web_domains. */
enum {
	D_MX = D_MORE, D_MX_RECORDS, D_MX_AT, D_STS_MODE, D_STS_ID, D_STS_MX,
	D_STS_AGE, D_STS_AT, D_STS_ERROR, D_STS_KNOWN,
};

static void
put_status(const struct web_html *h, struct spool_query *q)
{
	bool failing = !spool_query_is_null(q, D_SINCE);
	bool tried = !spool_query_is_null(q, D_ATTEMPT);

	web_html_put(h, "<article class=\"card%s\"><div class=\"top\">",
	    failing ? " bad" : tried ? " good" : "");
	web_html_badge(h, failing ? WEB_BAD : tried ? WEB_GOOD : WEB_PLAIN,
	    failing ? "failing" : tried ? "delivering" : "not tried yet");
	web_page_failure(h, failing ? spool_query_text(q, D_ERROR) : NULL,
	    spool_query_text(q, D_RESULT), spool_query_text(q, D_STATUS));
	web_html_session(h, spool_query_text(q, D_TLS),
	    spool_query_text(q, D_DANE), spool_query_text(q, D_MTA_STS));
	web_html_put(h, "</div>");
	web_page_reply(h, spool_query_text(q, D_REPLY));
	web_html_put(h, "<dl class=\"facts\">");
	web_html_pair_when(h, "failing since", spool_query_time(q, D_SINCE));
	web_html_pair_when(h, "last attempt", spool_query_time(q, D_ATTEMPT));
	web_html_pair_when(h, "last delivery", spool_query_time(q, D_DELIVERED));
	web_html_put(h, "<div><dt>waiting</dt><dd>");
	web_page_waiting(h, spool_query_int(q, D_WAITING));
	web_html_put(h, "</dd></div></dl></article>\n");
}

/* What DNS and the policy host said last. */
static void
put_policy(const struct web_html *h, struct spool_query *q)
{
	web_html_put(h, "<article class=\"card\"><div class=\"top\">"
	    "<strong>MX</strong>");
	web_html_badge(h, WEB_PLAIN, spool_query_is_null(q, D_MX) ?
	    "not cached" : spool_query_text(q, D_MX));
	web_html_put(h, "</div><dl class=\"facts\">");
	web_html_pair(h, "records", spool_query_text(q, D_MX_RECORDS));
	web_html_pair_when(h, "asked", spool_query_time(q, D_MX_AT));
	web_html_put(h, "</dl></article>\n<article class=\"card\">"
	    "<div class=\"top\"><strong>MTA-STS</strong>");
	web_html_badge(h, WEB_PLAIN, spool_query_int(q, D_STS_KNOWN) == 0 ?
	    "not cached" : spool_query_is_null(q, D_STS_MODE) ? "no policy" :
	    spool_query_text(q, D_STS_MODE));
	web_html_put(h, "</div><dl class=\"facts\">");
	web_html_pair(h, "hosts", spool_query_text(q, D_STS_MX));
	web_html_pair(h, "id", spool_query_text(q, D_STS_ID));
	web_html_pair(h, "max_age", spool_query_text(q, D_STS_AGE));
	web_html_pair(h, "error", spool_query_text(q, D_STS_ERROR));
	web_html_pair_when(h, "fetched", spool_query_time(q, D_STS_AT));
	web_html_put(h, "</dl></article>\n");
}

static bool
page_put_tlsa(const struct web_html *h, const struct web_request *r,
    struct error *err)
{
	struct spool_query q;

	spool_query_start(&q, r->spool, SQL_WEB_DOMAIN_TLSA);
	spool_query_put_text(&q, ":domain", r->route.domain);
	while (spool_query_next(&q)) {
		web_html_put(h, "<article class=\"card\"><div class=\"top\">"
		    "<strong>TLSA of %s:%s</strong>", spool_query_text(&q, 0),
		    spool_query_text(&q, 1));
		web_html_badge(h, WEB_PLAIN, spool_query_text(&q, 2));
		web_html_put(h, "</div><dl class=\"facts\">");
		web_html_pair(h, "records", spool_query_text(&q, 3));
		web_html_pair_when(h, "asked", spool_query_time(&q, 4));
		web_html_put(h, "</dl></article>\n");
	}
	return spool_query_end(&q, err);
}

/* Attempts at the domain up to a time; of one outcome, or NULL. */
static bool
put_attempts(const struct web_html *h, const struct web_request *r,
    const char *outcome, int64_t until, int max, struct error *err)
{
	struct spool_query q;
	int row = 0;

	spool_query_start(&q, r->spool, SQL_WEB_DOMAIN_ATTEMPTS);
	spool_query_put_text(&q, ":domain", r->route.domain);
	spool_query_put_text(&q, ":outcome", outcome);
	spool_query_put_time(&q, ":until", until);
	spool_query_put_int(&q, ":limit", max);
	for (; spool_query_next(&q); row++)
		web_page_attempt(h, &q, true);
	if (row == 0)
		web_html_put(h, "<p class=\"none\">There are none.</p>\n");
	return spool_query_end(&q, err);
}

static bool
put_waiting(const struct web_html *h, const struct web_request *r,
    struct error *err)
{
	struct spool_query q;

	web_html_put(h, "<section><h2>Waiting</h2>\n");
	spool_query_start(&q, r->spool, SQL_WEB_DOMAIN_QUEUE);
	spool_query_put_text(&q, ":domain", r->route.domain);
	spool_query_put_int(&q, ":limit", PAGE_ROWS);
	if (web_page_table(h, &q, &web_page_recipient_rows, PAGE_ROWS) == 0)
		web_html_put(h, "<p class=\"none\">No mail is waiting for this "
		    "domain.</p>\n");
	web_html_put(h, "</section>\n");
	return spool_query_end(&q, err);
}

static bool
put_evidence(const struct web_html *h, const struct web_request *r,
    int64_t attempt_at, int64_t delivered_at, struct error *err)
{
	bool ok = page_put_tlsa(h, r, err);

	web_html_put(h, "</section>\n");
	if (ok && delivered_at >= 0 && delivered_at < attempt_at) {
		web_html_put(h, "<section><h2>Last delivery</h2>\n");
		ok = put_attempts(h, r, "delivered", delivered_at, 1, err);
		web_html_put(h, "</section>\n");
	}
	web_html_put(h, "<section><h2>Last attempts</h2>\n");
	ok = ok && put_attempts(h, r, NULL, attempt_at, ATTEMPTS_SHOWN, err);
	web_html_put(h, "</section>\n");
	return ok && put_waiting(h, r, err);
}

bool
web_page_domain(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	const struct web_html h = web_page_html(r, a);
	int64_t attempt_at = -1, delivered_at = -1;
	struct spool_query q;
	bool ok;

	spool_query_start(&q, r->spool, SQL_WEB_DOMAIN);
	spool_query_put_text(&q, ":domain", r->route.domain);
	if (spool_query_next(&q)) {
		web_html_begin(&h, "", r->route.domain, "domains");
		put_status(&h, &q);
		web_html_put(&h, "<section><h2>Cached policy</h2>\n");
		put_policy(&h, &q);
		attempt_at = spool_query_time(&q, D_ATTEMPT);
		delivered_at = spool_query_time(&q, D_DELIVERED);
	} else
		web_not_found(a, "This domain is unknown.");
	if (!spool_query_end(&q, err))
		return false;
	if (a->status != 200)
		return true;
	ok = put_evidence(&h, r, attempt_at, delivered_at, err);
	web_html_end(&h);
	return ok;
}

/* --- one message */

/* The columns of web_message. */
enum {
	M_SENDER, M_MTA_ID, M_SOURCE, M_RECEIVED, M_SIZE, M_FINISHED, M_TLS,
	M_STRATEGY, M_CLIENT, M_USER,
};

static void
put_envelope(const struct web_html *h, struct spool_query *q)
{
	const char *sender = spool_query_text(q, M_SENDER);

	web_html_put(h, "<article class=\"card\"><dl class=\"facts\">");
	web_html_pair(h, "from", *sender != '\0' ? sender : "<>");
	web_html_pair(h, "queue id", spool_query_text(q, M_MTA_ID));
	web_html_pair(h, "source", spool_query_text(q, M_SOURCE));
	web_html_pair(h, "octets", spool_query_text(q, M_SIZE));
	web_html_pair_when(h, "received", spool_query_time(q, M_RECEIVED));
	web_html_pair_when(h, "finished", spool_query_time(q, M_FINISHED));
	web_html_pair(h, "TLS", spool_query_text(q, M_TLS));
	web_html_pair(h, "strategy", spool_query_text(q, M_STRATEGY));
	web_html_pair(h, "client", spool_query_text(q, M_CLIENT));
	web_html_pair(h, "user", spool_query_text(q, M_USER));
	web_html_put(h, "</dl></article>\n");
}

static bool
put_message_rows(const struct web_html *h, const struct web_request *r,
    struct error *err)
{
	struct spool_query q;
	int row = 0;

	web_html_put(h, "<section><h2>Recipients</h2>\n");
	spool_query_start(&q, r->spool, SQL_WEB_MESSAGE_RECIPIENTS);
	spool_query_put_int(&q, ":id", r->route.id);
	spool_query_put_int(&q, ":limit", PAGE_ROWS);
	(void)web_page_table(h, &q, &web_page_recipient_rows, PAGE_ROWS);
	if (!spool_query_end(&q, err))
		return false;
	web_html_put(h, "</section>\n<section><h2>Attempts</h2>\n");
	spool_query_start(&q, r->spool, SQL_WEB_MESSAGE_ATTEMPTS);
	spool_query_put_int(&q, ":id", r->route.id);
	spool_query_put_int(&q, ":limit", MESSAGE_ATTEMPTS);
	for (; spool_query_next(&q); row++)
		web_page_attempt(h, &q, false);
	if (row == 0)
		web_html_put(h, "<p class=\"none\">There are none yet.</p>\n");
	web_html_put(h, "</section>\n");
	return spool_query_end(&q, err);
}

bool
web_page_message(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	const struct web_html h = web_page_html(r, a);
	struct spool_query q;
	char id[24];
	bool ok;

	spool_query_start(&q, r->spool, SQL_WEB_MESSAGE);
	spool_query_put_int(&q, ":id", r->route.id);
	if (spool_query_next(&q)) {
		(void)snprintf(id, sizeof(id), "%" PRId64, r->route.id);
		web_html_begin(&h, "Message ", id, "queue");
		put_envelope(&h, &q);
	} else
		web_not_found(a, "There is no such message in the spool.");
	if (!spool_query_end(&q, err))
		return false;
	if (a->status != 200)
		return true;
	ok = put_message_rows(&h, r, err);
	web_html_end(&h);
	return ok;
}
