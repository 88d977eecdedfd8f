/*
 * ASCII text helpers and the escaping of foreign octets.
 */
#include "base/text.h"

#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_copy(char *dst, size_t room, const char *src)
{
	size_t n = strlen(src);
	bool fits = n < room;

	if (room == 0)
		return false;
	if (!fits)
		n = room - 1;
	memcpy(dst, src, n);
	dst[n] = '\0';
	return fits;
}

void
text_lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = lower(*s);
}

bool
text_equal_nocase(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b))
		a++, b++;
	return *a == *b || lower(*a) == lower(*b);
}

bool
text_starts_nocase(const char *s, const char *prefix)
{
	for (; *prefix != '\0'; s++, prefix++)
		if (lower(*s) != lower(*prefix))
			return false;
	return true;
}

void
text_hex(char *dst, const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*dst++ = digits[data[i] >> 4];
		*dst++ = digits[data[i] & 15];
	}
	*dst = '\0';
}

/* RFC 3629 section 4: shortest forms only, no surrogates, up to U+10FFFF. */
size_t
text_utf8_len(const char *s, size_t len)
{
	static const struct {
		uint8_t first_lo, first_hi, second_lo, second_hi, len;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const uint8_t *u = (const uint8_t *)s;

	for (size_t i = 0; len > 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (u[0] < forms[i].first_lo || u[0] > forms[i].first_hi)
			continue;
		if (len < forms[i].len)
			return 0;
		if (forms[i].len > 1 && (u[1] < forms[i].second_lo ||
		    u[1] > forms[i].second_hi))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((u[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

size_t
text_utf8_put(char out[static 4], uint32_t c)
{
	static const uint32_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	const size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (c > 0x1fffff)
		c = 0x1fffff;
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(lead[n] | c);
	return n;
}

size_t
text_printable_len(const char *s, size_t len)
{
	const uint8_t *u = (const uint8_t *)s;
	size_t n = text_utf8_len(s, len);

	if (n == 1 && (u[0] < 0x20 || u[0] == 0x7f))
		return 0;
	return n == 2 && u[0] == 0xc2 && u[1] < 0xa0 ? 0 : n;
}

void
text_clean(char *s, const char *keep)
{
	size_t len = strlen(s), n;

	for (; len > 0; s += n, len -= n) {
		n = text_printable_len(s, len);
		if (n > 0)
			continue;
		n = 1;
		if (strchr(keep, *s) == NULL)
			*s = *s == '\t' ? ' ' : '?';
	}
}

bool
text_is_identifier(const char *text, size_t len)
{
	enum { IDENTIFIER_MAX = 255 };

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' ||
		    strchr("\"(),;<>\\", text[i]) != NULL)
			return false;
	return len > 0 && len <= IDENTIFIER_MAX;
}

int
text_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
text_base64(char *dst, const uint8_t *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < n)
			v |= data[i + 2];
		*dst++ = digits[v >> 18];
		*dst++ = digits[v >> 12 & 63];
		*dst++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*dst++ = i + 2 < n ? digits[v & 63] : '=';
	}
	*dst = '\0';
}

void
text_escape(char *dst, size_t room, const char *src, size_t len)
{
	size_t used = 0;

	if (room == 0)
		return;
	while (len > 0) {
		size_t n = text_printable_len(src, len);

		if (n > 0 && *src != '\\') {
			if (room - used <= n)
				break;
			memcpy(dst + used, src, n);
			used += n;
		} else {
			n = 1;
			if (room - used <= 4)
				break;
			dst[used++] = '\\';
			dst[used++] = 'x';
			text_hex(dst + used, (const uint8_t *)src, 1);
			used += 2;
		}
		src += n;
		len -= n;
	}
	dst[used] = '\0';
}

bool
text_has_8bit(const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)data[i] >= 0x80)
			return true;
	return false;
}

/* One row of the matrix at a time. */
size_t
text_distance(const char *a, const char *b, size_t m)
{
	size_t row[TEXT_DISTANCE_MAX + 1];

	if (m > TEXT_DISTANCE_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < m; j++) {
			size_t cost = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j + 1] + 1 < cost)
				cost = row[j + 1] + 1;
			row[j + 1] = cost;
		}
	}
	return row[m];
}
