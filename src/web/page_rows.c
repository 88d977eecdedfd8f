/*
 * Recipients, domains and attempts as rows and cards.
 */
#include "web/page_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { WAITING_MAX = 1000 };

static void
open_table(const struct web_html *h, const char *heads)
{
	web_html_raw(h, "<div class=\"wrap\"><table><thead><tr>");
	web_html_raw(h, heads);
	web_html_raw(h, "</tr></thead>\n<tbody>\n");
}

static void
close_table(const struct web_html *h)
{
	web_html_raw(h, "</tbody></table></div>\n");
}

void
page_waiting(const struct web_html *h, int64_t n)
{
	web_html_number(h, n > WAITING_MAX ? WAITING_MAX : n);
	if (n > WAITING_MAX)
		web_html_raw(h, "+");
}

void
page_failure(const struct web_html *h, const char *error, const char *result,
    const char *status)
{
	if (error != NULL)
		web_html_badge(h, WEB_BAD, error);
	if (result != NULL) {
		web_html_raw(h, " ");
		web_html_badge(h, WEB_PLAIN, result);
	}
	if (status != NULL) {
		web_html_raw(h, " <span class=\"soft\">");
		web_html_text(h, status);
		web_html_raw(h, "</span>");
	}
}

static void
put_reply(const struct web_html *h, const char *reply)
{
	if (reply == NULL || *reply == '\0')
		return;
	web_html_raw(h, "<div class=\"reply\">");
	web_html_text(h, reply);
	web_html_raw(h, "</div>");
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
		web_html_raw(h, "now");
}

static void
put_recipient(const struct web_html *h, struct spool_query *q)
{
	const char *sender = spool_query_text(q, Q_SENDER);
	char id[24];

	(void)snprintf(id, sizeof(id), "%" PRId64,
	    spool_query_int(q, Q_MESSAGE));
	web_html_raw(h, "<tr><td>");
	web_html_link(h, "messages/", id, spool_query_text(q, Q_ADDRESS));
	web_html_raw(h, "</td><td data-label=\"from\">");
	web_html_text(h, *sender != '\0' ? sender : "<>");
	web_html_raw(h, "</td><td data-label=\"state\"><span>");
	web_html_state(h, spool_query_text(q, Q_STATE));
	if (spool_query_int(q, Q_ATTEMPTS) > 0) {
		web_html_raw(h, " <span class=\"soft\">");
		web_html_number(h, spool_query_int(q, Q_ATTEMPTS));
		web_html_raw(h, "&times;</span>");
	}
	web_html_raw(h, "</span></td><td data-label=\"came\">");
	web_html_when(h, spool_query_int(q, Q_RECEIVED));
	web_html_raw(h, "</td><td data-label=\"next\">");
	put_next_try(h, q);
	web_html_raw(h, "</td><td>");
	page_failure(h, spool_query_text(q, Q_ERROR), NULL,
	    spool_query_text(q, Q_STATUS));
	put_reply(h, spool_query_text(q, Q_REPLY));
	web_html_raw(h, "</td></tr>\n");
}

bool
page_recipients(const struct web_html *h, struct spool_query *q, int max,
    struct page_next *next_r)
{
	int row = 0;

	if (next_r != NULL)
		next_r->message = -1;
	for (; spool_query_next(q); row++) {
		if (row == max) {
			if (next_r != NULL) {
				next_r->message = spool_query_int(q, Q_MESSAGE);
				next_r->recipient = spool_query_int(q, Q_ID);
			}
			break;
		}
		if (row == 0)
			open_table(h, "<th class=\"w\">recipient<th class=\"w\">"
			    "from<th>state<th>came"
			    "<th>next try<th>last answer");
		put_recipient(h, q);
	}
	if (row > 0)
		close_table(h);
	return row > 0;
}

static void
put_session(const struct web_html *h, struct spool_query *q)
{
	if (spool_query_is_null(q, D_TLS)) {
		web_html_raw(h, "<td></td>");
		return;
	}
	web_html_raw(h, "<td data-label=\"TLS\"><span>");
	web_html_session(h, spool_query_text(q, D_TLS),
	    spool_query_text(q, D_DANE), spool_query_text(q, D_MTA_STS));
	web_html_raw(h, "</span></td>");
}

static void
put_domain(const struct web_html *h, struct spool_query *q)
{
	const char *name = spool_query_text(q, D_DOMAIN);

	web_html_raw(h, "<tr><td>");
	web_html_link(h, "domains/", name, name);
	web_html_raw(h, "</td>");
	put_session(h, q);
	web_html_raw(h, "<td data-label=\"delivered\">");
	web_html_when(h, spool_query_time(q, D_DELIVERED));
	web_html_raw(h, "</td><td data-label=\"waiting\" class=\"n\">");
	page_waiting(h, spool_query_int(q, D_WAITING));
	if (spool_query_is_null(q, D_SINCE)) {
		web_html_raw(h, "</td><td></td></tr>\n");
		return;
	}
	web_html_raw(h, "</td><td data-label=\"failing\"><span>");
	page_failure(h, spool_query_text(q, D_ERROR), NULL, NULL);
	web_html_raw(h, "</span></td></tr>\n");
}

bool
page_domains(const struct web_html *h, struct spool_query *q, int max,
    struct page_next *next_r)
{
	int row = 0;

	next_r->domain[0] = '\0';
	for (; spool_query_next(q); row++) {
		if (row == max) {
			(void)text_copy(next_r->domain,
			    sizeof(next_r->domain),
			    spool_query_text(q, D_DOMAIN));
			break;
		}
		if (row == 0)
			open_table(h, "<th class=\"w\">domain<th class=\"w\">"
			    "last session<th>last "
			    "delivery<th>waiting<th>failing");
		put_domain(h, q);
	}
	if (row > 0)
		close_table(h);
	return row > 0;
}

/* --- attempts */

static void
put_who(const struct web_html *h, struct spool_query *q, bool by_message)
{
	const char *who = spool_query_text(q, A_WHO);

	if (!by_message) {
		web_html_raw(h, "<strong>");
		web_html_text(h, who);
		web_html_raw(h, "</strong>");
		return;
	}
	web_html_raw(h, "<span>message ");
	web_html_link(h, "messages/", who, who);
	web_html_raw(h, "</span>");
}

static void
put_host(const struct web_html *h, struct spool_query *q)
{
	const char *mx = spool_query_text(q, A_MX);
	const char *address = spool_query_text(q, A_ADDRESS);

	web_html_raw(h, "<div><dt>host</dt><dd>");
	web_html_text(h, mx != NULL ? mx : "none was tried");
	if (address != NULL) {
		web_html_raw(h, " [");
		web_html_text(h, address);
		web_html_raw(h, "]");
	}
	web_html_raw(h, "</dd></div>");
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

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		web_html_pair(h, rows[i].label,
		    spool_query_text(q, rows[i].column));
	if (spool_query_is_null(q, A_NOT_AFTER))
		return;
	web_html_raw(h, "<div><dt>valid until</dt><dd>");
	web_html_when(h, spool_query_time(q, A_NOT_AFTER));
	web_html_raw(h, "</dd></div>");
}

void
page_attempt(const struct web_html *h, struct spool_query *q, bool by_message)
{
	const char *outcome = spool_query_text(q, A_OUTCOME);
	bool good = strcmp(outcome, "delivered") == 0;
	bool bad = strcmp(outcome, "failed") == 0;

	web_html_raw(h, good ? "<article class=\"card good\">" : bad ?
	    "<article class=\"card bad\">" : "<article class=\"card warn\">");
	web_html_raw(h, "<div class=\"top\">");
	web_html_state(h, outcome);
	web_html_when(h, spool_query_int(q, A_STARTED));
	put_who(h, q, by_message);
	web_html_session(h, spool_query_text(q, A_TLS),
	    spool_query_text(q, A_DANE), spool_query_text(q, A_MTA_STS));
	page_failure(h, spool_query_text(q, A_ERROR),
	    spool_query_text(q, A_RESULT), spool_query_text(q, A_STATUS));
	web_html_raw(h, "</div>");
	put_reply(h, spool_query_text(q, A_REPLY));
	web_html_raw(h, "<dl class=\"facts\">");
	put_host(h, q);
	web_html_pair(h, "strategy", spool_query_text(q, A_STRATEGY));
	web_html_pair(h, "required", spool_query_text(q, A_LEVEL));
	put_took(h, spool_query_int(q, A_MS));
	put_certificate(h, q);
	web_html_raw(h, "</dl></article>\n");
}
