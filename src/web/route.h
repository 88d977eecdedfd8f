/*
 * What a request asks for: its target, taken apart.  Pure.
 */
#ifndef TLSQ_WEB_ROUTE_H
#define TLSQ_WEB_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

enum web_page {
	WEB_NOT_FOUND,
	WEB_BAD_REQUEST,
	WEB_HOME,
	WEB_QUEUE,
	WEB_DOMAINS,
	WEB_DOMAIN,
	WEB_MESSAGE,
	WEB_STYLE,
	WEB_API_QUEUE,
	WEB_API_DOMAINS,
	WEB_API_DOMAIN,
	WEB_API_MESSAGE,
	WEB_METRICS,
	WEB_HEALTHZ,
	WEB_PAGE_COUNT
};

enum {
	WEB_TARGET_MAX = 1024,	/* longer ones are refused */
	WEB_NAME_MAX = 255,	/* RFC 1035 2.3.4, with room for the last dot */
};

struct web_route {
	enum web_page page;
	bool api;		/* below /api/: also errors are JSON */
	int depth;		/* slashes after the first: links go up so many */
	char domain[WEB_NAME_MAX + 1];	/* lower case, no last dot */
	int64_t id;			/* of a message */
	/* Where a list begins: the first name, or the first recipient. */
	char from[WEB_NAME_MAX + 1];
	int64_t from_message, from_recipient;
};

/*
 * target is the request target as it came: RFC 9112 3.2.1 (a path) or 3.2.2 (a
 * whole URI).  Names that cannot exist are WEB_NOT_FOUND; escapes that are none
 * and numbers that are none, WEB_BAD_REQUEST.  Unknown parameters are ignored.
 */
void web_route_parse(struct web_route *route_r, const char *target);

#endif
