/*
 * One pass over the text, token by token.  Nothing is parsed: SQLite does that.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "strategy/rewrite.h"

enum token { TOKEN_OTHER, TOKEN_WORD, TOKEN_STRING, TOKEN_PLUS };

struct scan {
	const char *text, *at;
	struct buf *out;
	struct error *err;
	enum token last;
	int depth;		/* open parentheses */
};

struct symbol {
	const char *text;
	const char *sql;	/* NULL: refused */
	const char *why;	/* why refused */
};

static const char no_comment[] =
    "begins a comment in SQL, and expressions have none";
static const char no_parameter[] = "is no part of an expression";
static const char no_array[] = "arrays are not available: use IN ('a', 'b')";

/* Where one symbol begins another, the longer comes first. */
static const struct symbol symbols[] = {
	{ .text = "&&", .sql = " AND " },
	{ .text = "&", .sql = " AND " },
	{ .text = "||", .sql = " OR " },
	{ .text = "|", .sql = " OR " },
	{ .text = "!=", .sql = "!=" },
	{ .text = "!", .sql = " NOT " },
	{ .text = "==", .sql = "==" },
	{ .text = "=>", .sql = ">=" },
	{ .text = "=<", .sql = "<=" },
	{ .text = "=", .sql = "=" },
	{ .text = "<=", .sql = "<=" },
	{ .text = "<>", .sql = "<>" },
	{ .text = "<<", .sql = "<<" },
	{ .text = "<", .sql = "<" },
	{ .text = ">=", .sql = ">=" },
	{ .text = ">>", .sql = ">>" },
	{ .text = ">", .sql = ">" },
	{ .text = "--", .why = no_comment },
	{ .text = "-", .sql = "-" },
	{ .text = "/*", .why = no_comment },
	{ .text = "/", .sql = "/" },
	{ .text = "*", .sql = "*" },
	{ .text = "+", .sql = "+" },
	{ .text = "%", .sql = "%" },
	{ .text = "~", .sql = "~" },
	{ .text = ",", .sql = "," },
	{ .text = ".", .sql = "." },
	{ .text = "(", .sql = "(" },
	{ .text = ")", .sql = ")" },
	{ .text = " ", .sql = " " },
	{ .text = "\t", .sql = " " },
	{ .text = "\n", .sql = " " },
	{ .text = "\r", .sql = " " },
	{ .text = ";", .why = "an expression is not a statement" },
	{ .text = "^", .why = "exclusive or is not available: use a <> b" },
	{ .text = "[", .why = no_array },
	{ .text = "]", .why = no_array },
	{ .text = "$", .why = "positional variables are not available" },
	{ .text = "?", .why = no_parameter },
	{ .text = ":", .why = no_parameter },
	{ .text = "@", .why = no_parameter },
	{ .text = "#", .why = no_parameter },
	{ .text = "`", .why = "text stands in '...' or \"...\"" },
};

/* Words that begin what an expression must not hold. */
static const char *const refused_words[] = { "select", "values", "with" };

static const char plus_on_text[] =
    "+ adds numbers; to join text use concat(a, b)";

static bool
rewrite_refuse(struct scan *s, const char *why)
{
	return error_set(s->err, EX_CONFIG, "character %d: %s",
	    (int)(s->at - s->text) + 1, why);
}

static bool
emit(struct scan *s, const char *text, size_t len)
{
	if (!buf_append(s->out, text, len))
		return rewrite_refuse(s, "the expression is too long");
	return true;
}

static bool
is_word(char c)
{
	return c == '_' || isalnum((unsigned char)c);
}

/*
 * A space before it keeps it apart from a word (x'41' is a blob in SQL) and
 * from a literal that ends right there ('a''b' is one literal, 'a' "b" two).
 */
static bool
scan_string(struct scan *s)
{
	const char quote = *s->at;
	const char *p = s->at + 1;

	if (s->last == TOKEN_PLUS)
		return rewrite_refuse(s, plus_on_text);
	if (!emit(s, " '", 2))
		return false;
	for (;; p++) {
		if (*p == '\0')
			return rewrite_refuse(s, "the quote is not closed");
		if (*p == quote && p[1] != quote)
			break;
		if (*p == quote)
			p++;
		if (!emit(s, *p == '\'' ? "''" : p, *p == '\'' ? 2 : 1))
			return false;
	}
	s->at = p + 1;
	s->last = TOKEN_STRING;
	return emit(s, "'", 1);
}

static bool
scan_word(struct scan *s)
{
	size_t len = 0;

	while (is_word(s->at[len]))
		len++;
	for (size_t i = 0; i < ARRAY_LEN(refused_words); i++)
		if (strlen(refused_words[i]) == len &&
		    strncasecmp(s->at, refused_words[i], len) == 0)
			return rewrite_refuse(s,
			    "an expression holds no query");
	if (s->last == TOKEN_STRING && !emit(s, " ", 1))
		return false;
	if (!emit(s, s->at, len))
		return false;
	s->at += len;
	s->last = TOKEN_WORD;
	return true;
}

static bool
scan_symbol(struct scan *s, const struct symbol *sym)
{
	const char c = sym->text[0];

	if (sym->sql == NULL)
		return error_set(s->err, EX_CONFIG, "character %d: %s: %s",
		    (int)(s->at - s->text) + 1, sym->text, sym->why);
	if (c == '(')
		s->depth++;
	else if (c == ')' && --s->depth < 0)
		return rewrite_refuse(s, "this ) closes nothing");
	if (c == '+' && s->last == TOKEN_STRING)
		return rewrite_refuse(s, plus_on_text);
	if (!emit(s, sym->sql, strlen(sym->sql)))
		return false;
	s->at += strlen(sym->text);
	if (sym->sql[0] != ' ' || sym->sql[1] != '\0') /* not white space */
		s->last = c == '+' ? TOKEN_PLUS : TOKEN_OTHER;
	return true;
}

static bool
scan_token(struct scan *s)
{
	if (*s->at == '\'' || *s->at == '"')
		return scan_string(s);
	if (is_word(*s->at))
		return scan_word(s);
	for (size_t i = 0; i < ARRAY_LEN(symbols); i++)
		if (strncmp(s->at, symbols[i].text,
		    strlen(symbols[i].text)) == 0)
			return scan_symbol(s, &symbols[i]);
	return rewrite_refuse(s, "this character has no meaning here");
}

bool
strategy_rewrite(struct buf *out, const char *text, struct error *err)
{
	struct scan s = { .text = text, .at = text, .out = out, .err = err };

	if (strnlen(text, REWRITE_TEXT_MAX + 1) > REWRITE_TEXT_MAX)
		return error_set(err, EX_CONFIG,
		    "the expression is longer than %d octets",
		    REWRITE_TEXT_MAX);
	if (text[strspn(text, " \t\r\n")] == '\0')
		return error_set(err, EX_CONFIG, "the expression is empty");
	while (*s.at != '\0')
		if (!scan_token(&s))
			return false;
	if (s.depth > 0)
		return rewrite_refuse(&s, "a ( is not closed");
	return true;
}
