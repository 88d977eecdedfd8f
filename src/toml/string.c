/*
 * TOML strings: basic and literal, on one line and on several.
 *
 * A bad escape is reported and reading goes on to the closing quotes, so that
 * the rest of the file is still seen for what it is.
 */
#include "toml/toml_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* \uXXXX and \UXXXXXXXX: any Unicode scalar value, so no surrogates. */
static bool
read_unicode(struct toml_reader *r, size_t digits)
{
	char text[9] = "", utf8[4];
	uint32_t c;

	while (strlen(text) < digits && r->at < r->end &&
	    isxdigit((unsigned char)*r->at))
		text[strlen(text)] = *r->at++;
	if (strlen(text) < digits) {
		toml_complain(r, r->line, "\\%c needs %zu hexadecimal digits",
		    digits == 4 ? 'u' : 'U', digits);
		return false;
	}
	c = (uint32_t)strtoul(text, NULL, 16);
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
		toml_complain(r, r->line, "U+%04X is not a character",
		    (unsigned int)c);
		return false;
	}
	(void)buf_append(&r->scratch, utf8, text_utf8_put(utf8, c));
	return true;
}

static bool
read_escape(struct toml_reader *r)
{
	static const char names[] = "btnfr\"\\";
	static const char octets[] = "\b\t\n\f\r\"\\";
	const char *found;
	char c;

	r->at++;
	if (r->at == r->end || toml_peek(r, "\n") || toml_peek(r, "\r\n"))
		return false; /* the caller says that it is not closed */
	c = *r->at;
	if (c == 'u' || c == 'U') {
		r->at++;
		return read_unicode(r, c == 'u' ? 4 : 8);
	}
	found = strchr(names, c);
	if (c == '\0' || found == NULL) {
		toml_complain(r, r->line, "unknown escape \\%c; a backslash in "
		    "a \"...\" string is written \\\\", c > ' ' ? c : '?');
		return false;
	}
	(void)buf_append(&r->scratch, &octets[found - names], 1);
	r->at++;
	return true;
}

/* A backslash at the end of a line: nothing up to the next visible octet. */
static bool
skip_line_fold(struct toml_reader *r)
{
	struct toml_reader probe = *r;

	probe.at++;
	toml_skip_blank(&probe);
	if (!toml_take_newline(&probe))
		return false;
	do
		toml_skip_blank(&probe);
	while (toml_take_newline(&probe));
	r->at = probe.at;
	r->line = probe.line;
	return true;
}

bool
toml_read_line_string(struct toml_reader *r, bool *good_r)
{
	char quote = *r->at++;

	*good_r = true;
	buf_clear(&r->scratch);
	while (r->at < r->end && *r->at != quote) {
		if (toml_peek(r, "\n") || toml_peek(r, "\r\n"))
			break;
		if (quote == '"' && *r->at == '\\') {
			*good_r = read_escape(r) && *good_r;
			continue;
		}
		(void)buf_append(&r->scratch, r->at++, 1);
	}
	if (r->at == r->end || *r->at != quote) {
		toml_complain(r, r->line, "the string is not closed on this "
		    "line");
		return false;
	}
	r->at++;
	return true;
}

/*
 * A run of quotes: three close, and up to two more before them are content.
 * True where the string is closed.
 */
static bool
take_quotes(struct toml_reader *r, char quote)
{
	size_t n = 0, content;

	while (n < 5 && r->at + n < r->end && r->at[n] == quote)
		n++;
	content = n >= 3 ? n - 3 : n;
	(void)buf_append(&r->scratch, r->at, content);
	r->at += n;
	return n >= 3;
}

static bool
read_lines(struct toml_reader *r, bool *good_r)
{
	unsigned int line = r->line;
	char quote = *r->at;

	*good_r = true;
	buf_clear(&r->scratch);
	r->at += 3;
	(void)toml_take_newline(r);
	while (r->at < r->end) {
		if (toml_take_newline(r))
			(void)buf_puts(&r->scratch, "\n");
		else if (*r->at == quote) {
			if (take_quotes(r, quote))
				return true;
		} else if (quote != '"' || *r->at != '\\')
			(void)buf_append(&r->scratch, r->at++, 1);
		else if (!skip_line_fold(r))
			*good_r = read_escape(r) && *good_r;
	}
	toml_complain(r, line, "the string that begins here is never closed");
	return false;
}

bool
toml_read_string(struct toml_reader *r, struct toml_item **value_r)
{
	struct toml_item *value = toml_item_new(r->toml, TOML_STRING, r->line);
	bool good;

	if (toml_peek(r, "\"\"\"") || toml_peek(r, "'''")) {
		if (!read_lines(r, &good))
			return false;
	} else if (!toml_read_line_string(r, &good)) {
		return false;
	}
	if (!good)
		value->node.kind = TOML_INVALID;
	value->node.len = r->scratch.len;
	value->node.text = memcpy(arena_alloc(r->toml->arena,
	    r->scratch.len + 1), buf_str(&r->scratch), r->scratch.len + 1);
	*value_r = value;
	return true;
}
