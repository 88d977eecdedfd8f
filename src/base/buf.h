/*
 * A growing octet buffer with a limit.  Always NUL-terminated one past len, so
 * that text in it can be read as a string.  Not shared: each buffer belongs to
 * the thread that uses it.
 */
#ifndef TLSQ_BASE_BUF_H
#define TLSQ_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;		/* NULL until the first append */
	size_t len, room;
	size_t limit;		/* 0: none; appends beyond it fail */
};

#define BUF_INIT { NULL, 0, 0, 0 }

void buf_free(struct buf *b);
void buf_clear(struct buf *b);
/* False, with nothing appended, where the limit would be passed. */
bool buf_append(struct buf *b, const void *data, size_t len);
bool buf_puts(struct buf *b, const char *s);
bool buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Drops the first n octets. */
void buf_shift(struct buf *b, size_t n);
/* The text: never NULL. */
const char *buf_str(const struct buf *b);

#endif
