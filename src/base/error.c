/*
 * struct error: filling and prefixing.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool
error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return false;
}

bool
error_prefix(struct error *err, const char *fmt, ...)
{
	char prefix[256], text[sizeof(err->text)];
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	(void)snprintf(text, sizeof(text), "%s", err->text);
	(void)snprintf(err->text, sizeof(err->text), "%s: %.*s", prefix,
	    (int)(sizeof(err->text) - sizeof(prefix) - 3), text);
	return false;
}
