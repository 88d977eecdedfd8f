/*
 * The small syntaxes of values: durations, addresses, host names, listeners.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value_impl.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct {
	char letter;
	int64_t seconds;
} units[] = {	/* largest first, for printing */
	{ .letter = 'd', .seconds = 86400 },
	{ .letter = 'h', .seconds = 3600 },
	{ .letter = 'm', .seconds = 60 },
	{ .letter = 's', .seconds = 1 },
};

/* Fifteen digits: no product with a unit can overflow. */
static bool
read_digits(const char *text, size_t n, int64_t *value_r)
{
	if (n == 0 || n > 15 || strspn(text, DIGITS) < n)
		return false;
	*value_r = 0;
	for (size_t i = 0; i < n; i++)
		*value_r = *value_r * 10 + (text[i] - '0');
	return true;
}

bool
conf_syntax_number(const char *text, int64_t *value_r)
{
	bool minus = *text == '-';

	if (minus)
		text++;
	if (!read_digits(text, strlen(text), value_r))
		return false;
	if (minus)
		*value_r = -*value_r;
	return true;
}

bool
conf_syntax_duration(const char *text, int64_t *seconds_r)
{
	size_t n = strspn(text, DIGITS);

	if (!read_digits(text, n, seconds_r))
		return false;
	if (text[n] == '\0')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (text[n] == units[i].letter && text[n + 1] == '\0') {
			*seconds_r *= units[i].seconds;
			return true;
		}
	return false;
}

void
conf_syntax_print_duration(struct buf *out, int64_t seconds)
{
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(units) &&
	    (seconds == 0 || seconds % units[i].seconds != 0))
		i++;
	(void)buf_printf(out, "%" PRId64 "%c", seconds / units[i].seconds,
	    units[i].letter);
}

bool
conf_syntax_is_address(const char *text)
{
	unsigned char octets[16];

	return inet_pton(AF_INET, text, octets) == 1 ||
	    inet_pton(AF_INET6, text, octets) == 1;
}

/* RFC 1035 2.3.4 for the lengths; all digits at the end is no host name. */
static bool
is_host(const char *text, const char *allowed)
{
	size_t n = strlen(text), last = 0;
	const char *label = text;

	if (n == 0 || n > 253)
		return false;
	for (const char *s = text; *s != '\0'; s += last + (s[last] == '.')) {
		label = s;
		last = strspn(s, allowed);
		if (last == 0 || last > 63 || s[0] == '-' ||
		    s[last - 1] == '-' || (s[last] != '.' && s[last] != '\0'))
			return false;
	}
	return text[n - 1] != '.' && strspn(label, DIGITS) != last;
}

bool
conf_syntax_is_host(const char *text)
{
	return conf_syntax_is_address(text) ||
	    is_host(text, LETTERS DIGITS "-_");
}

/* RFC 5321 4.1.3 */
bool
conf_syntax_is_ehlo(const char *text)
{
	unsigned char octets[16];
	size_t n = strlen(text);
	char inner[64];

	if (text[0] != '[')
		return is_host(text, LETTERS DIGITS "-");
	if (n < 3 || n >= sizeof(inner) || text[n - 1] != ']')
		return false;
	memcpy(inner, text + 1, n - 2);
	inner[n - 2] = '\0';
	if (strncmp(inner, "IPv6:", 5) == 0)
		return inet_pton(AF_INET6, inner + 5, octets) == 1;
	return inet_pton(AF_INET, inner, octets) == 1;
}

static bool
is_port(const char *text)
{
	int64_t port;

	return text[0] != '-' && conf_syntax_number(text, &port) &&
	    port >= 1 && port <= 65535;
}

/* Loopback or a socket file only: the page has no authentication. */
bool
conf_syntax_is_listen(const char *text)
{
	struct in_addr v4;
	const char *colon;
	char host[16];
	size_t n;

	if (*text == '\0')
		return true;
	if (strncmp(text, "unix:", 5) == 0)
		return text[5] == '/' && strlen(text + 5) < 108;
	if (strncmp(text, "[::1]:", 6) == 0)
		return is_port(text + 6);
	colon = strchr(text, ':');
	n = colon != NULL ? (size_t)(colon - text) : sizeof(host);
	if (n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	return inet_pton(AF_INET, host, &v4) == 1 &&
	    ntohl(v4.s_addr) >> 24 == 127 && is_port(colon + 1);
}

/* RFC 5322 2.2: a field name is visible ASCII without the colon. */
bool
conf_syntax_is_header(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f || *text == ':')
			return false;
	return true;
}

/* Enough to catch a slip; who sends mail checks it as an address. */
bool
conf_syntax_is_mailbox(const char *text)
{
	const char *at = strrchr(text, '@');

	return at != NULL && at > text && strpbrk(text, " <>,;") == NULL &&
	    is_host(at + 1, LETTERS DIGITS "-");
}
