/*
 * Escaping.
 */
#include "web/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char replacement[] = "\xef\xbf\xbd";

/* Unicode's characters that change the direction of others (UAX 9, 2). */
static const char *const turners[] = {
	"\xd8\x9c",					/* ALM */
	"\xe2\x80\x8e", "\xe2\x80\x8f",			/* LRM RLM */
	"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac",	/* LRE RLE PDF */
	"\xe2\x80\xad", "\xe2\x80\xae",			/* LRO RLO */
	"\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8",	/* LRI RLI FSI */
	"\xe2\x81\xa9",					/* PDI */
};

static bool
is_turner(const char *s, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(turners); i++)
		if (strlen(turners[i]) == n && memcmp(s, turners[i], n) == 0)
			return true;
	return false;
}

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
web_put_html(struct buf *out, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0, n;

	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)text[i];
		const char *name = entity(text[i]);

		n = text_utf8_len(text + i, len - i);
		if (name != NULL)
			(void)buf_puts(out, name);
		else if (n == 0 || (c < ' ' && c != '\n' && c != '\t') ||
		    c == 0x7f || is_turner(text + i, n))
			(void)buf_puts(out, replacement);
		else
			(void)buf_append(out, text + i, n);
		if (n == 0)
			n = 1;
	}
}

void
web_put_url(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL)
			(void)buf_append(out, text, 1);
		else
			(void)buf_printf(out, "%%%02X", c);
	}
}

void
web_put_json(struct buf *out, const char *json)
{
	size_t left = strlen(json), n;

	for (; left > 0; json += n, left -= n) {
		n = text_utf8_len(json, left);
		if (n > 0)
			(void)buf_append(out, json, n);
		else {
			(void)buf_puts(out, "\\ufffd");
			n = 1;
		}
	}
}
