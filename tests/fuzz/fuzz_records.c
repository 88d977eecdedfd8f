/*
 * The JSON texts of the cache tables: what is read and written again comes back
 * the same, field by field.  What the rows mean is in fuzz_rdata.c.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
mx_comes_back(struct arena *arena, const char *text)
{
	struct policy_mx_choice *first, *again;
	struct buf out = BUF_INIT;
	size_t n, m;

	if (!records_read_mx(arena, text, &first, &n))
		return;
	records_write_mx(&out, first, n);
	assert(records_read_mx(arena, buf_str(&out), &again, &m) && m == n);
	for (size_t i = 0; i < n; i++)
		assert(first[i].preference == again[i].preference &&
		    strcmp(first[i].host, again[i].host) == 0);
	buf_free(&out);
}

static void
texts_come_back(struct arena *arena, const char *text)
{
	const char **first, **again;
	struct buf out = BUF_INIT;
	size_t n, m;

	if (!records_read_texts(arena, text, &first, &n))
		return;
	records_write_texts(&out, first, n);
	assert(records_read_texts(arena, buf_str(&out), &again, &m) && m == n);
	for (size_t i = 0; i < n; i++)
		assert(strcmp(first[i], again[i]) == 0);
	buf_free(&out);
}

static void
tlsa_comes_back(struct arena *arena, const char *text)
{
	struct policy_tlsa_record *first, *again;
	struct buf out = BUF_INIT;
	size_t n, m;

	if (!records_read_tlsa(arena, text, &first, &n))
		return;
	records_write_tlsa(&out, first, n);
	assert(records_read_tlsa(arena, buf_str(&out), &again, &m) && m == n);
	for (size_t i = 0; i < n; i++)
		assert(first[i].usage == again[i].usage &&
		    first[i].selector == again[i].selector &&
		    first[i].matching == again[i].matching &&
		    first[i].len == again[i].len && (first[i].len == 0 ||
		    memcmp(first[i].data, again[i].data, first[i].len) == 0));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = mem_alloc(size + 1);

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	mx_comes_back(arena, text);
	texts_come_back(arena, text);
	tlsa_comes_back(arena, text);
	free(text);
	arena_free(&arena);
	return 0;
}
