/*
 * Memory.  Out of memory ends the process: the spool is crash-safe and Sendmail
 * tempfails (F=T), so stopping is right and no caller needs a path for it.
 * What a peer can make us allocate is bounded by the callers.
 */
#ifndef TLSQ_BASE_MEM_H
#define TLSQ_BASE_MEM_H

#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_realloc(void *p, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
void *mem_dup(const void *p, size_t size) __attribute__((malloc, returns_nonnull));
/* printf into fresh memory; the caller frees. */
char *mem_printf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), returns_nonnull));

/*
 * An arena: many small pieces that live and die together (one message, one
 * answer).  arena_free gives all of them back and accepts NULL.
 */
struct arena;
struct arena *arena_new(void) __attribute__((returns_nonnull));
/* An arena whose first block is `size` bytes. */
struct arena *arena_new_for(size_t size) __attribute__((returns_nonnull));
void arena_free(struct arena **arena);
/* What it has taken, in octets. */
size_t arena_size(const struct arena *a);
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s)
    __attribute__((returns_nonnull));

#endif
