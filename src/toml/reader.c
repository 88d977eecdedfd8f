/*
 * TOML: the place in the text, and what is wrong there.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "toml/toml_impl.h"

void
toml_complain(struct toml_reader *r, unsigned int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	toml_problems_add(r->problems, line,
	    r->key.len > 0 ? buf_str(&r->key) : NULL, "%s", text);
}

bool
toml_peek(const struct toml_reader *r, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(r->end - r->at) >= n && memcmp(r->at, word, n) == 0;
}

bool
toml_take_newline(struct toml_reader *r)
{
	if (toml_peek(r, "\n"))
		r->at++;
	else if (toml_peek(r, "\r\n"))
		r->at += 2;
	else
		return false;
	r->line++;
	return true;
}

void
toml_skip_blank(struct toml_reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
}

void
toml_skip_line(struct toml_reader *r)
{
	while (r->at < r->end && !toml_peek(r, "\n") && !toml_peek(r, "\r\n"))
		r->at++;
}

void
toml_skip_comment(struct toml_reader *r)
{
	if (toml_peek(r, "#"))
		toml_skip_line(r);
}
