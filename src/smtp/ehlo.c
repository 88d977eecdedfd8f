/*
 * The EHLO reply: a table of keywords.
 */
#include "smtp/ehlo.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct keyword {
	const char *name;
	unsigned can;
};

static const struct keyword keywords[] = {
	{ .name = "STARTTLS", .can = SMTP_CAN_STARTTLS },
	{ .name = "PIPELINING", .can = SMTP_CAN_PIPELINING },
	{ .name = "SIZE", .can = SMTP_CAN_SIZE },
	{ .name = "8BITMIME", .can = SMTP_CAN_8BITMIME },
	{ .name = "SMTPUTF8", .can = SMTP_CAN_SMTPUTF8 },
	{ .name = "DSN", .can = SMTP_CAN_DSN },
	{ .name = "CHUNKING", .can = SMTP_CAN_CHUNKING },
	{ .name = "ENHANCEDSTATUSCODES", .can = SMTP_CAN_ENHANCEDSTATUSCODES },
	{ .name = "REQUIRETLS", .can = SMTP_CAN_REQUIRETLS },
};

static const struct keyword mechanisms[] = {
	{ .name = "PLAIN", .can = SMTP_CAN_AUTH_PLAIN },
	{ .name = "LOGIN", .can = SMTP_CAN_AUTH_LOGIN },
};

static unsigned
ehlo_find(const struct keyword *table, size_t n_table, const char *s, size_t n)
{
	for (size_t i = 0; i < n_table; i++)
		if (strlen(table[i].name) == n &&
		    strncasecmp(table[i].name, s, n) == 0)
			return table[i].can;
	return 0;
}

/* Length of the word at s, which ends before end. */
static size_t
word(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && *p != ' ' && *p != '\t')
		p++;
	return (size_t)(p - s);
}

static const char *
skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* RFC 1870 3: up to 20 digits.  What is no number, or too large for one, is no
 * limit that we know of: the server will say so itself. */
static uint64_t
parse_size(const char *s, size_t n)
{
	uint64_t v = 0;

	if (n == 0 || n > 20)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' ||
		    __builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
			return 0;
	}
	return v;
}

static void
parse_auth(struct smtp_capabilities *caps, const char *s, const char *end)
{
	while ((s = skip_blanks(s, end)) < end) {
		size_t n = word(s, end);

		caps->can |= ehlo_find(mechanisms, ARRAY_LEN(mechanisms), s, n);
		s += n;
	}
}

static void
parse_line(struct smtp_capabilities *caps, const char *s, const char *end)
{
	size_t n;
	unsigned can;

	s = skip_blanks(s, end);
	n = word(s, end);
	if (n >= 4 && strncasecmp(s, "AUTH", 4) == 0 &&
	    (n == 4 || s[4] == '=')) {
		parse_auth(caps, s + (n == 4 ? 4 : 5), end);
		return;
	}
	can = ehlo_find(keywords, ARRAY_LEN(keywords), s, n);
	caps->can |= can;
	s = skip_blanks(s + n, end);
	if (can == SMTP_CAN_SIZE)
		caps->size_max = parse_size(s, word(s, end));
}

static void
parse_name(struct smtp_capabilities *caps, const char *s, const char *end)
{
	size_t n = word(s, end);

	if (n >= sizeof(caps->name))
		n = sizeof(caps->name) - 1;
	for (size_t i = 0; i < n; i++)
		caps->name[i] = s[i] > 0x20 && s[i] < 0x7f ? s[i] : '?';
	caps->name[n] = '\0';
}

void
smtp_ehlo_parse(struct smtp_capabilities *caps_r, const struct smtp_reply *reply)
{
	const char *s = reply->text, *end;

	memset(caps_r, 0, sizeof(*caps_r));
	for (size_t i = 0; (end = strchr(s, '\n')) != NULL; i++) {
		if (i == 0)
			parse_name(caps_r, s, end);
		else
			parse_line(caps_r, s, end);
		s = end + 1;
	}
}
