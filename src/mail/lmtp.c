/*
 * LMTP lines and content.
 */
#include "mail/lmtp.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const struct {
	const char *word;
	enum mail_lmtp_verb verb;
	bool path;		/* "FROM:<path> parameters" */
} verbs[] = {
	{ .word = "LHLO", .verb = MAIL_LMTP_LHLO },
	{ .word = "MAIL FROM:", .verb = MAIL_LMTP_MAIL, .path = true },
	{ .word = "RCPT TO:", .verb = MAIL_LMTP_RCPT, .path = true },
	{ .word = "DATA", .verb = MAIL_LMTP_DATA },
	{ .word = "RSET", .verb = MAIL_LMTP_RSET },
	{ .word = "NOOP", .verb = MAIL_LMTP_NOOP },
	{ .word = "VRFY", .verb = MAIL_LMTP_VRFY },
	{ .word = "QUIT", .verb = MAIL_LMTP_QUIT },
};

/* Length of "<...>", in which a quoted local part may have blanks and ">";
 * 0 where it is none. */
static size_t
path_len(const char *s)
{
	bool quoted = false;

	if (s[0] != '<')
		return 0;
	for (size_t i = 1; s[i] != '\0'; i++) {
		if (quoted && s[i] == '\\' && s[i + 1] != '\0')
			i++;
		else if (s[i] == '"')
			quoted = !quoted;
		else if (!quoted && s[i] == '>')
			return i + 1;
	}
	return 0;
}

static bool
cut_arguments(struct mail_lmtp_command *c, char *s)
{
	size_t n = 0, len;

	s += strspn(s, " ");	/* RFC 5321 3.3 has none, but some send it */
	if ((len = path_len(s)) == 0 || (s[len] != ' ' && s[len] != '\0'))
		return false;
	for (;;) {
		c->args[n++] = s;
		if (s[len] == '\0')
			return true;
		s[len] = '\0';
		s += len + 1;
		s += strspn(s, " ");
		if (*s == '\0')
			return true;
		if (n == MAIL_LMTP_ARGS_MAX)
			return false;
		len = strcspn(s, " ");
	}
}

struct mail_lmtp_command
mail_lmtp_command_parse(char *line)
{
	struct mail_lmtp_command c = { .verb = MAIL_LMTP_UNKNOWN };

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		char *rest = line + strlen(verbs[i].word);

		if (!text_starts_nocase(line, verbs[i].word) ||
		    (!verbs[i].path && *rest != '\0' && *rest != ' '))
			continue;
		c.verb = verbs[i].verb;
		if (verbs[i].path && !cut_arguments(&c, rest))
			c.verb = MAIL_LMTP_BAD;
	}
	return c;
}

/* From within a line to its CR. */
static size_t
content_take_line(enum mail_lmtp_place *place, const char *data, size_t len,
    const char **piece_r, size_t *piece_len_r)
{
	const char *cr = memchr(data, '\r', len);

	*piece_r = data;
	*piece_len_r = cr != NULL ? (size_t)(cr - data) + 1 : len;
	*place = cr != NULL ? MAIL_LMTP_AFTER_CR : MAIL_LMTP_IN_LINE;
	return *piece_len_r;
}

size_t
mail_lmtp_content_next(enum mail_lmtp_place *place, const char *data,
    size_t len, const char **piece_r, size_t *piece_len_r)
{
	*piece_r = data;
	*piece_len_r = 0;
	switch (*place) {
	case MAIL_LMTP_LINE_START:
		if (data[0] != '.')
			break;
		*place = MAIL_LMTP_AFTER_DOT;
		return 1;
	case MAIL_LMTP_AFTER_CR:
		if (data[0] != '\n')
			break;
		*place = MAIL_LMTP_LINE_START;
		*piece_len_r = 1;
		return 1;
	case MAIL_LMTP_AFTER_DOT:
		if (data[0] != '\r')
			break;
		*place = MAIL_LMTP_AFTER_DOT_CR;
		return 1;
	case MAIL_LMTP_AFTER_DOT_CR:
		if (data[0] == '\n') {
			*place = MAIL_LMTP_ENDED;
			return 1;
		}
		/* the CR was content */
		*place = MAIL_LMTP_AFTER_CR;
		*piece_r = "\r";
		*piece_len_r = 1;
		return 0;
	case MAIL_LMTP_ENDED:
		return 0;
	case MAIL_LMTP_IN_LINE:
		break;
	}
	return content_take_line(place, data, len, piece_r, piece_len_r);
}
