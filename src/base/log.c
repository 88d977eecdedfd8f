/*
 * Formats a line, escapes it, hands it to syslog or stderr in one write.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/text.h"

/* Set once by log_open before threads start; read-only afterwards. */
static struct {
	const char *ident;
	bool to_stderr;
	int verbosity;
} log_to = { "tlsq", true, 0 };

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void
log_open(const char *ident, bool to_stderr, int verbosity)
{
	log_to.ident = ident;
	log_to.to_stderr = to_stderr;
	log_to.verbosity = verbosity;
	/* To stderr as well, for who starts the program: it is /dev/null once
	 * that runs (process_ready). */
	if (!to_stderr)
		openlog(ident, LOG_PID | LOG_PERROR, LOG_MAIL);
}

bool
log_debug_enabled(void)
{
	return log_to.verbosity > 0;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char raw[2048], text[4096], line[4200];
	va_list ap;
	int n;

	if (level == LOG_LEVEL_DEBUG && !log_debug_enabled())
		return;
	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_escape(text, sizeof(text), raw, strlen(raw));
	if (!log_to.to_stderr) {
		syslog(priorities[level], "%s", text);
		return;
	}
	n = snprintf(line, sizeof(line), "%s: %s\n", log_to.ident, text);
	/* A lost log line is no reason to stop. */
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}
