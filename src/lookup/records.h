/*
 * The JSON texts of the cache tables: mx_cache.records, host_cache.addresses,
 * dane_cache.records.  PURE; any thread.
 *
 * Reading is strict: anything but the shape written here is false, and the row
 * counts as not there.
 */
#ifndef TLSQ_LOOKUP_RECORDS_H
#define TLSQ_LOOKUP_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/mem.h"
#include "policy/mx.h"
#include "policy/tlsa.h"

/* [[10,"mx.example.org"],[20,"mx2.example.org"]] */
void records_write_mx(struct buf *out, const struct policy_mx_choice *mx,
    size_t count);
bool records_read_mx(struct arena *arena, const char *text,
    struct policy_mx_choice **mx_r, size_t *count_r);

/* ["192.0.2.1","2001:db8::1"] */
void records_write_texts(struct buf *out, const char *const *texts,
    size_t count);
bool records_read_texts(struct arena *arena, const char *text,
    const char ***texts_r, size_t *count_r);

/*
 * [[3,1,1,"0123abcd"],...]: usage, selector, matching, data.  A record without
 * data is one that was too short to be a record.
 */
void records_write_tlsa(struct buf *out, const struct policy_tlsa_record *tlsa,
    size_t count);
bool records_read_tlsa(struct arena *arena, const char *text,
    struct policy_tlsa_record **tlsa_r, size_t *count_r);

#endif
