/*
 * Recipients, domains and attempts as rows and cards.
 */
#include "web/page_impl.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

enum { WAITING_MAX = 1000 };

struct web_html
web_page_html(const struct web_request *r, struct web_answer *a)
{
	a->type = WEB_TYPE_HTML;
	return (struct web_html){ .out = &a->body, .now = r->now,
		.depth = r->route.depth };
}

int
web_page_table(const struct web_html *h, struct spool_query *q,
    const struct web_page_table *table, int max)
{
	int row = 0;

	while (row <= max && spool_query_next(q)) {
		if (row++ == max)
			break;
		if (row == 1) {
			web_html_put(h, "<div class=\"wrap\"><table><thead><tr>");
			(void)buf_puts(h->out, table->head);
			web_html_put(h, "</tr></thead>\n<tbody>\n");
		}
		table->put_row(h, q);
	}
	if (row > 0)
		web_html_put(h, "</tbody></table></div>\n");
	return row;
}

void
web_page_waiting(const struct web_html *h, int64_t n)
{
	web_html_put(h, "%" PRId64 "%s", n > WAITING_MAX ? WAITING_MAX : n,
	    n > WAITING_MAX ? "+" : "");
}

void
web_page_failure(const struct web_html *h, const char *error,
    const char *result, const char *status)
{
	if (error != NULL)
		web_html_badge(h, WEB_BAD, error);
	if (result != NULL) {
		web_html_put(h, " ");
		web_html_badge(h, WEB_PLAIN, result);
	}
	if (status != NULL)
		web_html_put(h, " <span class=\"soft\">%s</span>", status);
}

void
web_page_reply(const struct web_html *h, const char *reply)
{
	if (reply != NULL && *reply != '\0')
		web_html_put(h, "<div class=\"reply\">%s</div>", reply);
}

/* Only what is queued or deferred has a next try; past ones are due. */
static void
put_next_try(const struct web_html *h, struct spool_query *q)
{
	const char *state = spool_query_text(q, Q_STATE);
	int64_t at = spool_query_time(q, Q_NEXT);

	if (at < 0 || (strcmp(state, "queued") != 0 &&
	    strcmp(state, "deferred") != 0))
		return;
	if (at > h->now)
		web_html_when(h, at);
	else
		web_html_put(h, "now");
}

static void
put_recipient(const struct web_html *h, struct spool_query *q)
{
	const char *sender = spool_query_text(q, Q_SENDER);

	web_html_put(h, "<tr><td>");
	web_html_link(h, "messages/", spool_query_text(q, Q_MESSAGE),
	    spool_query_text(q, Q_ADDRESS));
	web_html_put(h, "</td><td data-label=\"from\">%s</td>"
	    "<td data-label=\"state\"><span>", *sender != '\0' ? sender : "<>");
	web_html_state(h, spool_query_text(q, Q_STATE));
	if (spool_query_int(q, Q_ATTEMPTS) > 0)
		web_html_put(h, " <span class=\"soft\">%" PRId64
		    "&times;</span>", spool_query_int(q, Q_ATTEMPTS));
	web_html_put(h, "</span></td><td data-label=\"received\">");
	web_html_when(h, spool_query_int(q, Q_RECEIVED));
	web_html_put(h, "</td><td data-label=\"next attempt\">");
	put_next_try(h, q);
	web_html_put(h, "</td><td>");
	web_page_failure(h, spool_query_text(q, Q_ERROR), NULL,
	    spool_query_text(q, Q_STATUS));
	web_page_reply(h, spool_query_text(q, Q_REPLY));
	web_html_put(h, "</td></tr>\n");
}

const struct web_page_table web_page_recipient_rows = {
	.head = "<th class=\"w\">recipient<th class=\"w\">from<th>state"
	    "<th>received<th>next attempt<th>last reply",
	.put_row = put_recipient,
};

static void
put_domain(const struct web_html *h, struct spool_query *q)
{
	const char *name = spool_query_text(q, D_DOMAIN);

	web_html_put(h, "<tr><td>");
	web_html_link(h, "domains/", name, name);
	if (spool_query_is_null(q, D_TLS)) {
		web_html_put(h, "</td><td></td>");
	} else {
		web_html_put(h, "</td><td data-label=\"TLS\"><span>");
		web_html_session(h, spool_query_text(q, D_TLS),
		    spool_query_text(q, D_DANE), spool_query_text(q, D_MTA_STS));
		web_html_put(h, "</span></td>");
	}
	web_html_put(h, "<td data-label=\"delivered\">");
	web_html_when(h, spool_query_time(q, D_DELIVERED));
	web_html_put(h, "</td><td data-label=\"waiting\" class=\"n\">");
	web_page_waiting(h, spool_query_int(q, D_WAITING));
	if (spool_query_is_null(q, D_SINCE)) {
		web_html_put(h, "</td><td></td></tr>\n");
		return;
	}
	web_html_put(h, "</td><td data-label=\"failing\"><span>");
	web_page_failure(h, spool_query_text(q, D_ERROR), NULL, NULL);
	web_html_put(h, "</span></td></tr>\n");
}

const struct web_page_table web_page_domain_rows = {
	.head = "<th class=\"w\">domain<th class=\"w\">last session<th>last "
	    "delivery<th>waiting<th>failing",
	.put_row = put_domain,
};

/* --- attempts */

static void
put_who(const struct web_html *h, const char *who, bool by_message)
{
	if (!by_message) {
		web_html_put(h, "<strong>%s</strong>", who);
		return;
	}
	web_html_put(h, "<span>message ");
	web_html_link(h, "messages/", who, who);
	web_html_put(h, "</span>");
}

static void
put_host(const struct web_html *h, const char *mx, const char *address)
{
	web_html_put(h, address != NULL ?
	    "<div><dt>host</dt><dd>%s [%s]</dd></div>" :
	    "<div><dt>host</dt><dd>%s%s</dd></div>",
	    mx != NULL ? mx : "no host tried", address);
}

static void
put_took(const struct web_html *h, int64_t ms)
{
	(void)buf_printf(h->out, "<div><dt>took</dt><dd>%" PRId64 ".%03d s"
	    "</dd></div>", ms / 1000, (int)(ms >= 0 ? ms % 1000 : 0));
}

static void
put_certificate(const struct web_html *h, struct spool_query *q)
{
	static const struct {
		const char *label;
		int column;
	} rows[] = {
		{ "protocol", A_PROTOCOL }, { "cipher", A_CIPHER },
		{ "key exchange", A_KEY_EXCHANGE },
		{ "signature", A_SIGNATURE },
		{ "TLSA record", A_TLSA }, { "certificate", A_SUBJECT },
		{ "issuer", A_ISSUER }, { "SHA-256", A_SHA256 },
		{ "not verified", A_VERIFY },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		web_html_pair(h, rows[i].label,
		    spool_query_text(q, rows[i].column));
	web_html_pair_when(h, "valid until", spool_query_time(q, A_NOT_AFTER));
}

void
web_page_attempt(const struct web_html *h, struct spool_query *q,
    bool by_message)
{
	const char *outcome = spool_query_text(q, A_OUTCOME);
	bool good = strcmp(outcome, "delivered") == 0;
	bool bad = strcmp(outcome, "failed") == 0;

	web_html_put(h, "<article class=\"card %s\"><div class=\"top\">",
	    good ? "good" : bad ? "bad" : "warn");
	web_html_state(h, outcome);
	web_html_when(h, spool_query_int(q, A_STARTED));
	put_who(h, spool_query_text(q, A_WHO), by_message);
	web_html_session(h, spool_query_text(q, A_TLS),
	    spool_query_text(q, A_DANE), spool_query_text(q, A_MTA_STS));
	web_page_failure(h, spool_query_text(q, A_ERROR),
	    spool_query_text(q, A_RESULT), spool_query_text(q, A_STATUS));
	web_html_put(h, "</div>");
	web_page_reply(h, spool_query_text(q, A_REPLY));
	web_html_put(h, "<dl class=\"facts\">");
	put_host(h, spool_query_text(q, A_MX),
	    spool_query_text(q, A_ADDRESS));
	web_html_pair(h, "strategy", spool_query_text(q, A_STRATEGY));
	web_html_pair(h, "required", spool_query_text(q, A_LEVEL));
	put_took(h, spool_query_int(q, A_MS));
	put_certificate(h, q);
	web_html_put(h, "</dl></article>\n");
}
