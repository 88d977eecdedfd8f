/*
 * The reply parser: octets to lines, lines to replies; and the EHLO reply's
 * keywords.
 */
#include "smtp/reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

#define DIGITS "0123456789"

void
smtp_reply_parser_free(struct smtp_reply_parser *p)
{
	buf_free(&p->line);
	buf_free(&p->text);
}

void
smtp_reply_parser_reset(struct smtp_reply_parser *p)
{
	static const struct smtp_reply_parser fresh;

	smtp_reply_parser_free(p);
	*p = fresh;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 5321 4.2: three digits, 2 to 5 first.  The second is not held to 0 to 5:
 * servers use others, and nothing depends on it. */
static bool
parse_code(const char *line, size_t len, unsigned *code_r)
{
	if (len < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
	    !is_digit(line[2]))
		return false;
	*code_r = (unsigned)((line[0] - '0') * 100 + (line[1] - '0') * 10 +
	    (line[2] - '0'));
	return true;
}

/* One line without its LF.  *last_r: no hyphen follows the code. */
static bool
reply_take_line(struct smtp_reply_parser *p, bool *last_r)
{
	const char *line = buf_str(&p->line);
	size_t len = p->line.len;
	unsigned code;

	*last_r = false;
	while (len > 0 && line[len - 1] == '\r')
		len--;
	if (p->skip_strays && p->n_lines == 0 && !is_digit(line[0])) {
		buf_clear(&p->line);
		return true;
	}
	if (++p->n_lines > SMTP_REPLY_LINES_MAX || !parse_code(line, len, &code))
		return false;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return false;
	/* RFC 5321 4.2.1: the same code on every line of a reply. */
	if (p->code != 0 && p->code != code)
		return false;
	p->code = code;
	*last_r = len == 3 || line[3] == ' ';
	if (len > 4)
		(void)buf_append(&p->text, line + 4, len - 4);
	(void)buf_append(&p->text, "\n", 1);
	buf_clear(&p->line);
	return true;
}

/* RFC 3463 2: class "." subject "." detail; its length, 0 where there is none. */
static size_t
status_len(const char *s, unsigned reply_class)
{
	size_t n = 1, d;

	if ((s[0] != '2' && s[0] != '4' && s[0] != '5') ||
	    (unsigned)(s[0] - '0') != reply_class)
		return 0;
	for (int i = 0; i < 2; i++, n += d + 1)
		if (s[n] != '.' || (d = strspn(s + n + 1, DIGITS)) < 1 || d > 3)
			return 0;
	return s[n] == ' ' || s[n] == '\n' || s[n] == '\0' ? n : 0;
}

/* Some servers put it on the last line only, or behind two blanks. */
static void
find_status(struct smtp_reply *reply)
{
	const char *line = reply->text, *end;
	size_t n = 0;

	for (; n == 0 && (end = strchr(line, '\n')) != NULL; line = end + 1) {
		line += strspn(line, " ");
		n = status_len(line, reply->code / 100);
		memcpy(reply->status, line, n);
	}
	reply->status[n] = '\0';
}

static void
complete(struct smtp_reply_parser *p, struct smtp_reply *reply_r)
{
	p->complete = true;
	p->skip_strays = false;
	reply_r->code = p->code;
	reply_r->text = buf_str(&p->text);
	reply_r->n_lines = p->n_lines;
	find_status(reply_r);
}

/* After a complete reply: ready for the next; a text of unusual size is given
 * back, so that an idle session is small. */
static void
reply_begin(struct smtp_reply_parser *p)
{
	buf_clear(&p->line);
	buf_clear(&p->text);
	if (p->text.room > 1024)
		buf_free(&p->text);
	if (p->line.room > 1024)
		buf_free(&p->line);
	p->octets = p->n_lines = 0;
	p->code = 0;
	p->complete = false;
}

/* False: the reply is too large.  *eol_r: it ended a line. */
static bool
take_octet(struct smtp_reply_parser *p, char c, bool *eol_r)
{
	*eol_r = c == '\n';
	if (++p->octets > SMTP_REPLY_OCTETS_MAX)
		return false;
	if (!*eol_r && p->line.len < SMTP_REPLY_LINE_MAX)
		(void)buf_append(&p->line, c == '\0' ? "?" : &c, 1);
	return true;
}

enum smtp_reply_status
smtp_reply_parse(struct smtp_reply_parser *p, const char *data, size_t len,
    size_t *used_r, struct smtp_reply *reply_r)
{
	bool eol, last;

	*used_r = 0;
	if (p->broken)
		return SMTP_REPLY_BROKEN;
	if (p->complete)
		reply_begin(p);
	while (*used_r < len) {
		if (!take_octet(p, data[(*used_r)++], &eol) ||
		    (eol && !reply_take_line(p, &last))) {
			p->broken = true;
			return SMTP_REPLY_BROKEN;
		}
		if (eol && last) {
			complete(p, reply_r);
			return SMTP_REPLY_COMPLETE;
		}
	}
	return SMTP_REPLY_MORE;
}

/* Appends one line, made printable; false where there is no more room. */
static bool
print_line(char *dst, size_t room, size_t *len, const char *s, size_t n)
{
	size_t u;

	for (size_t i = 0; i < n; i += u) {
		bool plain = (u = text_printable_len(s + i, n - i)) > 0;

		u = plain ? u : 1;
		if (*len + u >= room)
			return false;
		if (plain)
			memcpy(dst + *len, s + i, u);
		else
			dst[*len] = s[i] == '\t' ? ' ' : '?';
		*len += u;
	}
	return true;
}

void
smtp_reply_print(char *dst, size_t room, const struct smtp_reply *reply)
{
	size_t status = strlen(reply->status), len, n;
	const char *s = reply->text, *end;
	bool more = true, seen = false;

	(void)snprintf(dst, room, "%03u", reply->code);
	len = strlen(dst);
	while (more && (end = strchr(s, '\n')) != NULL) {
		n = (size_t)(end - s);
		/* Servers repeat the enhanced code on each line. */
		if (status > 0 && n > status &&
		    strncmp(s, reply->status, status) == 0 &&
		    s[status] == ' ') {
			s += seen ? status + 1 : 0;
			n -= seen ? status + 1 : 0;
			seen = true;
		}
		if (n > 0)
			more = print_line(dst, room, &len, " ", 1) &&
			    print_line(dst, room, &len, s, n);
		s = end + 1;
	}
	dst[len] = '\0';
}

/* --- EHLO */

static const struct keyword {
	const char *name;
	unsigned can;
} keywords[] = {
	{ "STARTTLS", SMTP_CAN_STARTTLS },
	{ "PIPELINING", SMTP_CAN_PIPELINING },
	{ "SIZE", SMTP_CAN_SIZE },
	{ "8BITMIME", SMTP_CAN_8BITMIME },
	{ "SMTPUTF8", SMTP_CAN_SMTPUTF8 },
	{ "DSN", SMTP_CAN_DSN },
	{ "CHUNKING", SMTP_CAN_CHUNKING },
	{ "ENHANCEDSTATUSCODES", SMTP_CAN_ENHANCEDSTATUSCODES },
	{ "REQUIRETLS", SMTP_CAN_REQUIRETLS },
}, mechanisms[] = {
	{ "PLAIN", SMTP_CAN_AUTH_PLAIN },
	{ "LOGIN", SMTP_CAN_AUTH_LOGIN },
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

/* Takes a word of the line off *s, and the blanks before it; its length, 0 at
 * the line's end. */
static size_t
take_word(const char **s, const char **word_r)
{
	size_t n;

	*word_r = *s + strspn(*s, " \t");
	n = strcspn(*word_r, " \t\n");
	*s = *word_r + n;
	return n;
}

/* RFC 1870 3: up to 20 digits.  What is no number, or too large for one, is no
 * limit that we know of: the server will say so itself. */
static uint64_t
parse_size(const char *s, size_t n)
{
	uint64_t v;

	if (n == 0 || n > 20 || strspn(s, DIGITS) != n)
		return 0;
	errno = 0;
	v = strtoull(s, NULL, 10);
	return errno == 0 ? v : 0;
}

static void
parse_line(struct smtp_capabilities *caps, const char *s)
{
	const char *word;
	size_t n = take_word(&s, &word);
	unsigned can;

	if (n >= 4 && strncasecmp(word, "AUTH", 4) == 0 &&
	    (n == 4 || word[4] == '=')) {
		for (s = word + (n == 4 ? 4 : 5);
		    (n = take_word(&s, &word)) > 0;)
			caps->can |= ehlo_find(mechanisms,
			    ARRAY_LEN(mechanisms), word, n);
		return;
	}
	can = ehlo_find(keywords, ARRAY_LEN(keywords), word, n);
	caps->can |= can;
	if (can == SMTP_CAN_SIZE) {
		n = take_word(&s, &word);
		caps->size_max = parse_size(word, n);
	}
}

void
smtp_ehlo_parse(struct smtp_capabilities *caps_r, const struct smtp_reply *reply)
{
	const char *s = reply->text;
	size_t n = strcspn(s, " \t\n");

	memset(caps_r, 0, sizeof(*caps_r));
	for (size_t i = 0; i < n && i < sizeof(caps_r->name) - 1; i++)
		caps_r->name[i] = s[i] > 0x20 && s[i] < 0x7f ? s[i] : '?';
	while ((s = strchr(s, '\n')) != NULL)
		parse_line(caps_r, ++s);
}
