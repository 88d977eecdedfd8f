/*
 * Allocation that cannot fail, and the arena.
 */
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most arenas hold the answer to a lookup, 80 to 280 octets, thousands of times.
 * A further block doubles what is there. */
enum { ARENA_FIRST = 240, ARENA_BLOCK = 8000 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t data[];
};

struct arena {
	struct arena_block *head;
	size_t first;		/* of the first block, at least */
	size_t size;		/* of all blocks */
};

static void
out_of_memory(void)
{
	static const char text[] = "tlsq: out of memory\n";

	(void)fwrite(text, 1, sizeof(text) - 1, stderr);
	abort();
}

void *
mem_alloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
mem_zalloc(size_t size)
{
	void *p = calloc(1, size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
mem_realloc(void *p, size_t size)
{
	void *q = realloc(p, size > 0 ? size : 1);

	if (q == NULL)
		out_of_memory();
	return q;
}

void *
mem_dup(const void *p, size_t size)
{
	void *q = mem_alloc(size);

	if (size > 0)
		memcpy(q, p, size);
	return q;
}

char *
mem_strdup(const char *s)
{
	return mem_dup(s, strlen(s) + 1);
}

char *
mem_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0 || text == NULL)
		out_of_memory();
	return text;
}

struct arena *
arena_new(void)
{
	return arena_new_for(ARENA_FIRST);
}

struct arena *
arena_new_for(size_t size)
{
	struct arena *a = mem_alloc(sizeof(*a));

	*a = (struct arena){ .first = size };
	return a;
}

void
arena_free(struct arena **arena)
{
	struct arena_block *b, *next;

	if (*arena == NULL)
		return;
	for (b = (*arena)->head; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(*arena);
	*arena = NULL;
}

size_t
arena_size(const struct arena *a)
{
	return a->size;
}

/* At least, of the next block. */
static size_t
block_size(const struct arena *a)
{
	if (a->head == NULL)
		return a->first;
	return a->size < ARENA_BLOCK ? a->size : ARENA_BLOCK;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	void *p;

	size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) *
	    alignof(max_align_t);
	if (b == NULL || b->size - b->used < size) {
		size_t least = block_size(a), room = size > least ? size : least;

		a->size += room;
		b = mem_alloc(sizeof(*b) + room);
		b->size = room;
		b->used = 0;
		b->next = a->head;
		a->head = b;
	}
	p = (char *)b->data + b->used;
	b->used += size;
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(arena_alloc(a, n), s, n);
}
