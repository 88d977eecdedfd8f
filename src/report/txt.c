/*
 * The record is "v=TLSRPTv1" and fields "name=value", with ";" between them; rua
 * has URIs with "," between them, in which both are percent-encoded.
 */
#include "report/txt.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "mail/address.h"

static const char version[] = "v=TLSRPTv1";

enum { URI_MAX = 2000 };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next part of *text up to the delimiter, without blanks around it. */
static const char *
next_part(const char **text, const char *end, char delimiter, size_t *len_r)
{
	const char *from = *text, *to;

	to = memchr(from, delimiter, (size_t)(end - from));
	if (to == NULL)
		to = end;
	*text = to < end ? to + 1 : end;
	while (from < to && is_blank(*from))
		from++;
	while (to > from && is_blank(to[-1]))
		to--;
	*len_r = (size_t)(to - from);
	return from;
}

bool
report_txt_is_record(const char *text, size_t len)
{
	size_t n = strlen(version);

	if (len < n || memcmp(text, version, n) != 0)
		return false;
	while (n < len && is_blank(text[n]))
		n++;
	return n == len || text[n] == ';';
}

/* RFC 3986 2.1.  NULL: a broken escape, or an octet that has no place in a URI. */
static char *
decode(struct arena *arena, const char *text, size_t len)
{
	char *dst = arena_alloc(arena, len + 1), *p = dst;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (text[i] <= ' ' || text[i] >= 0x7f)
			return NULL;
		if (text[i] != '%') {
			*p++ = text[i];
			continue;
		}
		if (len - i < 3 ||
		    (high = text_hex_value(text[i + 1])) < 0 ||
		    (low = text_hex_value(text[i + 2])) < 0 ||
		    high * 16 + low == 0)
			return NULL;
		*p++ = (char)(high * 16 + low);
		i += 2;
	}
	*p = '\0';
	return dst;
}

/* RFC 6068: one address at a domain; fields after "?" have no say in a report. */
static const char *
mailto(struct arena *arena, const char *text, size_t len)
{
	const char *query = memchr(text, '?', len);
	struct mail_address address;
	struct error err;
	char *decoded;

	if (query != NULL)
		len = (size_t)(query - text);
	decoded = decode(arena, text, len);
	if (decoded == NULL || !mail_address_parse(&address, decoded,
	    strlen(decoded), MAIL_ADDRESS_UTF8, &err) || address.literal)
		return NULL;
	return arena_strdup(arena, address.text);
}

/* The URI as it is, with a host in it and no user or password. */
static const char *
https(struct arena *arena, const char *text, size_t len)
{
	size_t scheme = strlen("https://"), host = 0;
	char *copy;

	while (scheme + host < len && strchr("/?#", text[scheme + host]) == NULL)
		host++;
	if (host == 0 || text[scheme] == ':' ||
	    memchr(text + scheme, '@', host) != NULL ||
	    decode(arena, text, len) == NULL)
		return NULL;
	copy = arena_alloc(arena, len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static bool
has_scheme(const char *text, size_t len, const char *scheme)
{
	return len > strlen(scheme) &&
	    strncasecmp(text, scheme, strlen(scheme)) == 0;
}

static void
add_uri(struct report_txt *txt, struct arena *arena, const char *text,
    size_t len)
{
	struct report_target t = { .https = false, .text = NULL };

	if (len > URI_MAX || txt->n == REPORT_TARGETS_MAX)
		return;
	if (has_scheme(text, len, "mailto:"))
		t.text = mailto(arena, text + strlen("mailto:"),
		    len - strlen("mailto:"));
	else if (has_scheme(text, len, "https://")) {
		t.https = true;
		t.text = https(arena, text, len);
	}
	if (t.text != NULL)
		txt->target[txt->n++] = t;
}

/* RFC 6376 3.2 as RFC 8460 uses it: a letter, then letters, digits, "_-.". */
static bool
is_field_name(const char *text, size_t len)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0' || strchr(chars, text[i]) == NULL)
			return false;
	return len > 0;
}

bool
report_txt_parse(struct report_txt *txt, struct arena *arena, const char *text,
    size_t len)
{
	const char *end = text + len, *at = text;
	bool found = false;
	size_t n;

	*txt = (struct report_txt){ .n = 0 };
	if (!report_txt_is_record(text, len))
		return false;
	(void)next_part(&at, end, ';', &n);
	while (at < end) {
		const char *field = next_part(&at, end, ';', &n);
		const char *equal = n > 0 ? memchr(field, '=', n) : NULL;
		const char *uri, *value_end = field + n;

		if (n == 0 && at == end)
			break;
		if (equal == NULL || !is_field_name(field, (size_t)(equal - field)))
			return false;
		if (equal - field != 3 || memcmp(field, "rua", 3) != 0)
			continue;
		found = true;
		for (uri = equal + 1; uri < value_end;) {
			const char *one = next_part(&uri, value_end, ',', &n);

			add_uri(txt, arena, one, n);
		}
	}
	return found;
}
