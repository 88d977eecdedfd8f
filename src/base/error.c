/*
 * struct error: filling and prefixing.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that is too long loses its middle: what was wrong stands at the end, and may
 * follow the name of a file that somebody made very long. */
static void
error_fit(struct error *err, const char *text)
{
	const size_t len = strlen(text), half = sizeof(err->text) / 2;

	if (len < sizeof(err->text))
		memcpy(err->text, text, len + 1);
	else
		(void)snprintf(err->text, sizeof(err->text), "%.*s...%s",
		    (int)half - 4, text, text + len - half);
}

bool
error_set(struct error *err, int code, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (err == NULL)
		return false;
	err->code = code;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	error_fit(err, text);
	free(text);
	return false;
}

bool
error_prefix(struct error *err, const char *fmt, ...)
{
	char *prefix = NULL, *text = NULL;
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	if (vasprintf(&prefix, fmt, ap) < 0 ||
	    asprintf(&text, "%s: %s", prefix, err->text) < 0)
		abort();
	va_end(ap);
	error_fit(err, text);
	free(prefix);
	free(text);
	return false;
}
