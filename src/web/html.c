/*
 * Pieces of HTML.
 */
#include "web/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/escape.h"

static const char *const mood_names[] = {
	[WEB_PLAIN] = "plain",
	[WEB_GOOD] = "good",
	[WEB_FAIR] = "fair",
	[WEB_WARN] = "warn",
	[WEB_BAD] = "bad",
};

struct word {
	const char *word, *text;
	enum web_mood mood;
};

/* session.tls: what was proved */
static const struct word tls_words[] = {
	{ "dane", "DANE", WEB_GOOD },
	{ "mta-sts", "MTA-STS", WEB_GOOD },
	{ "pkix", "certificate verified", WEB_FAIR },
	{ "encrypted", "encrypted only", WEB_WARN },
	{ "none", "no TLS", WEB_BAD },
};

/* session.dane and session.mta_sts */
static const struct word result_words[] = {
	{ "verified", "verified", WEB_GOOD },
	{ "host-only", "host only", WEB_FAIR },
	{ "testing", "testing", WEB_FAIR },
	{ "unusable", "unusable", WEB_WARN },
	{ "failed", "failed", WEB_BAD },
};

static const struct word state_words[] = {
	{ "queued", "queued", WEB_PLAIN },
	{ "active", "active", WEB_FAIR },
	{ "deferred", "deferred", WEB_WARN },
	{ "held", "held", WEB_WARN },
	{ "delivered", "delivered", WEB_GOOD },
	{ "failed", "failed", WEB_BAD },
	{ "expired", "expired", WEB_BAD },
};

void
web_html_raw(const struct web_html *h, const char *markup)
{
	(void)buf_puts(h->out, markup);
}

void
web_html_text(const struct web_html *h, const char *text)
{
	web_put_html(h->out, text);
}

static void
put_up(const struct web_html *h)
{
	if (h->depth == 0)
		web_html_raw(h, "./");
	for (int i = 0; i < h->depth; i++)
		web_html_raw(h, "../");
}

void
web_html_link(const struct web_html *h, const char *path, const char *name,
    const char *text)
{
	web_html_raw(h, "<a href=\"");
	put_up(h);
	web_html_raw(h, path);
	if (name != NULL)
		web_put_url(h->out, name);
	web_html_raw(h, "\">");
	web_html_text(h, text);
	web_html_raw(h, "</a>");
}

static void
put_navigation(const struct web_html *h, const char *here)
{
	static const struct {
		const char *path, *text;
	} rows[] = {
		{ "", "Overview" }, { "queue", "Queue" },
		{ "domains", "Domains" },
	};

	web_html_raw(h, "<header><strong>tlsq</strong><nav>");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool current = here != NULL && strcmp(here, rows[i].path) == 0;

		web_html_raw(h, current ? "<span class=\"here\">" : "<span>");
		web_html_link(h, rows[i].path, NULL, rows[i].text);
		web_html_raw(h, "</span>");
	}
	web_html_raw(h, "</nav><form action=\"");
	put_up(h);
	web_html_raw(h, "domains\" method=\"get\" role=\"search\">"
	    "<input type=\"search\" name=\"from\" maxlength=\"253\" "
	    "placeholder=\"domain\" aria-label=\"Domains from this name on\" "
	    "autocapitalize=\"none\" spellcheck=\"false\">"
	    "<button>Find</button></form></header>\n<main>\n");
}

void
web_html_begin(const struct web_html *h, const char *title, const char *name,
    const char *here)
{
	web_html_raw(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<meta name=\"robots\" content=\"noindex\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n"
	    "<link rel=\"stylesheet\" href=\"");
	put_up(h);
	web_html_raw(h, "style.css\">\n<title>");
	web_html_raw(h, title);
	web_html_text(h, name);
	web_html_raw(h, " - tlsq</title>\n</head>\n<body>\n");
	put_navigation(h, here);
	web_html_raw(h, "<h1>");
	web_html_raw(h, title);
	web_html_text(h, name);
	web_html_raw(h, "</h1>\n");
}

void
web_html_end(const struct web_html *h)
{
	char iso[CLOCK_ISO_LEN];

	clock_iso(iso, h->now);
	web_html_raw(h, "</main>\n<footer>tlsq " PACKAGE_VERSION ", ");
	web_html_raw(h, iso);
	web_html_raw(h, "</footer>\n</body>\n</html>\n");
}

void
web_html_badge(const struct web_html *h, enum web_mood mood, const char *text)
{
	web_html_raw(h, "<b class=\"");
	web_html_raw(h, mood_names[mood]);
	web_html_raw(h, "\">");
	web_html_text(h, text);
	web_html_raw(h, "</b>");
}

/* At least two of a unit, or one of the smallest. */
void
web_html_span(const struct web_html *h, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {
		{ 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" },
	};
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(units) && seconds < 2 * units[i].seconds)
		i++;
	(void)buf_printf(h->out, "%" PRId64 " %s", seconds / units[i].seconds,
	    units[i].name);
}

void
web_html_when(const struct web_html *h, int64_t at)
{
	char iso[CLOCK_ISO_LEN];

	if (at < 0)
		return;
	clock_iso(iso, at);
	(void)buf_printf(h->out, "<time datetime=\"%s\" title=\"%s\">%s", iso,
	    iso, at > h->now ? "in " : "");
	web_html_span(h, at > h->now ? at - h->now : h->now - at);
	web_html_raw(h, at > h->now ? "</time>" : " ago</time>");
}

void
web_html_number(const struct web_html *h, int64_t n)
{
	(void)buf_printf(h->out, "%" PRId64, n);
}

void
web_html_pair(const struct web_html *h, const char *label, const char *text)
{
	enum { WIDE = 40 };

	if (text == NULL || *text == '\0')
		return;
	web_html_raw(h, strlen(text) > WIDE ? "<div class=\"wide\"><dt>" :
	    "<div><dt>");
	web_html_raw(h, label);
	web_html_raw(h, "</dt><dd>");
	web_html_text(h, text);
	web_html_raw(h, "</dd></div>");
}

static const struct word *
find_word(const struct word *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].word, word) == 0)
			return &words[i];
	return NULL;
}

static void
put_result(const struct web_html *h, const char *name, const char *result)
{
	const struct word *w;

	if (result == NULL || strcmp(result, "none") == 0)
		return;
	w = find_word(result_words, ARRAY_LEN(result_words), result);
	web_html_raw(h, " <span class=\"result\">");
	web_html_raw(h, name);
	web_html_raw(h, " ");
	web_html_badge(h, w != NULL ? w->mood : WEB_PLAIN,
	    w != NULL ? w->text : result);
	web_html_raw(h, "</span>");
}

/* The result, unless it is why the level was reached. */
static const char *
unless_said(const char *result, const char *tls, const char *level)
{
	return result != NULL && strcmp(result, "verified") == 0 &&
	    strcmp(tls, level) == 0 ? NULL : result;
}

void
web_html_session(const struct web_html *h, const char *tls,
    const char *dane, const char *mta_sts)
{
	const struct word *w;

	if (tls == NULL)
		return;
	w = find_word(tls_words, ARRAY_LEN(tls_words), tls);
	web_html_badge(h, w != NULL ? w->mood : WEB_PLAIN,
	    w != NULL ? w->text : tls);
	put_result(h, "DANE", unless_said(dane, tls, "dane"));
	put_result(h, "MTA-STS", unless_said(mta_sts, tls, "mta-sts"));
}

void
web_html_state(const struct web_html *h, const char *state)
{
	const struct word *w = find_word(state_words, ARRAY_LEN(state_words),
	    state);

	web_html_badge(h, w != NULL ? w->mood : WEB_PLAIN, state);
}
