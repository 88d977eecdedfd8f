/*
 * Text from the network in HTML, in links, in JSON.  Pure.
 *
 * What is no UTF-8, a control character, or turns the direction of the text
 * around becomes U+FFFD in HTML: a reply cannot rearrange what stands beside it.
 */
#ifndef TLSQ_WEB_ESCAPE_H
#define TLSQ_WEB_ESCAPE_H

#include "base/buf.h"

/* For element content and quoted attributes.  NULL adds nothing. */
void web_put_html(struct buf *out, const char *text);
/* RFC 3986 2.3: all but unreserved characters as %XX. */
void web_put_url(struct buf *out, const char *text);
/* JSON that SQLite made: it escaped all but octets that are no UTF-8. */
void web_put_json(struct buf *out, const char *json);

#endif
