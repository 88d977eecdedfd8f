/*
 * A strict little DER reader.  Every read is bounded by the blob it reads from;
 * lengths are definite, minimal and below 16 MB, tags of one octet.  Any thread.
 */
#ifndef TLSQ_TLS_DER_IMPL_H
#define TLSQ_TLS_DER_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/stls.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_T61_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
/* Context-specific [n], primitive and constructed. */
#define DER_CONTEXT(n) (0x80 + (n))
#define DER_CONTEXT_CONS(n) (0xa0 + (n))

/* Each read that returns false has changed nothing: so an OPTIONAL field is one
 * call whose answer may be ignored. */

/* Takes the next element off the front of in.  whole_r (may be NULL) includes
 * tag and length, value_r not.  False at the end and on anything malformed. */
bool stls_der_next(struct stls_blob *in, uint8_t *tag_r, struct stls_blob *value_r,
    struct stls_blob *whole_r);
/* The same where the element must have this tag. */
bool stls_der_take(struct stls_blob *in, uint8_t tag, struct stls_blob *value_r);
/* in is one element of this tag and nothing after it. */
bool stls_der_only(struct stls_blob in, uint8_t tag, struct stls_blob *value_r);
/* All of in is a row of well-formed elements. */
bool stls_der_row(struct stls_blob in);

/* 0 to INT32_MAX in minimal form. */
bool stls_der_small_int(struct stls_blob value, int *n_r);
bool stls_der_boolean(struct stls_blob value, bool *b_r);
/* UTCTime and GeneralizedTime in the forms of RFC 5280 4.1.2.5, unix seconds. */
bool stls_der_time(uint8_t tag, struct stls_blob value, int64_t *at_r);

bool stls_blob_equal(struct stls_blob a, struct stls_blob b);
/* The letters of ASCII in either case. */
bool stls_blob_ends_nocase(struct stls_blob b, struct stls_blob end);
/* A host name without the final dot, which says nothing. */
struct stls_blob stls_blob_dotless(struct stls_blob name);
/* For OIDs: stls_blob_is(b, OID("\x55\x1d\x0f")). */
bool stls_blob_is(struct stls_blob b, const char *octets, size_t len);
#define OID(s) (s), sizeof(s) - 1

#endif
