/*
 * Pieces of HTML.
 */
#include "web/html.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
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
	{ NULL, NULL, WEB_PLAIN },
};

/* session.dane and session.mta_sts */
static const struct word result_words[] = {
	{ "verified", "verified", WEB_GOOD },
	{ "host-only", "host only", WEB_FAIR },
	{ "testing", "testing", WEB_FAIR },
	{ "unusable", "unusable", WEB_WARN },
	{ "failed", "failed", WEB_BAD },
	{ NULL, NULL, WEB_PLAIN },
};

static const struct word state_words[] = {
	{ "queued", "queued", WEB_PLAIN },
	{ "active", "active", WEB_FAIR },
	{ "deferred", "deferred", WEB_WARN },
	{ "held", "held", WEB_WARN },
	{ "delivered", "delivered", WEB_GOOD },
	{ "failed", "failed", WEB_BAD },
	{ "expired", "expired", WEB_BAD },
	{ "sent", "sent", WEB_GOOD },
	{ "due", "due", WEB_PLAIN },
	{ "skipped", "skipped", WEB_PLAIN },
	{ "unknown", "unknown", WEB_PLAIN },
	{ NULL, NULL, WEB_PLAIN },
};

void
web_html_put(const struct web_html *h, const char *markup, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, markup);
	for (;; markup += len) {
		len = strcspn(markup, "%");
		(void)buf_append(h->out, markup, len);
		if (markup[len] == '\0')
			break;
		markup += len + 1;
		len = *markup == 's' ? 1 : strlen(PRId64);
		if (*markup == 's') {
			web_put_html(h->out, va_arg(ap, const char *));
			continue;
		}
		assert(strncmp(markup, PRId64, len) == 0);
		(void)buf_printf(h->out, "%" PRId64, va_arg(ap, int64_t));
	}
	va_end(ap);
}

static void
put_up(const struct web_html *h)
{
	if (h->depth == 0)
		web_html_put(h, "./");
	for (int i = 0; i < h->depth; i++)
		web_html_put(h, "../");
}

void
web_html_link(const struct web_html *h, const char *path, const char *name,
    const char *text)
{
	web_html_put(h, "<a href=\"");
	put_up(h);
	web_html_put(h, "%s", path);
	if (name != NULL)
		web_put_url(h->out, name);
	web_html_put(h, "\">%s</a>", text);
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

	web_html_put(h, "<header><strong>tlsq</strong><nav>");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool current = here != NULL && strcmp(here, rows[i].path) == 0;

		web_html_put(h, current ? "<span class=\"here\">" : "<span>");
		web_html_link(h, rows[i].path, NULL, rows[i].text);
		web_html_put(h, "</span>");
	}
	web_html_put(h, "</nav><form action=\"");
	put_up(h);
	web_html_put(h, "domains\" method=\"get\" role=\"search\">"
	    "<input type=\"search\" name=\"from\" maxlength=\"253\" "
	    "placeholder=\"domain\" aria-label=\"Domains from this name on\" "
	    "autocapitalize=\"none\" spellcheck=\"false\">"
	    "<button>Find</button></form></header>\n<main>\n");
}

void
web_html_begin(const struct web_html *h, const char *title, const char *name,
    const char *here)
{
	web_html_put(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<meta name=\"robots\" content=\"noindex\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n"
	    "<link rel=\"stylesheet\" href=\"");
	put_up(h);
	web_html_put(h, "style.css\">\n<title>%s%s - tlsq</title>\n</head>\n"
	    "<body>\n", title, name);
	put_navigation(h, here);
	web_html_put(h, "<h1>%s%s</h1>\n", title, name);
}

void
web_html_end(const struct web_html *h)
{
	char iso[CLOCK_ISO_LEN];

	clock_iso(iso, h->now);
	web_html_put(h, "</main>\n<footer>tlsq " PACKAGE_VERSION ", %s</footer>\n"
	    "</body>\n</html>\n", iso);
}

void
web_html_badge(const struct web_html *h, enum web_mood mood, const char *text)
{
	web_html_put(h, "<b class=\"%s\">%s</b>", mood_names[mood], text);
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
	web_html_put(h, "%" PRId64 " %s", seconds / units[i].seconds,
	    units[i].name);
}

void
web_html_when(const struct web_html *h, int64_t at)
{
	char iso[CLOCK_ISO_LEN];

	if (at < 0)
		return;
	clock_iso(iso, at);
	web_html_put(h, "<time datetime=\"%s\" title=\"%s\">%s", iso, iso,
	    at > h->now ? "in " : "");
	web_html_span(h, at > h->now ? at - h->now : h->now - at);
	web_html_put(h, at > h->now ? "</time>" : " ago</time>");
}

void
web_html_pair(const struct web_html *h, const char *label, const char *text)
{
	enum { WIDE = 40 };

	if (text != NULL && *text != '\0')
		web_html_put(h, strlen(text) > WIDE ?
		    "<div class=\"wide\"><dt>%s</dt><dd>%s</dd></div>" :
		    "<div><dt>%s</dt><dd>%s</dd></div>", label, text);
}

void
web_html_pair_when(const struct web_html *h, const char *label, int64_t at)
{
	if (at < 0)
		return;
	web_html_put(h, "<div><dt>%s</dt><dd>", label);
	web_html_when(h, at);
	web_html_put(h, "</dd></div>");
}

/* A word that is not in the table is shown as it is. */
static void
put_word(const struct web_html *h, const struct word *words, const char *word)
{
	while (words->word != NULL && strcmp(words->word, word) != 0)
		words++;
	web_html_badge(h, words->mood, words->word != NULL ? words->text :
	    word);
}

static void
put_result(const struct web_html *h, const char *name, const char *result)
{
	if (result == NULL || strcmp(result, "none") == 0)
		return;
	web_html_put(h, " <span class=\"result\">%s ", name);
	put_word(h, result_words, result);
	web_html_put(h, "</span>");
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
	if (tls == NULL)
		return;
	put_word(h, tls_words, tls);
	put_result(h, "DANE", unless_said(dane, tls, "dane"));
	put_result(h, "MTA-STS", unless_said(mta_sts, tls, "mta-sts"));
}

void
web_html_state(const struct web_html *h, const char *state)
{
	put_word(h, state_words, state);
}
