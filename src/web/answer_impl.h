/*
 * Making the answer to one request.  For this folder only; called by web.c in
 * the thread of the HTTP server.
 */
#ifndef TLSQ_WEB_ANSWER_IMPL_H
#define TLSQ_WEB_ANSWER_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "spool/spool.h"
#include "web/collector.h"
#include "web/route.h"

struct web_request {
	struct web_route route;
	struct spool *spool;	/* with a read transaction and a time limit */
	struct web_collector *collector;
	const char *accept;	/* NULL: none */
	int64_t now;
};

struct web_answer {
	unsigned status;
	const char *type;	/* a literal */
	struct buf body;
};

#define WEB_TYPE_HTML "text/html; charset=utf-8"
#define WEB_TYPE_JSON "application/json"
#define WEB_TYPE_TEXT "text/plain; charset=utf-8"

/* Each fills the answer, whose status is 200 before; false where the database
 * failed, and what was written is dropped then. */
typedef bool web_make(const struct web_request *request,
    struct web_answer *answer, struct error *err) MUST_CHECK;
web_make web_page_home, web_page_queue, web_page_domains, web_page_domain,
    web_page_message, web_api_queue, web_api_domains, web_api_domain,
    web_api_message, web_make_metrics, web_make_healthz, web_make_style;

/* There is no such thing: status 404, and the body is this text until web.c
 * makes it a page or JSON, as the route has it. */
static inline void
web_not_found(struct web_answer *answer, const char *text)
{
	answer->status = 404;
	buf_clear(&answer->body);
	(void)buf_puts(&answer->body, text);
}

#endif
