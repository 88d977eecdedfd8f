/*
 * NOTIFY and RET; xtext (RFC 3461 4) and its Unicode sister (RFC 6533 3), and
 * what ENVID and ORCPT carry in them.
 */
#include "mail/dsn_params.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/mail_impl.h"

static const struct {
	const char *name;
	unsigned bit;
} notify_words[] = {
	{ .name = "NEVER", .bit = MAIL_NOTIFY_NEVER },
	{ .name = "SUCCESS", .bit = MAIL_NOTIFY_SUCCESS },
	{ .name = "FAILURE", .bit = MAIL_NOTIFY_FAILURE },
	{ .name = "DELAY", .bit = MAIL_NOTIFY_DELAY },
};

static const char *const ret_names[] = {
	[MAIL_RET_UNSET] = "", [MAIL_RET_FULL] = "FULL",
	    [MAIL_RET_HDRS] = "HDRS",
};
static_assert(ARRAY_LEN(ret_names) == MAIL_RET_COUNT, "a name for each");

static unsigned
notify_bit(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(notify_words); i++)
		if (strlen(notify_words[i].name) == len &&
		    text_starts_nocase(word, notify_words[i].name))
			return notify_words[i].bit;
	return 0;
}

bool
mail_notify_parse(unsigned *notify_r, const char *text, struct error *err)
{
	unsigned notify = 0, bit;
	const char *word = text;

	*notify_r = MAIL_NOTIFY_UNSET;
	for (;;) {
		size_t len = strcspn(word, ",");

		if ((bit = notify_bit(word, len)) == 0)
			return mail_refuse(err, "NOTIFY", text, strlen(text),
			    "the words are never, success, failure and delay, "
			    "with commas between");
		notify |= bit;
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	if ((notify & MAIL_NOTIFY_NEVER) && notify != MAIL_NOTIFY_NEVER)
		return mail_refuse(err, "NOTIFY", text, strlen(text), "NEVER "
		    "cannot be combined with other values");
	*notify_r = notify;
	return true;
}

void
mail_notify_print(char dst[static MAIL_NOTIFY_LEN], unsigned notify)
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_LEN(notify_words); i++) {
		if (!(notify & notify_words[i].bit))
			continue;
		if (used > 0)
			dst[used++] = ',';
		memcpy(dst + used, notify_words[i].name,
		    strlen(notify_words[i].name));
		used += strlen(notify_words[i].name);
		if (notify_words[i].bit == MAIL_NOTIFY_NEVER)
			break;	/* fails closed: never wins */
	}
	dst[used] = '\0';
}

bool
mail_ret_parse(enum mail_ret *ret_r, const char *text, struct error *err)
{
	for (size_t i = MAIL_RET_FULL; i < MAIL_RET_COUNT; i++) {
		if (text_equal_nocase(text, ret_names[i])) {
			*ret_r = (enum mail_ret)i;
			return true;
		}
	}
	*ret_r = MAIL_RET_UNSET;
	return mail_refuse(err, "RET", text, strlen(text),
	    "the words are full and hdrs");
}

const char *
mail_ret_name(enum mail_ret ret)
{
	return ret_names[ret];
}

/* --- ENVID and ORCPT ---------------------------------------------------- */

/* xchar: what stands for itself */
static bool
is_xchar(char c)
{
	return c > ' ' && c < 0x7f && c != '+' && c != '=';
}

/* RFC 3461 4.2, 4.4: the value before encoding is printable ASCII. */
static bool
is_printable(uint32_t c)
{
	return c >= 0x20 && c < 0x7f;
}

static const char *
xtext_decode(struct buf *out, const char *s, size_t len)
{
	int high, low;
	char c;

	for (size_t i = 0; i < len; i++) {
		c = s[i];
		if (c == '+') {
			high = len - i > 2 ? text_hex_value(s[i + 1]) : -1;
			low = high >= 0 ? text_hex_value(s[i + 2]) : -1;
			if (low < 0)
				return "a + is not followed by two "
				    "hexadecimal digits";
			c = (char)(high * 16 + low);
			i += 2;
		} else if (!is_xchar(c)) {
			return "it has a character that xtext must encode";
		}
		if (!is_printable((uint8_t)c))
			return "it holds a character that is not printable "
			    "ASCII";
		(void)buf_append(out, &c, 1);
	}
	return NULL;
}

static const char *
xtext_encode(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_printable((uint8_t)s[i]))
			return "it holds a character that is not printable "
			    "ASCII";
		if (is_xchar(s[i]))
			(void)buf_append(out, &s[i], 1);
		else
			(void)buf_printf(out, "+%02X", (unsigned)s[i]);
	}
	return NULL;
}

static uint32_t
utf8_value(const char *s, size_t n)
{
	uint32_t c = (uint8_t)s[0];

	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)s[i] & 0x3f);
	return c;
}

/* "\x{HEX}" at s: its length, 0 if it is none.  HEXPOINT: 2 to 6 digits, none
 * of them needless, no surrogate. */
static size_t
embedded_char(const char *s, size_t len, uint32_t *c_r)
{
	size_t i = 3;
	uint32_t c = 0;

	if (len < 6 || memcmp(s, "\\x{", 3) != 0)
		return 0;
	for (; i < len && i < 9 && text_hex_value(s[i]) >= 0; i++)
		c = c * 16 + (uint32_t)text_hex_value(s[i]);
	if (i == len || s[i] != '}' || i < 5 || (i > 5 && s[3] == '0') ||
	    c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*c_r = c;
	return i + 1;
}

/* C0, DEL and C1: the grammar could carry them, a DSN could not. */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

static const char *
utf8_decode(struct buf *out, const char *s, size_t len)
{
	char utf8[4];
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		if (s[i] == '\\') {
			if ((n = embedded_char(s + i, len - i, &c)) == 0)
				return "a backslash is not followed by "
				    "x{HEX}";
		} else {
			if ((n = text_utf8_len(s + i, len - i)) == 0)
				return "it is not UTF-8";
			if (n == 1 && !is_xchar(s[i]))
				return "it has a character that must be "
				    "written as \\x{HEX}";
			c = utf8_value(s + i, n);
		}
		if (is_control(c))
			return "it holds a control character";
		(void)buf_append(out, utf8, text_utf8_put(utf8, c));
	}
	return NULL;
}

static const char *
utf8_encode(struct buf *out, const char *s, size_t len, bool smtputf8)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		if ((n = text_utf8_len(s + i, len - i)) == 0)
			return "it is not UTF-8";
		c = utf8_value(s + i, n);
		if (is_control(c))
			return "it holds a control character";
		if (n == 1 ? is_xchar(s[i]) && c != '\\' : smtputf8)
			(void)buf_append(out, s + i, n);
		else
			(void)buf_printf(out, "\\x{%02X}", (unsigned)c);
	}
	return NULL;
}

/* "type;" at the start of s, lower-cased into out; NULL or what is wrong. */
static const char *
take_type(struct buf *out, const char *s, size_t len)
{
	size_t n = 0;

	/* RFC 3461 4.2 addr-type is an atom */
	while (n < len && is_xchar(s[n]) &&
	    strchr("()<>@,;:\\\".[]", s[n]) == NULL)
		n++;
	if (n == 0 || n == len || s[n] != ';')
		return "it does not start with an address type "
		    "(\"rfc822;user@example.org\")";
	(void)buf_append(out, s, n + 1);
	text_lower(out->data);
	return n + 1 == len ? "it has no address after the type" : NULL;
}

struct param {
	const char *name;
	size_t max;
	const char *too_long;
	bool typed;		/* "type;" comes first */
};

static const struct param envid = { .name = "ENVID", .max = MAIL_ENVID_MAX,
	.too_long = "it is longer than 100 octets (RFC 3461 4.4)" };
static const struct param orcpt = { .name = "ORCPT", .max = MAIL_ORCPT_MAX,
	.too_long = "it is longer than 500 octets (RFC 3461 4.2)",
	.typed = true };

enum direction { DECODE, ENCODE, ENCODE_SMTPUTF8 };

/* xtext to plain text or back; appends, or says what is wrong. */
static const char *
param_convert(const struct param *p, enum direction to, struct buf *out,
    const char *s, size_t len)
{
	const char *problem = len > p->max ? p->too_long :
	    p->typed ? take_type(out, s, len) : NULL;
	bool utf8 = strncmp(buf_str(out), "utf-8;", 6) == 0;

	if (problem != NULL)
		return problem;
	s += out->len;
	len -= out->len;
	if (to == DECODE)
		return utf8 ? utf8_decode(out, s, len) :
		    xtext_decode(out, s, len);
	return utf8 ? utf8_encode(out, s, len, to == ENCODE_SMTPUTF8) :
	    xtext_encode(out, s, len);
}

static bool
param_write(const struct param *p, enum direction to, char *dst,
    const char *s, size_t len, struct error *err)
{
	struct buf b = BUF_INIT;
	const char *problem = param_convert(p, to, &b, s, len);

	if (problem == NULL && b.len == 0)
		problem = "it is empty";
	if (problem == NULL && b.len > p->max)
		problem = p->too_long;
	(void)text_copy(dst, p->max + 1, problem == NULL ? buf_str(&b) : "");
	buf_free(&b);
	return problem == NULL || mail_refuse(err, p->name, s, len, problem);
}

/* Both ways: checked and brought into the one decoded form. */
static bool
param_normalise(const struct param *p, char *plain_r, const char *plain,
    size_t len, struct error *err)
{
	char wire[MAIL_ORCPT_MAX + 1];

	plain_r[0] = '\0';
	return param_write(p, ENCODE, wire, plain, len, err) &&
	    param_write(p, DECODE, plain_r, wire, strlen(wire), err);
}

bool
mail_envid_decode(char plain_r[static MAIL_ENVID_MAX + 1], const char *wire,
    size_t len, struct error *err)
{
	return param_write(&envid, DECODE, plain_r, wire, len, err);
}

bool
mail_envid_encode(char wire_r[static MAIL_ENVID_MAX + 1], const char *plain,
    size_t len, struct error *err)
{
	return param_write(&envid, ENCODE, wire_r, plain, len, err);
}

bool
mail_envid_normalise(char plain_r[static MAIL_ENVID_MAX + 1],
    const char *plain, size_t len, struct error *err)
{
	return param_normalise(&envid, plain_r, plain, len, err);
}

bool
mail_orcpt_decode(char plain_r[static MAIL_ORCPT_MAX + 1], const char *wire,
    size_t len, struct error *err)
{
	return param_write(&orcpt, DECODE, plain_r, wire, len, err);
}

bool
mail_orcpt_encode(char wire_r[static MAIL_ORCPT_MAX + 1], const char *plain,
    size_t len, enum mail_orcpt_form form, struct error *err)
{
	return param_write(&orcpt, form == MAIL_ORCPT_SMTPUTF8 ?
	    ENCODE_SMTPUTF8 : ENCODE, wire_r, plain, len, err);
}

bool
mail_orcpt_normalise(char plain_r[static MAIL_ORCPT_MAX + 1],
    const char *plain, size_t len, struct error *err)
{
	char typed[MAIL_ORCPT_MAX + 1];
	struct buf b = BUF_INIT;
	int n;

	plain_r[0] = '\0';
	/* ';' cannot stand unquoted in an address */
	n = snprintf(typed, sizeof(typed), "%s%.*s",
	    take_type(&b, plain, len) == NULL ? "" :
	    text_has_8bit(plain, len) ? "utf-8;" : "rfc822;", (int)len, plain);
	buf_free(&b);
	if (n < 0 || (size_t)n >= sizeof(typed))
		return mail_refuse(err, orcpt.name, plain, len, orcpt.too_long);
	return param_normalise(&orcpt, plain_r, typed, (size_t)n, err);
}
