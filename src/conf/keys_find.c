/*
 * Finding a setting by its full key, and the nearest one to a misspelt key.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "conf/keys_impl.h"

static const char id_mark[] = "<id>";

bool
conf_keys_id_is_valid(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t n = strlen(id);

	return n > 0 && n <= KEY_ID_MAX && strspn(id, allowed) == n;
}

/*
 * Compares part by part: 0 is the key itself, 1 where parts of the pattern are
 * left behind the given ones, -1 where they differ.
 */
static int
match(const char *pattern, const struct conf_parts *parts, const char **id_r)
{
	for (size_t i = 0; i < parts->count; i++) {
		size_t n = strcspn(pattern, ".");

		if (n == 0)
			return -1;
		if (strncmp(pattern, id_mark, n) == 0)
			*id_r = parts->part[i];
		else if (strlen(parts->part[i]) != n ||
		    memcmp(pattern, parts->part[i], n) != 0)
			return -1;
		pattern += n + (pattern[n] == '.');
	}
	return *pattern != '\0';
}

static enum conf_key_id
key_find(const struct conf_parts *parts, int wanted, const char **id_r)
{
	for (unsigned int k = 0; k < KEY_COUNT; k++) {
		*id_r = NULL;
		if (match(conf_keys[k].pattern, parts, id_r) == wanted)
			return (enum conf_key_id)k;
	}
	return KEY_COUNT;
}

enum conf_key_id
conf_keys_find(const struct conf_parts *parts, const char **id_r)
{
	return key_find(parts, 0, id_r);
}

enum conf_key_id
conf_keys_find_below(const struct conf_parts *parts)
{
	const char *id;

	return key_find(parts, 1, &id);
}

/* TLS strategies have a table of their own. */
enum conf_key_id
conf_keys_find_stored(const char *full, char id[KEY_ID_MAX + 1])
{
	for (unsigned int k = 0; k < KEY_COUNT; k++) {
		const char *pattern = conf_keys[k].pattern;
		const char *mark = strstr(pattern, id_mark);
		size_t before = strcspn(pattern, "<");
		size_t n = strncmp(full, pattern, before) == 0 && mark != NULL ?
		    strcspn(full + before, ".") : 0;

		if (conf_keys[k].scope == SCOPE_TLS || n > KEY_ID_MAX ||
		    strncmp(full, pattern, before) != 0 ||
		    strcmp(full + before + n, mark != NULL ?
		    mark + strlen(id_mark) : "") != 0)
			continue;
		memcpy(id, full + before, n);
		id[n] = '\0';
		if (mark == NULL || conf_keys_id_is_valid(id))
			return (enum conf_key_id)k;
	}
	id[0] = '\0';
	return KEY_COUNT;
}

char *
conf_keys_full(enum conf_key_id key, const char *id)
{
	const char *pattern = conf_keys[key].pattern;
	const char *mark = strstr(pattern, id_mark);

	if (mark == NULL || id == NULL)
		return mem_strdup(pattern);
	return mem_printf("%.*s%s%s", (int)(mark - pattern), pattern, id,
	    mark + strlen(id_mark));
}

struct search {
	const char *full;
	size_t best;
	char *nearest;
};

static void
consider(struct search *s, const char *known, size_t len)
{
	size_t far = text_distance(s->full, known, len);

	if (far >= s->best)
		return;
	s->best = far;
	free(s->nearest);
	s->nearest = strndup(known, len);
}

/* Where the first n parts of a key end. */
static size_t
parts_length(const char *key, size_t n)
{
	const char *end = key + strcspn(key, ".");

	while (--n > 0 && *end == '.')
		end += 1 + strcspn(end + 1, ".");
	return (size_t)(end - key);
}

/*
 * A name wrong in the middle is compared with as many parts of a known key; one
 * that lacks a part with all of them.
 */
char *
conf_keys_nearest(const char *full)
{
	static const char *const others[] = { "queue.strategy", "lookup" };
	struct search s = { .full = full, .best = strlen(full) / 4 + 3 };
	size_t parts = 1, before = parts_length(full, 2);
	char *id, *known;

	if (strlen(full) > TEXT_DISTANCE_MAX)
		return NULL;
	for (const char *c = full; *c != '\0'; c++)
		parts += *c == '.';
	id = parts > 2 ? strndup(full + before + 1,
	    parts_length(full, 3) - before - 1) : NULL;
	for (unsigned int k = 0; k < KEY_COUNT; k++) {
		known = conf_keys_full((enum conf_key_id)k, id);
		consider(&s, known, strlen(known));
		consider(&s, known, parts_length(known, parts));
		free(known);
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		consider(&s, others[i], strlen(others[i]));
	free(id);
	return s.nearest;
}
