/*
 * Finding a setting by its full key, and the nearest one to a misspelt key.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "conf/keys_impl.h"

static const char id_mark[] = "<id>";

const char *
conf_keys_scope(enum conf_scope scope)
{
	static const char *const names[] = {
		[SCOPE_TLS] = "queue.tls", [SCOPE_ROUTE] = "queue.route",
		[SCOPE_CONNECTION] = "queue.connection",
		[SCOPE_SCHEDULE] = "queue.schedule",
		[SCOPE_VIRTUAL] = "queue.virtual", [SCOPE_GLOBAL] = NULL,
	};

	_Static_assert(ARRAY_LEN(names) == SCOPE_COUNT, "a name for each");
	return names[scope];
}

bool
conf_keys_id_is_valid(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t n = strlen(id);

	return n > 0 && n <= KEY_ID_MAX && strspn(id, allowed) == n;
}

/*
 * Compares part by part.  Returns how many parts of the pattern are left behind
 * the given ones: 0 is the key itself; -1 where they differ.
 */
static int
match(const char *pattern, const struct conf_parts *parts, const char **id_r)
{
	int left = 0;

	for (size_t i = 0; i < parts->count; i++) {
		size_t n = strcspn(pattern, ".");

		if (n == 0)
			return -1;
		if (strncmp(pattern, id_mark, n) == 0)
			*id_r = parts->part[i];
		else if (strlen(parts->part[i]) != n ||
		    memcmp(pattern, parts->part[i], n) != 0)
			return -1;
		pattern += n;
		if (*pattern == '.')
			pattern++;
	}
	for (; *pattern != '\0'; left++) {
		pattern += strcspn(pattern, ".");
		if (*pattern == '.')
			pattern++;
	}
	return left;
}

enum conf_key_id
conf_keys_find(const struct conf_parts *parts, const char **id_r)
{
	for (unsigned int k = 0; k < KEY_COUNT; k++) {
		*id_r = NULL;
		if (match(conf_keys[k].pattern, parts, id_r) == 0)
			return (enum conf_key_id)k;
	}
	return KEY_COUNT;
}

/* Cuts the key at its dots; false where it has too many parts. */
static bool
split(char *key, struct conf_parts *parts)
{
	char *dot;

	parts->count = 0;
	do {
		if (parts->count == KEY_PARTS_MAX)
			return false;
		parts->part[parts->count++] = key;
		dot = strchr(key, '.');
		if (dot != NULL) {
			*dot = '\0';
			key = dot + 1;
		}
	} while (dot != NULL);
	return true;
}

enum conf_key_id
conf_keys_find_stored(const char *full, char id[KEY_ID_MAX + 1])
{
	char *copy = mem_strdup(full);
	enum conf_key_id key = KEY_COUNT;
	struct conf_parts parts;
	const char *found = NULL;

	id[0] = '\0';
	if (split(copy, &parts))
		key = conf_keys_find(&parts, &found);
	if (key != KEY_COUNT && (conf_keys[key].scope == SCOPE_TLS ||
	    (found != NULL && !conf_keys_id_is_valid(found))))
		key = KEY_COUNT;
	if (key != KEY_COUNT && found != NULL)
		(void)text_copy(id, KEY_ID_MAX + 1, found);
	free(copy);
	return key;
}

bool
conf_keys_are_below(const struct conf_parts *parts)
{
	const char *id;

	for (unsigned int k = 0; k < KEY_COUNT; k++)
		if (match(conf_keys[k].pattern, parts, &id) > 0)
			return true;
	return false;
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

/* Levenshtein's distance, one row at a time. */
enum { COMPARED_MAX = 160 };

static size_t
distance(const char *a, const char *b)
{
	size_t row[COMPARED_MAX + 1], m = strlen(b);

	if (m > COMPARED_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < m; j++) {
			size_t cost = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j + 1] + 1 < cost)
				cost = row[j + 1] + 1;
			row[j + 1] = cost;
		}
	}
	return row[m];
}

/* The part of full that stands where the pattern has <id>; to free or NULL. */
static char *
id_in_place(const char *full)
{
	const char *from = strchr(full, '.');

	if (from == NULL || (from = strchr(from + 1, '.')) == NULL)
		return NULL;
	return strndup(from + 1, strcspn(from + 1, "."));
}

/* The first n parts of a key. */
static void
cut_parts(char *key, size_t n)
{
	for (; *key != '\0'; key++)
		if (*key == '.' && --n == 0)
			*key = '\0';
}

struct search {
	const char *full;
	size_t parts, best;
	char *nearest;
};

static void
try_candidate(struct search *s, char *known)
{
	size_t far = distance(s->full, known);

	if (far < s->best) {
		s->best = far;
		free(s->nearest);
		s->nearest = known;
	} else {
		free(known);
	}
}

/*
 * A name wrong in the middle is compared with as many parts of a known key; one
 * that lacks a part with all of them.
 */
char *
conf_keys_nearest(const char *full)
{
	static const char *const others[] = { "queue.strategy", "lookup" };
	char *id = id_in_place(full), *known;
	struct search s = { .full = full, .best = strlen(full) / 4 + 3 };

	s.parts = 1;
	for (const char *c = full; *c != '\0'; c++)
		s.parts += *c == '.';
	if (strlen(full) > COMPARED_MAX)
		s.best = 0;
	for (unsigned int k = 0; k < KEY_COUNT && s.best > 0; k++) {
		try_candidate(&s, conf_keys_full((enum conf_key_id)k, id));
		known = conf_keys_full((enum conf_key_id)k, id);
		cut_parts(known, s.parts);
		try_candidate(&s, known);
	}
	for (size_t i = 0; i < ARRAY_LEN(others) && s.best > 0; i++)
		try_candidate(&s, mem_strdup(others[i]));
	free(id);
	return s.nearest;
}
