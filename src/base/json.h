/*
 * Writing one JSON document (RFC 8259) into a buffer.
 *
 * The caller keeps objects and arrays balanced; commas come by themselves.
 */
#ifndef TLSQ_BASE_JSON_H
#define TLSQ_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct json {
	struct buf *out;
	bool comma;		/* before the next value */
};

/* key is NULL in an array and for the document itself. */
void json_open_object(struct json *j, const char *key);
void json_close_object(struct json *j);
void json_open_array(struct json *j, const char *key);
void json_close_array(struct json *j);
/* NULL is null; octets that are no UTF-8 become U+FFFD. */
void json_text(struct json *j, const char *key, const char *text);
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
