/*
 * Small text helpers: ASCII only, the locale is never consulted.  No I/O; any
 * thread.
 */
#ifndef TLSQ_BASE_TEXT_H
#define TLSQ_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies as much as fits, always NUL-terminated; false where it was cut. */
bool text_copy(char *dst, size_t room, const char *src);
void text_lower(char *s);
bool text_equal_nocase(const char *a, const char *b);
bool text_starts_nocase(const char *s, const char *prefix);
/* Lower-case hex of n octets; dst has room for 2n + 1. */
void text_hex(char *dst, const uint8_t *data, size_t n);
/* The value of a hex digit of either case; -1 where it is none. */
int text_hex_value(char c);
/* RFC 4648 4, padded; dst has room for TEXT_BASE64_LEN(n). */
#define TEXT_BASE64_LEN(n) (((n) + 2) / 3 * 4 + 1)
void text_base64(char *dst, const uint8_t *data, size_t n);
/*
 * Escapes control characters, DEL, backslash and octets that are not part of
 * well-formed UTF-8 as \xHH; cuts at room.  For anything remote that is shown.
 */
void text_escape(char *dst, size_t room, const char *src, size_t len);
/* Octets of the well-formed UTF-8 character at s (1 to 4); 0 if it is none. */
size_t text_utf8_len(const char *s, size_t len);
/* Writes a code point as UTF-8; returns the number of octets.  What is no character
 * (a surrogate, above U+10FFFF) becomes what text_utf8_len() refuses. */
size_t text_utf8_put(char out[static 4], uint32_t c);
/* As text_utf8_len(); 0 for control characters too: C0, DEL, and C1, which terminals obey
 * as well. */
size_t text_printable_len(const char *s, size_t len);
/* Puts ? for each octet that is not printable, in place; but those in keep stay,
 * and a tab becomes a blank.  For anything remote that is stored. */
void text_clean(char *s, const char *keep);

/* May it stand in a Message-ID and in a log line?  A word of RFC 5322's msg-id,
 * bounded. */
bool text_is_identifier(const char *text, size_t len);

/* Levenshtein's distance between a and the first len octets of b; SIZE_MAX where len
 * is above the maximum. */
enum { TEXT_DISTANCE_MAX = 160 };
size_t text_distance(const char *a, const char *b, size_t len);

/* Is there an octet above 127? */
bool text_has_8bit(const char *data, size_t n);

#endif
