/*
 * POSIX extended regular expressions, compiled once.
 *
 * The cache belongs to the engine: SQLite's own place for such things
 * (sqlite3_set_auxdata) is emptied when a statement is reset, that is after
 * every evaluation.
 *
 * Patterns come from the administrator, subjects from anybody.  What makes the
 * C library slow or large is refused: back references, and repetitions of
 * repetitions.  It compiles x+ as xx* and x{1,9} as nine copies of x, so that
 * a+++++++++ and (a{1,255}){1,255} grow beyond all bounds.
 */
#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "strategy/expr_impl.h"

enum { PATTERN_MAX = 512, CACHE_MAX = 64, ATOMS_MAX = 2000 };

struct expr_regex {
	UT_hash_handle hh;
	char *pattern;
	regex_t compiled;
};

/* The length of a bracket expression: "[", then to its "]". */
static size_t
bracket_length(const char *p)
{
	const char *end = p + 1;

	if (*end == '^')
		end++;
	if (*end == ']')
		end++;
	for (; *end != '\0' && *end != ']'; end++)
		if (*end == '[' && end[1] != '\0' &&
		    strchr(":.=", end[1]) != NULL) {
			const char *close = strchr(end + 2, ']');

			if (close == NULL)
				return strlen(p);
			end = close;
		}
	return (size_t)(end - p) + (*end != '\0');
}

/* The greatest number of an interval "{m,n}" as a factor, 1 at least. */
static long
interval_factor(const char *p)
{
	long factor = 1;

	for (p++; *p != '\0' && *p != '}'; p++) {
		char *end;
		long n;

		if (!isdigit((unsigned char)*p))
			continue;
		n = strtol(p, &end, 10);
		if (n > factor)
			factor = n;
		p = end - 1;
	}
	return factor <= ATOMS_MAX ? factor : ATOMS_MAX + 1;
}

/* Atoms of the pattern so far: those of each open group, and of its last atom,
 * which a quantifier after it multiplies. */
struct size {
	struct { long all, last; } group[PATTERN_MAX + 1];
	size_t depth;
};

static void
size_add(struct size *s, long atoms)
{
	s->group[s->depth].all += atoms;
	s->group[s->depth].last = atoms;
}

/* False once the pattern is too large. */
static bool
size_multiply(struct size *s, long factor)
{
	s->group[s->depth].all += s->group[s->depth].last * (factor - 1);
	s->group[s->depth].last *= factor;
	return s->group[s->depth].all <= ATOMS_MAX;
}

static bool
size_step(struct size *s, const char *p)
{
	long all;

	switch (*p) {
	case '(':
		s->depth++;
		s->group[s->depth].all = s->group[s->depth].last = 0;
		return true;
	case ')':
		all = s->group[s->depth].all;
		if (s->depth > 0) /* else a letter */
			s->depth--;
		size_add(s, all + 1);
		return size_multiply(s, 1);
	case '+':
		return size_multiply(s, 2);
	case '{':
		return size_multiply(s, interval_factor(p));
	default:
		size_add(s, 1);
		return true;
	}
}

/* The pattern is not longer than PATTERN_MAX. */
static bool
pattern_refused(const char *pattern, char *why, size_t room)
{
	struct size size = { .depth = 0 };

	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p == '\\' && isalnum((unsigned char)p[1])) {
			(void)snprintf(why, room, "matches: \\%c is not in "
			    "POSIX extended regular expressions", p[1]);
			return true;
		}
		if (!size_step(&size, p)) {
			(void)snprintf(why, room,
			    "matches: the pattern repeats too much");
			return true;
		}
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '[')
			p += bracket_length(p) - 1;
	}
	return false;
}

static struct expr_regex *
compile(const char *pattern, char *why, size_t room)
{
	struct expr_regex *r = mem_zalloc(sizeof(*r));
	char text[100];
	int rc;

	rc = regcomp(&r->compiled, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc == 0) {
		r->pattern = mem_strdup(pattern);
		return r;
	}
	(void)regerror(rc, &r->compiled, text, sizeof(text));
	(void)snprintf(why, room, "matches: '%.60s': %s", pattern, text);
	free(r);
	return NULL;
}

void
expr_regex_free_all(struct expr_engine *engine)
{
	struct expr_regex *r, *next;

	HASH_ITER(hh, engine->regex, r, next) {
		HASH_DEL(engine->regex, r);
		regfree(&r->compiled);
		free(r->pattern);
		free(r);
	}
}

bool
expr_regex_match(struct expr_engine *engine, const char *pattern,
    const char *s, bool *match_r, char *why, size_t why_room)
{
	struct expr_regex *r;

	if (strlen(pattern) > PATTERN_MAX) {
		(void)snprintf(why, why_room, "matches: the pattern is longer "
		    "than %d octets", PATTERN_MAX);
		return false;
	}
	HASH_FIND_STR(engine->regex, pattern, r);
	if (r == NULL) {
		if (pattern_refused(pattern, why, why_room))
			return false;
		r = compile(pattern, why, why_room);
		if (r == NULL)
			return false;
		/* Only a pattern made of a variable can fill it. */
		if (HASH_COUNT(engine->regex) >= CACHE_MAX)
			expr_regex_free_all(engine);
		HASH_ADD_KEYPTR(hh, engine->regex, r->pattern,
		    strlen(r->pattern), r);
	}
	*match_r = regexec(&r->compiled, s, 0, NULL, 0) == 0;
	return true;
}
