/*
 * Regular expressions: PCRE2 without JIT, compiled once.
 *
 * The cache belongs to the engine: SQLite's own place for such things
 * (sqlite3_set_auxdata) is emptied when a statement is reset, that is after
 * every evaluation.
 *
 * Patterns come from the administrator, subjects from anybody.  A compiled
 * pattern is at most 64 KiB (PCRE2's link size), a match uses at most
 * HEAP_MAX_KIB, and its time is the evaluation's: PCRE2 counts its own match
 * limit anew for each place in the text, so the callout that it makes before
 * every item of a pattern looks at the clock.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "strategy/expr_impl.h"

enum { PATTERN_MAX = 512, NEST_MAX = 50, CACHE_MAX = 64 };
/* An item looks at no more than the text, EXPR_LENGTH_MAX. */
enum { HEAP_MAX_KIB = 16384, ITEMS_STEP = 256 };

struct strategy_regex {
	UT_hash_handle hh;
	char *pattern;
	pcre2_code *code;
};

struct walk {
	struct strategy_engine *engine;
	unsigned int items;
};

static const char possessive[] =
    "+ after a repetition does not repeat it here: write (a+)+ for a++";

/*
 * Where POSIX extended regular expressions, which were taken before, and the
 * Rust syntax that Stalwart has mean one thing and PCRE2 silently another.
 */
static const struct {
	const char *text, *why;
} ambiguous[] = {
	{ "\\<", "\\< is no start of a word here: write \\b" },
	{ "\\>", "\\> is no end of a word here: write \\b" },
	{ "\\`", "\\` is no start of the text here: write ^" },
	{ "\\'", "\\' is no end of the text here: write $" },
	{ "{,", "{,n} does not repeat here: write {0,n}" },
	{ "++", possessive }, { "*+", possessive }, { "?+", possessive },
	{ "}+", possessive },
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
		if (*end == '\\' && end[1] != '\0')
			end++;
		else if (*end == '[' && end[1] == ':' &&
		    strstr(end, ":]") != NULL)
			end = strstr(end, ":]") + 1;
	return (size_t)(end - p) + (*end != '\0');
}

/* NULL where the pattern has nothing ambiguous. */
static const char *
pattern_ambiguity(const char *p)
{
	while (*p != '\0') {
		for (size_t i = 0; i < ARRAY_LEN(ambiguous); i++)
			if (strncmp(p, ambiguous[i].text,
			    strlen(ambiguous[i].text)) == 0)
				return ambiguous[i].why;
		if (*p == '[') {
			size_t len = bracket_length(p);

			if (memmem(p, len, "&&", 2) != NULL)
				return "[...] has no intersection && here";
			p += len;
		} else {
			p += *p == '\\' && p[1] != '\0' ? 2 : 1;
		}
	}
	return NULL;
}

static pcre2_code *
code_compile(const char *pattern, int *error_r, PCRE2_SIZE *offset_r)
{
	/* A plain group captures nothing, so that \1 is refused; $ is the very
	 * end; text that is no UTF-8 is no error. */
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
	    PCRE2_NO_AUTO_CAPTURE | PCRE2_DOLLAR_ENDONLY | PCRE2_DOTALL |
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code;

	if (context == NULL)
		abort();
	(void)pcre2_set_parens_nest_limit(context, NEST_MAX);
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    options, error_r, offset_r, context);
	pcre2_compile_context_free(context);
	return code;
}

static struct strategy_regex *
regex_compile(const char *pattern, char *why, size_t room)
{
	const char *ambiguity = pattern_ambiguity(pattern);
	struct strategy_regex *r;
	PCRE2_UCHAR text[120];
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	if (ambiguity != NULL) {
		(void)snprintf(why, room, "matches: '%.60s': %s", pattern,
		    ambiguity);
		return NULL;
	}
	code = code_compile(pattern, &error, &offset);
	if (code == NULL) {
		(void)pcre2_get_error_message(error, text, sizeof(text));
		(void)snprintf(why, room, "matches: '%.60s': at character "
		    "%zu: %s", pattern, offset + 1, (const char *)text);
		return NULL;
	}
	r = mem_zalloc(sizeof(*r));
	r->pattern = mem_strdup(pattern);
	r->code = code;
	return r;
}

void
strategy_regex_free_all(struct strategy_engine *engine)
{
	struct strategy_regex *r, *next;

	HASH_ITER(hh, engine->regex, r, next) {
		HASH_DEL(engine->regex, r);
		pcre2_code_free(r->code);
		free(r->pattern);
		free(r);
	}
}

static struct strategy_regex *
regex_find(struct strategy_engine *engine, const char *pattern, char *why,
    size_t why_room)
{
	struct strategy_regex *r;

	if (strlen(pattern) > PATTERN_MAX) {
		(void)snprintf(why, why_room, "matches: the pattern is longer "
		    "than %d octets", PATTERN_MAX);
		return NULL;
	}
	HASH_FIND_STR(engine->regex, pattern, r);
	if (r != NULL)
		return r;
	r = regex_compile(pattern, why, why_room);
	if (r == NULL)
		return NULL;
	/* Only a pattern made of a variable can fill it. */
	if (HASH_COUNT(engine->regex) >= CACHE_MAX)
		strategy_regex_free_all(engine);
	HASH_ADD_KEYPTR(hh, engine->regex, r->pattern, strlen(r->pattern), r);
	return r;
}

bool
strategy_regex_check(struct strategy_engine *engine, const char *pattern,
    char *why, size_t why_room)
{
	return regex_find(engine, pattern, why, why_room) != NULL;
}

/* PCRE2's callout before an item; negative ends the match. */
static int
walk_item(pcre2_callout_block *block, void *arg)
{
	struct walk *w = arg;

	(void)block;
	return ++w->items % ITEMS_STEP == 0 &&
	    expr_engine_out_of_time(w->engine) ? PCRE2_ERROR_CALLOUT : 0;
}

static int
regex_run(struct strategy_engine *engine, const struct strategy_regex *r,
    const char *s)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	struct walk walk = { .engine = engine };
	int rc;

	if (context == NULL || data == NULL)
		abort();
	(void)pcre2_set_heap_limit(context, HEAP_MAX_KIB);
	(void)pcre2_set_callout(context, walk_item, &walk);
	rc = pcre2_match(r->code, (PCRE2_SPTR)s, strlen(s), 0, 0, data,
	    context);
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return rc;
}

bool
strategy_regex_match(struct strategy_engine *engine, const char *pattern,
    const char *s, bool *match_r, char *why, size_t why_room)
{
	const struct strategy_regex *r = regex_find(engine, pattern, why,
	    why_room);
	PCRE2_UCHAR text[120];
	int rc;

	if (r == NULL)
		return false;
	rc = regex_run(engine, r, s);
	*match_r = rc >= 0;
	if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
		return true;
	if (rc == PCRE2_ERROR_CALLOUT)
		(void)snprintf(why, why_room, "matches: '%.60s': takes too "
		    "long on this text", pattern);
	else if (rc == PCRE2_ERROR_HEAPLIMIT || rc == PCRE2_ERROR_MATCHLIMIT)
		(void)snprintf(why, why_room, "matches: '%.60s': needs too "
		    "much memory or too many steps on this text", pattern);
	else
		(void)snprintf(why, why_room, "matches: '%.60s': %s", pattern,
		    pcre2_get_error_message(rc, text, sizeof(text)) > 0 ?
		    (const char *)text : "failed");
	return false;
}
