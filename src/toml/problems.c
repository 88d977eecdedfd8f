/*
 * The list of problems, made safe for a terminal when they are added.
 */
#include "toml/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { TEXT_MAX = 1000 };

/* A backslash stays as it is: people look for what they wrote. */
static char *
printable(const char *s)
{
	char piece[TEXT_MAX * 4 + 1];
	struct buf out = BUF_INIT;
	char *text;
	size_t n;

	for (; *s != '\0'; s += n) {
		if (*s == '\\') {
			(void)buf_puts(&out, "\\");
			n = 1;
			continue;
		}
		n = strcspn(s, "\\");
		text_escape(piece, sizeof(piece), s, n);
		(void)buf_puts(&out, piece);
	}
	text = mem_strdup(buf_str(&out));
	buf_free(&out);
	return text;
}

void
toml_problems_add(struct toml_problems *problems, unsigned int line,
    const char *key, const char *fmt, ...)
{
	struct toml_problem *p;
	char text[TEXT_MAX];
	va_list ap;

	if (problems->count >= TOML_PROBLEMS_MAX) {
		problems->dropped++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	problems->item = mem_realloc(problems->item,
	    (problems->count + 1) * sizeof(*problems->item));
	p = &problems->item[problems->count++];
	p->line = line;
	p->text = printable(text);
	p->key = NULL;
	if (key != NULL) {
		(void)text_copy(text, sizeof(text), key);
		p->key = printable(text);
	}
}

/* Insertion keeps the order within a line, which qsort does not promise. */
void
toml_problems_sort(struct toml_problems *problems)
{
	for (size_t i = 1; i < problems->count; i++) {
		struct toml_problem p = problems->item[i];
		size_t j = i;

		for (; j > 0 && problems->item[j - 1].line > p.line; j--)
			problems->item[j] = problems->item[j - 1];
		problems->item[j] = p;
	}
}

void
toml_problems_clear(struct toml_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		free(problems->item[i].key);
		free(problems->item[i].text);
	}
	free(problems->item);
	problems->item = NULL;
	problems->count = problems->dropped = 0;
}

char *
toml_problem_text(const struct toml_problem *problem, const char *file)
{
	const char *key = problem->key;
	char line[16] = "";

	if (problem->line > 0)
		(void)snprintf(line, sizeof(line), "%u:", problem->line);
	return mem_printf("%s%s%s%s%s%s%s", file != NULL ? file : "",
	    file != NULL ? ":" : "", line,
	    file != NULL || problem->line > 0 ? " " : "",
	    key != NULL ? key : "", key != NULL ? ": " : "", problem->text);
}
