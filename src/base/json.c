/*
 * A JSON writer.
 */
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* Octets that stand for themselves: printable ASCII, without " and \. */
static size_t
plain_len(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void
put_string(struct buf *out, const char *s)
{
	size_t len = strlen(s), n;

	(void)buf_puts(out, "\"");
	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)s[i];

		n = plain_len(s + i);
		if (n > 0) {
			(void)buf_append(out, s + i, n);
			continue;
		}
		n = text_utf8_len(s + i, len - i);
		if (n == 0) {
			(void)buf_puts(out, "\xef\xbf\xbd");
			n = 1;
		} else if (text_printable_len(s + i, n) == 0) {
			(void)buf_printf(out, "\\u%04x", n == 1 ? c :
			    (unsigned char)s[i + 1]); /* C1: c2 and itself */
		} else {
			if (c == '"' || c == '\\')
				(void)buf_puts(out, "\\");
			(void)buf_append(out, s + i, n);
		}
	}
	(void)buf_puts(out, "\"");
}

static void
json_begin(struct json *j, const char *key)
{
	if (j->comma)
		(void)buf_puts(j->out, ",");
	j->comma = true;
	if (key == NULL)
		return;
	put_string(j->out, key);
	(void)buf_puts(j->out, ":");
}

static void
open_with(struct json *j, const char *key, const char *bracket)
{
	json_begin(j, key);
	(void)buf_puts(j->out, bracket);
	j->comma = false;
}

static void
close_with(struct json *j, const char *bracket)
{
	(void)buf_puts(j->out, bracket);
	j->comma = true;
}

void
json_open_object(struct json *j, const char *key)
{
	open_with(j, key, "{");
}

void
json_close_object(struct json *j)
{
	close_with(j, "}");
}

void
json_open_array(struct json *j, const char *key)
{
	open_with(j, key, "[");
}

void
json_close_array(struct json *j)
{
	close_with(j, "]");
}

void
json_text(struct json *j, const char *key, const char *text)
{
	json_begin(j, key);
	if (text == NULL)
		(void)buf_puts(j->out, "null");
	else
		put_string(j->out, text);
}

void
json_int(struct json *j, const char *key, int64_t value)
{
	json_begin(j, key);
	(void)buf_printf(j->out, "%" PRId64, value);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	json_begin(j, key);
	(void)buf_puts(j->out, value ? "true" : "false");
}
