/*
 * Routing: one table of paths, and careful decoding of what stands in them.
 */
#include "web/route.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum arg { ARG_NONE, ARG_DOMAIN, ARG_ID };

static const struct row {
	const char *path;	/* with an argument: what comes before it */
	enum arg arg;
	enum web_page page;
} rows[] = {
	{ .path = "/", .page = WEB_HOME },
	{ .path = "/queue", .page = WEB_QUEUE },
	{ .path = "/domains", .page = WEB_DOMAINS },
	{ .path = "/domains/", .arg = ARG_DOMAIN, .page = WEB_DOMAIN },
	{ .path = "/messages/", .arg = ARG_ID, .page = WEB_MESSAGE },
	{ .path = "/style.css", .page = WEB_STYLE },
	{ .path = "/api/queue", .page = WEB_API_QUEUE },
	{ .path = "/api/domains", .page = WEB_API_DOMAINS },
	{ .path = "/api/domains/", .arg = ARG_DOMAIN, .page = WEB_API_DOMAIN },
	{ .path = "/api/messages/", .arg = ARG_ID, .page = WEB_API_MESSAGE },
	{ .path = "/metrics", .page = WEB_METRICS },
	{ .path = "/healthz", .page = WEB_HEALTHZ },
};

/* RFC 3986 2.1; in a query '+' is a blank, as forms send it.  False for escapes
 * that are none, control characters, what does not fit. */
static bool
decode(char *dst, size_t room, const char *src, size_t len, bool query)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)src[i];

		if (c == '%') {
			int high = i + 2 < len ?
			    text_hex_value(src[i + 1]) : -1;
			int low = high >= 0 ? text_hex_value(src[i + 2]) : -1;

			if (low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		} else if (c == '+' && query)
			c = ' ';
		if (c < 0x20 || c == 0x7f || n + 1 >= room)
			return false;
		dst[n++] = (char)c;
	}
	dst[n] = '\0';
	return true;
}

static bool
parse_number(int64_t *number_r, const char *text)
{
	int64_t n = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 18)	/* below 10^18: no overflow */
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (text[i] - '0');
	}
	*number_r = n;
	return true;
}

static bool
is_domain(const char *name)
{
	/* host names, and address literals (RFC 5321 4.1.3) */
	return *name != '\0' && name[strspn(name,
	    "abcdefghijklmnopqrstuvwxyz0123456789.-_[]:")] == '\0';
}

static enum web_page
take_arg(struct web_route *r, const struct row *row, const char *src,
    size_t len)
{
	char text[WEB_NAME_MAX + 1];
	size_t n;

	if (!decode(text, sizeof(text), src, len, false))
		return WEB_BAD_REQUEST;
	if (row->arg == ARG_ID)
		return parse_number(&r->id, text) ? row->page : WEB_NOT_FOUND;
	text_lower(text);
	n = strlen(text);
	if (n > 1 && text[n - 1] == '.')
		text[n - 1] = '\0';
	if (!is_domain(text))
		return WEB_NOT_FOUND;
	(void)text_copy(r->domain, sizeof(r->domain), text);
	return row->page;
}

static enum web_page
find_page(struct web_route *r, const char *path, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		size_t n = strlen(row->path);

		if (row->arg == ARG_NONE) {
			if (n == len && memcmp(path, row->path, n) == 0)
				return row->page;
		} else if (len > n && memcmp(path, row->path, n) == 0 &&
		    memchr(path + n, '/', len - n) == NULL)
			return take_arg(r, row, path + n, len - n);
	}
	return WEB_NOT_FOUND;
}

/* One name=value; false where its value makes no sense. */
static bool
take_parameter(struct web_route *r, const char *src, size_t len)
{
	const char *equals = memchr(src, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - src) : len;
	char value[WEB_NAME_MAX + 1] = "";

	if (equals != NULL && !decode(value, sizeof(value), equals + 1,
	    len - name_len - 1, true))
		return false;
	if (name_len == 4 && memcmp(src, "from", 4) == 0) {
		text_lower(value);
		return text_copy(r->from, sizeof(r->from), value);
	}
	if (name_len == 7 && memcmp(src, "message", 7) == 0)
		return parse_number(&r->from_message, value);
	if (name_len == 9 && memcmp(src, "recipient", 9) == 0)
		return parse_number(&r->from_recipient, value);
	return true;
}

static bool
take_query(struct web_route *r, const char *query)
{
	for (;;) {
		size_t len = strcspn(query, "&");

		if (!take_parameter(r, query, len))
			return false;
		if (query[len] == '\0')
			return true;
		query += len + 1;
	}
}

/* RFC 9112 3.2.2: the path of a whole URI; others are returned as they are. */
static const char *
skip_authority(const char *target)
{
	const char *path = target;

	if (text_starts_nocase(target, "http://"))
		path = target + strlen("http://") +
		    strcspn(target + strlen("http://"), "/?");
	return path;
}

void
web_route_parse(struct web_route *r, const char *target)
{
	const char *path = skip_authority(target);
	size_t len = strcspn(path, "?");

	memset(r, 0, sizeof(*r));
	if (strlen(target) > WEB_TARGET_MAX || path[0] != '/') {
		r->page = WEB_BAD_REQUEST;
		return;
	}
	r->api = strncmp(path, "/api/", 5) == 0;
	for (size_t i = 1; i < len; i++)
		r->depth += path[i] == '/';
	r->page = find_page(r, path, len);
	if (r->page > WEB_BAD_REQUEST && path[len] == '?' &&
	    !take_query(r, path + len + 1))
		r->page = WEB_BAD_REQUEST;
}
