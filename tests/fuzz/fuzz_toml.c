/*
 * The TOML reader on any octets: no crash, no leak, and a tree that can be
 * walked, whatever was wrong.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "toml/toml.h"

static size_t
walk(const struct toml_node *node)
{
	size_t octets = node->len, count = 0;

	for (const struct toml_node *n = node->first; n != NULL; n = n->next) {
		if (node->kind == TOML_TABLE)
			assert(n->key != NULL && n->key[n->key_len] == '\0');
		if (n->kind == TOML_STRING)
			assert(n->text[n->len] == '\0');
		assert(n->line > 0);
		octets += walk(n);
		count++;
	}
	assert(count == node->count);
	return octets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	struct toml *toml = toml_read((const char *)data, size, &problems);

	/* unfolding escapes never makes a text longer */
	assert(walk(toml_root(toml)) <= size);
	for (size_t i = 0; i < problems.count; i++)
		assert(strpbrk(problems.item[i].text, "\r\n\x1b") == NULL);
	toml_free(&toml);
	toml_problems_clear(&problems);
	return 0;
}
