/*
 * TOML: the text as a whole, keys, and statements; finding the next statement
 * after an error.
 */
#include "toml/toml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "toml/toml_impl.h"

void
toml_problem(struct toml_reader *r, unsigned int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_problems_add(r->problems, line,
	    r->key.len > 0 ? buf_str(&r->key) : NULL, "%s", text);
}

bool
toml_peek(const struct toml_reader *r, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(r->end - r->at) >= n && memcmp(r->at, word, n) == 0;
}

bool
toml_take_newline(struct toml_reader *r)
{
	if (toml_peek(r, "\n"))
		r->at++;
	else if (toml_peek(r, "\r\n"))
		r->at += 2;
	else
		return false;
	r->line++;
	return true;
}

void
toml_skip_blank(struct toml_reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
}

static void
skip_to_line_end(struct toml_reader *r)
{
	while (r->at < r->end && !toml_peek(r, "\n") && !toml_peek(r, "\r\n"))
		r->at++;
}

void
toml_skip_comment(struct toml_reader *r)
{
	if (toml_peek(r, "#"))
		skip_to_line_end(r);
}

/* --- keys */

static bool
is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool
read_part(struct toml_reader *r, struct toml_key *part)
{
	const char *from = r->at;
	bool good = true;

	if (toml_peek(r, "\"") || toml_peek(r, "'")) {
		if (!toml_read_line_string(r, &good) || !good)
			return false;
	} else {
		while (r->at < r->end && is_bare(*r->at))
			r->at++;
		buf_clear(&r->scratch);
		(void)buf_append(&r->scratch, from, (size_t)(r->at - from));
		if (r->at == from) {
			toml_problem(r, r->line, "a key was expected here");
			return false;
		}
	}
	part->len = r->scratch.len;
	part->text = memcpy(arena_alloc(r->toml->arena, part->len + 1),
	    buf_str(&r->scratch), part->len + 1);
	return true;
}

/* a."b c".d; blanks around the dots are allowed. */
static bool
read_path(struct toml_reader *r, struct toml_path *path)
{
	path->count = 0;
	path->line = r->line;
	do {
		if (path->count == TOML_MAX_DEPTH) {
			toml_problem(r, r->line, "more than %d parts in a key",
			    TOML_MAX_DEPTH);
			return false;
		}
		if (path->count > 0)
			r->at++;
		toml_skip_blank(r);
		if (!read_part(r, &path->part[path->count]))
			return false;
		path->count++;
		toml_skip_blank(r);
	} while (toml_peek(r, "."));
	return true;
}

static void
append_path(struct buf *out, const struct toml_path *path)
{
	for (size_t i = 0; i < path->count; i++)
		(void)buf_printf(out, "%s%s", i > 0 ? "." : "",
		    path->part[i].text);
}

/* --- statements */

static void
cut_key(struct toml_reader *r, size_t len)
{
	r->key.len = len;
	if (r->key.data != NULL)
		r->key.data[len] = '\0';
}

bool
toml_read_pair(struct toml_reader *r, struct toml_item *table)
{
	struct toml_item *value = NULL, *place;
	size_t outer = r->key.len, mine;
	struct toml_path path;
	bool done;

	if (!read_path(r, &path))
		return false;
	if (outer > 0 && r->key.data[outer - 1] != '.')
		(void)buf_puts(&r->key, ".");
	append_path(&r->key, &path);
	mine = r->key.len;
	if (!toml_peek(r, "=")) {
		toml_problem(r, r->line, "\"=\" was expected after the key");
		return false;
	}
	r->at++;
	toml_skip_blank(r);
	place = table != NULL ? toml_tree_dotted(r, table, &path) : NULL;
	done = toml_read_value(r, &value);
	if (!done)
		value = toml_item_new(r->toml, TOML_INVALID, path.line);
	cut_key(r, mine);
	if (place != NULL)
		(void)toml_tree_set(r, place, &path, value);
	cut_key(r, outer);
	return done;
}

static bool
read_header(struct toml_reader *r)
{
	bool list = toml_peek(r, "[[");
	const char *close = list ? "]]" : "]";
	struct toml_path path;

	r->table = NULL;
	buf_clear(&r->header);
	r->at += list ? 2 : 1;
	if (!read_path(r, &path))
		return false;
	append_path(&r->header, &path);
	(void)buf_puts(&r->key, buf_str(&r->header));
	(void)buf_puts(&r->header, ".");
	if (!toml_peek(r, close)) {
		toml_problem(r, r->line, "\"%s\" was expected after the name "
		    "of the table", close);
		return false;
	}
	r->at += strlen(close);
	r->table = toml_tree_header(r, &path, list);
	return true;
}

static bool
read_statement(struct toml_reader *r)
{
	buf_clear(&r->key);
	if (toml_peek(r, "[")) {
		if (!read_header(r))
			return false;
	} else if (!toml_peek(r, "#") && !toml_peek(r, "\n") &&
	    !toml_peek(r, "\r\n") && r->at < r->end) {
		(void)buf_puts(&r->key, buf_str(&r->header));
		if (!toml_read_pair(r, r->table))
			return false;
	}
	toml_skip_blank(r);
	toml_skip_comment(r);
	if (r->at < r->end && !toml_take_newline(r)) {
		toml_problem(r, r->line, "the line should end here");
		return false;
	}
	return true;
}

/*
 * Does a statement begin here?  Only asked inside a broken value, where a line
 * may just as well be an element: those do not look like `key =` or `[key]`.
 */
static bool
statement_begins(const struct toml_reader *r)
{
	struct conf_problems ignored = CONF_PROBLEMS_INIT;
	struct toml_reader probe = *r;
	struct toml_path path;
	bool list, begins;

	probe.problems = &ignored;
	probe.scratch = (struct buf)BUF_INIT;
	probe.key = (struct buf)BUF_INIT;
	toml_skip_blank(&probe);
	list = toml_peek(&probe, "[");
	if (list)
		probe.at += toml_peek(&probe, "[[") ? 2 : 1;
	begins = read_path(&probe, &path) &&
	    toml_peek(&probe, list ? "]" : "=");
	while (begins && list && toml_peek(&probe, "]"))
		probe.at++;
	if (begins && list) {
		toml_skip_blank(&probe);
		begins = probe.at == probe.end || toml_peek(&probe, "\n") ||
		    toml_peek(&probe, "\r\n") || toml_peek(&probe, "#");
	}
	buf_free(&probe.scratch);
	conf_problems_clear(&ignored);
	return begins;
}

static void
recover(struct toml_reader *r)
{
	bool in_value = r->depth > 0;

	r->depth = 0;
	do {
		skip_to_line_end(r);
		(void)toml_take_newline(r);
	} while (in_value && r->at < r->end && !statement_begins(r));
}

/* --- the text as a whole */

static size_t
check_octets(struct toml_reader *r, const char *s, size_t left)
{
	size_t n = text_utf8_len(s, left);

	if (n == 0) {
		toml_problem(r, r->line, "the octet 0x%02x is not UTF-8",
		    (unsigned int)(unsigned char)*s);
		return 1;
	}
	if (((unsigned char)*s < ' ' && *s != '\t' && *s != '\n' &&
	    (*s != '\r' || left < 2 || s[1] != '\n')) || *s == '\x7f')
		toml_problem(r, r->line, "the control character U+%04X is "
		    "not allowed", (unsigned int)*s);
	return n;
}

/*
 * TOML is UTF-8, and nothing in it, comments and strings included, may hold a
 * control character but tab and the line ends: seen to in one place.
 */
static void
check_text(struct toml_reader *r)
{
	const char *s = r->at;
	unsigned int told = 0;

	while (s < r->end) {
		size_t before = r->problems->count + r->problems->dropped, n;

		if (*s == '\n') {
			r->line++;
			s++;
			continue;
		}
		if (told == r->line) {	/* one for each line is enough */
			s++;
			continue;
		}
		n = check_octets(r, s, (size_t)(r->end - s));
		if (r->problems->count + r->problems->dropped > before)
			told = r->line;
		s += n;
	}
	r->line = 1;
}

static void
read_all(struct toml_reader *r)
{
	check_text(r);
	if (toml_peek(r, "\xef\xbb\xbf")) {
		toml_problem(r, 1, "the text begins with a byte order mark: "
		    "remove it");
		r->at += 3;
	}
	while (r->at < r->end) {
		toml_skip_blank(r);
		if (!read_statement(r))
			recover(r);
	}
}

struct toml *
toml_read(const char *text, size_t len, struct conf_problems *problems)
{
	struct toml *toml = mem_zalloc(sizeof(*toml));
	struct toml_reader r = {
		.toml = toml, .problems = problems, .line = 1,
		.at = text, .end = text + len,
	};

	toml->arena = arena_new();
	toml->root = toml_item_new(toml, TOML_TABLE, 1);
	toml->root->origin = TOML_HEADER;
	r.table = toml->root;
	if (len > TOML_MAX_SIZE)
		toml_problem(&r, 0, "larger than %d octets", TOML_MAX_SIZE);
	else
		read_all(&r);
	buf_free(&r.header);
	buf_free(&r.key);
	buf_free(&r.scratch);
	return toml;
}

void
toml_free(struct toml **toml)
{
	if (*toml == NULL)
		return;
	for (struct toml_item *t = (*toml)->tables; t != NULL;
	    t = t->next_table)
		HASH_CLEAR(hh, t->by_key);
	arena_free(&(*toml)->arena);
	free(*toml);
	*toml = NULL;
}

const struct toml_node *
toml_root(const struct toml *toml)
{
	return &toml->root->node;
}

const struct toml_node *
toml_get(const struct toml_node *table, const char *key)
{
	const struct toml_item *item = (const struct toml_item *)table;
	struct toml_item *found = NULL;

	HASH_FIND(hh, item->by_key, key, (unsigned int)strlen(key), found);
	return found != NULL ? &found->node : NULL;
}

const char *
toml_kind_name(enum toml_kind kind)
{
	static const char *const names[] = {
		[TOML_INVALID] = "invalid value", [TOML_TABLE] = "table",
		[TOML_ARRAY] = "array", [TOML_STRING] = "string",
		[TOML_INTEGER] = "integer", [TOML_FLOAT] = "float",
		[TOML_BOOLEAN] = "boolean", [TOML_DATETIME] = "date-time",
		[TOML_DATETIME_LOCAL] = "local date-time",
		[TOML_DATE_LOCAL] = "local date",
		[TOML_TIME_LOCAL] = "local time",
	};

	return names[kind];
}
