/*
 * The log: syslog (facility mail) or stderr.  Thread-safe.  One call is one
 * line: control characters and octets outside UTF-8 are escaped as \xHH, so
 * that no remote reply can forge a line.
 */
#ifndef TLSQ_BASE_LOG_H
#define TLSQ_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* ident is kept.  verbosity 0 shows errors, warnings and info; 1 debug too. */
void log_open(const char *ident, bool to_stderr, int verbosity);
void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool log_debug_enabled(void);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) \
	do { if (log_debug_enabled()) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__); } while (0)

#endif
