/*
 * The words of the actions, and safe lines out of strangers' texts.
 */
#include "dsn/dsn_impl.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum {
	CLEAN_MAX = 900,	/* RFC 5322 2.1.1: 998 with what stands before */
	COLUMNS_MAX = 76,
	WORD_CHARS = 5		/* of an encoded word: 75 octets at most */
};

static const char *const action_names[] = {
	[DSN_ACTION_FAILED] = "failed", [DSN_ACTION_DELAYED] = "delayed",
	[DSN_ACTION_DELIVERED] = "delivered", [DSN_ACTION_RELAYED] = "relayed",
};
static_assert(ARRAY_LEN(action_names) == DSN_ACTION_COUNT, "");

const char *
dsn_action_name(enum dsn_action action)
{
	return action_names[action];
}

enum dsn_action
dsn_action_find(const char *name)
{
	for (size_t i = 1; name != NULL && i < ARRAY_LEN(action_names); i++)
		if (strcmp(action_names[i], name) == 0)
			return (enum dsn_action)i;
	return DSN_ACTION_NONE;
}

bool
dsn_is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* RFC 5321 4.2: a code, then a blank, a hyphen or nothing. */
bool
dsn_is_reply(const char *reply)
{
	return reply != NULL && strspn(reply, "2345") >= 1 &&
	    strspn(reply, "0123456789") == 3 &&
	    (reply[3] == ' ' || reply[3] == '-' || reply[3] == '\0');
}

static uint32_t
code_point(const char *s, size_t n)
{
	static const uint8_t masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint8_t)s[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)s[i] & 0x3f);
	return c;
}

/* One for a run of them: a line of blanks only could end a header. */
static void
put_blank(struct buf *out, size_t start)
{
	if (out->len == start || out->data[out->len - 1] != ' ')
		(void)buf_puts(out, " ");
}

void
dsn_put_clean(struct buf *out, const char *text, bool ascii)
{
	size_t len = strlen(text), start = out->len, n;

	for (; len > 0 && out->len - start < CLEAN_MAX; text += n, len -= n) {
		uint32_t c;

		n = text_utf8_len(text, len);
		if (n == 0) {
			(void)buf_puts(out, "?");
			n = 1;
			continue;
		}
		c = code_point(text, n);
		if (c <= 0x20 || (c >= 0x7f && c < 0xa0))
			put_blank(out, start);
		else if (c >= 0x80 && ascii)
			(void)buf_printf(out, "\\x{%02X}", (unsigned)c);
		else
			(void)buf_append(out, text, n);
	}
	if (out->len > start && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

void
dsn_put_lines(struct buf *out, const char *first, const char *rest,
    const char *text, bool ascii)
{
	struct buf clean = BUF_INIT;
	const char *p, *blank, *end;
	size_t room = COLUMNS_MAX - strlen(first);

	dsn_put_clean(&clean, text, ascii);
	(void)buf_puts(out, first);
	for (p = buf_str(&clean); strlen(p) > room; p = blank + 1) {
		/* The last blank that fits, else the first one. */
		end = p + room;
		for (blank = end; blank > p && *blank != ' '; blank--)
			continue;
		if (blank == p)
			blank = strchr(end, ' ');
		if (blank == NULL || blank[1] == '\0')
			break;
		(void)buf_append(out, p, (size_t)(blank - p));
		(void)buf_printf(out, "\r\n%s", rest);
		room = COLUMNS_MAX - strlen(rest);
	}
	(void)buf_printf(out, "%s\r\n", p);
	buf_free(&clean);
}

static void
put_encoded_words(struct buf *out, const char *text)
{
	size_t len = strlen(text), n;
	int chars = 0;

	for (; len > 0; text += n, len -= n, chars++) {
		n = text_utf8_len(text, len);
		if (chars % WORD_CHARS == 0)
			(void)buf_puts(out, chars == 0 ? "=?utf-8?Q?" :
			    "?=\r\n =?utf-8?Q?");
		for (size_t i = 0; i < n; i++)
			(void)buf_printf(out, "=%02X", (uint8_t)text[i]);
		if (n == 0) {
			(void)buf_puts(out, "=3F");
			n = 1;
		}
	}
	(void)buf_puts(out, "?=");
}

void
dsn_put_phrase(struct buf *out, const char *text)
{
	static const char atoms[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~ ";

	if (!dsn_is_ascii(text)) {
		put_encoded_words(out, text);
		return;
	}
	if (text[strspn(text, atoms)] == '\0') {
		(void)buf_puts(out, text);
		return;
	}
	(void)buf_puts(out, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)buf_puts(out, "\\");
		if (*text >= ' ' && *text < 0x7f)
			(void)buf_append(out, text, 1);
	}
	(void)buf_puts(out, "\"");
}
