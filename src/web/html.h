/*
 * Pieces of the pages: their frame, words for what TLS proved, spans of time.
 * Pure.  Whatever a page shows passes through here and is escaped.
 */
#ifndef TLSQ_WEB_HTML_H
#define TLSQ_WEB_HTML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct web_html {
	struct buf *out;
	int64_t now;
	int depth;		/* of the page: links go up so many levels */
};

enum web_mood { WEB_PLAIN, WEB_GOOD, WEB_FAIR, WEB_WARN, WEB_BAD };

/* here is the path of the navigation's entry, or NULL. */
void web_html_begin(const struct web_html *h, const char *title,
    const char *name, const char *here);
void web_html_end(const struct web_html *h);

/* Markup, in which %s is a text that gets escaped (NULL: nothing) and PRId64 a
 * number; there is nothing else. */
void web_html_put(const struct web_html *h, const char *markup, ...)
    __attribute__((format(printf, 2, 3)));
/* <a> to path (a literal) and, unless NULL, name behind it. */
void web_html_link(const struct web_html *h, const char *path,
    const char *name, const char *text);
void web_html_badge(const struct web_html *h, enum web_mood mood,
    const char *text);
/* "5 min ago", or "in 5 min"; nothing where at is negative. */
void web_html_when(const struct web_html *h, int64_t at);
/* <div><dt>label<dd>text, unless text is NULL or empty; at is negative. */
void web_html_pair(const struct web_html *h, const char *label,
    const char *text);
void web_html_pair_when(const struct web_html *h, const char *label,
    int64_t at);

/* "5 min". */
void web_html_span(const struct web_html *h, int64_t seconds);
/* Badges for the words of a session; what is NULL or "none" is not shown, nor
 * is a result that the level already says. */
void web_html_session(const struct web_html *h, const char *tls,
    const char *dane, const char *mta_sts);
void web_html_state(const struct web_html *h, const char *state);

#endif
