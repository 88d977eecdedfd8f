/*
 * Inside lookup: answers kept in memory, by key, with a bound on their size.
 * The oldest go first.  One thread.
 */
#ifndef TLSQ_LOOKUP_MEMORY_IMPL_H
#define TLSQ_LOOKUP_MEMORY_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "lookup/request_impl.h"

struct memory;

struct memory *memory_new(size_t limit) __attribute__((returns_nonnull));
void memory_free(struct memory **memory);
/* Keeps a reference of the facts from now until `until`. */
void memory_put(struct memory *memory, const char *key, struct facts *facts,
    int64_t now, int64_t until);
/* A new reference, or NULL. */
struct facts *memory_get(struct memory *memory, const char *key, int64_t now);

#endif
