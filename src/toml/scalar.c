/*
 * TOML scalars: booleans, integers, floats, and the four kinds of date and time
 * (RFC 3339).  One token is cut out, then each kind is tried on it.
 */
#include "toml/toml_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_MAX = 200 };

/* --- dates and times */

/* Takes n digits whose value is lo to hi. */
static bool
take_number(const char **s, int n, int lo, int hi, int *value_r)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (**s < '0' || **s > '9')
			return false;
		value = value * 10 + (*(*s)++ - '0');
	}
	if (value_r != NULL)
		*value_r = value;
	return value >= lo && value <= hi;
}

static bool
take_char(const char **s, const char *allowed)
{
	if (**s == '\0' || strchr(allowed, **s) == NULL)
		return false;
	(*s)++;
	return true;
}

static bool
take_date(const char **s)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };
	int year, month, day;
	bool leap;

	if (!take_number(s, 4, 0, 9999, &year) || !take_char(s, "-") ||
	    !take_number(s, 2, 1, 12, &month) || !take_char(s, "-") ||
	    !take_number(s, 2, 1, 31, &day))
		return false;
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return day <= days[month - 1] + (month == 2 && leap);
}

/* RFC 3339 5.6; second 60 is a leap second. */
static bool
take_time(const char **s)
{
	if (!take_number(s, 2, 0, 23, NULL) || !take_char(s, ":") ||
	    !take_number(s, 2, 0, 59, NULL) || !take_char(s, ":") ||
	    !take_number(s, 2, 0, 60, NULL))
		return false;
	if (!take_char(s, "."))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	while (**s >= '0' && **s <= '9')
		(*s)++;
	return true;
}

static bool
take_offset(const char **s)
{
	if (take_char(s, "Zz"))
		return true;
	return take_char(s, "+-") && take_number(s, 2, 0, 23, NULL) &&
	    take_char(s, ":") && take_number(s, 2, 0, 59, NULL);
}

static enum toml_kind
date_kind(const char *s)
{
	const char *t = s;

	if (take_time(&t))
		return *t == '\0' ? TOML_TIME_LOCAL : TOML_INVALID;
	if (!take_date(&s))
		return TOML_INVALID;
	if (*s == '\0')
		return TOML_DATE_LOCAL;
	if (!take_char(&s, "Tt ") || !take_time(&s))
		return TOML_INVALID;
	if (*s == '\0')
		return TOML_DATETIME_LOCAL;
	return take_offset(&s) && *s == '\0' ? TOML_DATETIME : TOML_INVALID;
}

static bool
looks_like_date(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return (n == 4 && s[4] == '-') || (n == 2 && s[2] == ':');
}

/* --- numbers */

/* Digits with single underscores between them; drops those. */
static bool
take_digits(const char **s, char **out, const char *digits)
{
	if (**s == '\0' || strchr(digits, **s) == NULL)
		return false;
	for (;;) {
		while (**s != '\0' && strchr(digits, **s) != NULL)
			*(*out)++ = *(*s)++;
		if (**s != '_')
			return true;
		(*s)++;
		if (**s == '\0' || strchr(digits, **s) == NULL)
			return false;
	}
}

static bool
to_integer(const char *text, int base, int64_t *value_r)
{
	char *end;

	errno = 0;
	*value_r = strtoll(text, &end, base);
	return errno == 0 && *end == '\0' && end != text;
}

/* 0x, 0o and 0b: no sign. */
static bool
read_based(const char *s, int64_t *value_r)
{
	static const struct {
		const char *prefix, *digits;
		int base;
	} rows[] = {
		{ .prefix = "0x", .digits = "0123456789abcdefABCDEF",
		  .base = 16 },
		{ .prefix = "0o", .digits = "01234567", .base = 8 },
		{ .prefix = "0b", .digits = "01", .base = 2 },
	};
	char digits[TOKEN_MAX + 1], *out = digits;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strncmp(s, rows[i].prefix, 2) != 0)
			continue;
		s += 2;
		if (!take_digits(&s, &out, rows[i].digits) || *s != '\0')
			return false;
		*out = '\0';
		return to_integer(digits, rows[i].base, value_r);
	}
	return false;
}

static bool
is_special_float(const char *s)
{
	if (*s == '+' || *s == '-')
		s++;
	return strcmp(s, "inf") == 0 || strcmp(s, "nan") == 0;
}

/* A sign, no leading zeros, then maybe a fraction, maybe an exponent. */
static enum toml_kind
read_decimal(const char *s, struct toml_node *node)
{
	static const char dec[] = "0123456789";
	char text[TOKEN_MAX + 1], *out = text;
	bool is_float = false;

	if (*s == '+' || *s == '-')
		*out++ = *s++;
	if (s[0] == '0' && s[1] != '\0' && s[1] != '.' && s[1] != 'e' &&
	    s[1] != 'E')
		return TOML_INVALID;
	if (!take_digits(&s, &out, dec))
		return TOML_INVALID;
	if (*s == '.') {
		*out++ = *s++;
		is_float = true;
		if (!take_digits(&s, &out, dec))
			return TOML_INVALID;
	}
	if (*s == 'e' || *s == 'E') {
		*out++ = *s++;
		is_float = true;
		if (*s == '+' || *s == '-')
			*out++ = *s++;
		if (!take_digits(&s, &out, dec))
			return TOML_INVALID;
	}
	*out = '\0';
	if (*s != '\0')
		return TOML_INVALID;
	if (is_float)
		return TOML_FLOAT;
	return to_integer(text, 10, &node->integer) ? TOML_INTEGER :
	    TOML_INVALID;
}

/* --- the token */

/*
 * Up to where anything else could follow: wider than any value, so that a bad
 * one is told and skipped as a whole.
 */
static void
skip_token(struct toml_reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n,]}#=", *r->at) == NULL)
		r->at++;
}

/* A date and a time may be parted by one space. */
static bool
space_joins_time(const struct toml_reader *r, const char *token, size_t len)
{
	return len == 10 && token[4] == '-' && token[7] == '-' &&
	    r->end - r->at > 3 && r->at[0] == ' ' &&
	    r->at[1] >= '0' && r->at[1] <= '9' &&
	    r->at[2] >= '0' && r->at[2] <= '9' && r->at[3] == ':';
}

static size_t
cut_token(struct toml_reader *r, char token[TOKEN_MAX + 1])
{
	const char *from = r->at;
	size_t len, kept;

	skip_token(r);
	if (space_joins_time(r, from, (size_t)(r->at - from))) {
		r->at++;
		skip_token(r);
	}
	len = (size_t)(r->at - from);
	kept = len < TOKEN_MAX ? len : TOKEN_MAX;
	memcpy(token, from, kept);
	token[kept] = '\0';
	return len;
}

static void
classify(const char *token, struct toml_node *node)
{
	if (strcmp(token, "true") == 0 || strcmp(token, "false") == 0) {
		node->kind = TOML_BOOLEAN;
		node->boolean = token[0] == 't';
	} else if (is_special_float(token)) {
		node->kind = TOML_FLOAT;
	} else if (looks_like_date(token)) {
		node->kind = date_kind(token);
	} else if (read_based(token, &node->integer)) {
		node->kind = TOML_INTEGER;
	} else {
		node->kind = read_decimal(token, node);
	}
}

static void
scalar_complain(struct toml_reader *r, const char *token)
{
	if (*token == '\0')
		toml_complain(r, r->line, "a value was expected here");
	else if (looks_like_date(token))
		toml_complain(r, r->line, "%s is not a date or time of "
		    "RFC 3339", token);
	else if (strchr("+-.0123456789", *token) != NULL)
		toml_complain(r, r->line, "%s is not a number of 64 bits as "
		    "TOML writes them; texts stand in quotes", token);
	else
		toml_complain(r, r->line, "%s is not a value; texts stand in "
		    "quotes, true and false in lower case", token);
}

bool
toml_read_scalar(struct toml_reader *r, struct toml_item **value_r)
{
	struct toml_item *value = toml_item_new(r->toml, TOML_INVALID, r->line);
	char token[TOKEN_MAX + 1] = "";
	size_t len = cut_token(r, token);

	if (len <= TOKEN_MAX)
		classify(token, &value->node);
	if (value->node.kind == TOML_INVALID)
		scalar_complain(r, token);
	value->node.len = strlen(token);
	value->node.text = arena_strdup(r->toml->arena, token);
	*value_r = value;
	return len > 0;
}
