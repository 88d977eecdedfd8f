/*
 * Reading the data of DNS records.  PURE; any thread.
 *
 * Every function is total over the octets given: what is not well-formed is
 * false, and nothing is read past len.
 */
#ifndef TLSQ_LOOKUP_RDATA_H
#define TLSQ_LOOKUP_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* 255 octets, each escaped as \DDD at worst, and NUL. */
enum { RDATA_NAME_LEN = 1021 };

/*
 * A name in wire format without compression, as text: lower case, no final dot,
 * "." for the root.  All but letters, digits, "-" and "_" is escaped as in zone
 * files.  The name must fill the octets.
 */
bool rdata_name(char dst[static RDATA_NAME_LEN], const uint8_t *data,
    size_t len);

struct rdata_mx {
	uint16_t preference;
	char host[RDATA_NAME_LEN];
};
bool rdata_mx(struct rdata_mx *mx_r, const uint8_t *data, size_t len);

/* The strings of a TXT record, joined (RFC 7208 3.3, RFC 8461 3.1). */
bool rdata_txt(struct buf *out, const uint8_t *data, size_t len);

#endif
