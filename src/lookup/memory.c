/*
 * The bounded memory: a hash table in the order of arrival.
 */
#include "lookup/memory_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct entry {
	UT_hash_handle hh;
	struct facts *facts;
	size_t size;
	int64_t since, until;
	char key[];
};

struct memory {
	struct entry *entries;
	size_t size, limit;
};

struct memory *
memory_new(size_t limit)
{
	struct memory *m = mem_zalloc(sizeof(*m));

	m->limit = limit;
	return m;
}

static void
forget(struct memory *m, struct entry *e)
{
	HASH_DEL(m->entries, e);
	m->size -= e->size;
	lookup_facts_unref(e->facts);
	free(e);
}

static struct entry *
find(struct memory *m, const char *key)
{
	struct entry *e;

	HASH_FIND_STR(m->entries, key, e);
	return e;
}

void
memory_free(struct memory **memory)
{
	if (*memory == NULL)
		return;
	while ((*memory)->entries != NULL)
		forget(*memory, (*memory)->entries);
	free(*memory);
	*memory = NULL;
}

void
memory_put(struct memory *m, const char *key, struct facts *facts,
    int64_t now, int64_t until)
{
	size_t len = strlen(key) + 1;
	struct entry *e = find(m, key);
	size_t size = sizeof(*e) + len + arena_size(facts->arena);

	if (e != NULL)
		forget(m, e);
	if (size > m->limit)
		return;
	while (m->size + size > m->limit)
		forget(m, m->entries);
	e = mem_alloc(sizeof(*e) + len);
	memcpy(e->key, key, len);
	e->size = size;
	e->since = now;
	e->until = until;
	e->facts = lookup_facts_ref(facts);
	HASH_ADD_STR(m->entries, key, e);
	m->size += size;
}

struct facts *
memory_get(struct memory *m, const char *key, int64_t now)
{
	struct entry *e = find(m, key);

	if (e == NULL)
		return NULL;
	/* Or the clock was set back. */
	if (e->until <= now || e->since > now) {
		forget(m, e);
		return NULL;
	}
	return lookup_facts_ref(e->facts);
}
