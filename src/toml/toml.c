/*
 * TOML: the text as a whole, keys, arrays, inline tables and statements; finding
 * the next statement after an error.
 */
#include "toml/toml.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "toml/toml_impl.h"

/* --- keys */

static bool
read_part(struct toml_reader *r, struct toml_key *part)
{
	const char *from = r->at;
	bool good = true;

	if (toml_peek(r, "\"") || toml_peek(r, "'")) {
		if (!toml_read_line_string(r, &good) || !good)
			return false;
	} else {
		while (r->at < r->end && (*r->at == '_' || *r->at == '-' ||
		    isalnum((unsigned char)*r->at)))
			r->at++;
		buf_clear(&r->scratch);
		(void)buf_append(&r->scratch, from, (size_t)(r->at - from));
		if (r->at == from) {
			toml_complain(r, r->line, "a key was expected here");
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
			toml_complain(r, r->line, "more than %d parts in a key",
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

/* --- values */

static bool read_pair(struct toml_reader *r, struct toml_item *table);
static bool read_value(struct toml_reader *r, struct toml_item **value_r);

/* Blanks, line ends and comments, as between the elements of an array. */
static void
skip_between(struct toml_reader *r)
{
	do {
		toml_skip_blank(r);
		toml_skip_comment(r);
	} while (toml_take_newline(r));
}

/* Appends one element; false where the place is lost. */
static bool
read_element(struct toml_reader *r, struct toml_item *array)
{
	struct toml_item *value = NULL;

	if (!read_value(r, &value))
		return false;
	toml_item_append(array, value);
	if (value->node.kind == TOML_INVALID)
		array->node.kind = TOML_INVALID;
	return true;
}

static bool
read_array(struct toml_reader *r, struct toml_item **value_r)
{
	struct toml_item *array = toml_item_new(r->toml, TOML_ARRAY, r->line);

	r->at++;
	for (;;) {
		skip_between(r);
		if (toml_peek(r, "]"))
			break;
		if (!read_element(r, array))
			return false;
		skip_between(r);
		if (toml_peek(r, "]"))
			break;
		if (!toml_peek(r, ",")) {
			toml_complain(r, r->line, "\",\" or \"]\" was expected "
			    "in the array that began on line %u",
			    array->node.line);
			return false;
		}
		r->at++;
	}
	r->at++;
	*value_r = array;
	return true;
}

/* All on one line, no comma after the last pair (TOML 1.0). */
static bool
read_inline_table(struct toml_reader *r, struct toml_item **value_r)
{
	struct toml_item *table = toml_item_new(r->toml, TOML_TABLE, r->line);

	r->at++;
	toml_skip_blank(r);
	while (!toml_peek(r, "}")) {
		if (!read_pair(r, table))
			return false;
		toml_skip_blank(r);
		if (toml_peek(r, "}"))
			break;
		if (!toml_peek(r, ",")) {
			toml_complain(r, r->line, "\",\" or \"}\" was expected "
			    "on the same line");
			return false;
		}
		r->at++;
		toml_skip_blank(r);
		if (toml_peek(r, "}")) {
			toml_complain(r, r->line, "no comma may stand before "
			    "the \"}\" of an inline table");
			break;
		}
	}
	r->at++;
	*value_r = table;
	return true;
}

static bool
read_value(struct toml_reader *r, struct toml_item **value_r)
{
	bool done;

	if (toml_peek(r, "\"") || toml_peek(r, "'"))
		return toml_read_string(r, value_r);
	if (!toml_peek(r, "[") && !toml_peek(r, "{"))
		return toml_read_scalar(r, value_r);
	if (r->depth == TOML_MAX_DEPTH) {
		toml_complain(r, r->line, "nested more than %d deep",
		    TOML_MAX_DEPTH);
		return false;
	}
	r->depth++;
	done = toml_peek(r, "[") ? read_array(r, value_r) :
	    read_inline_table(r, value_r);
	if (done)	/* recover() asks whether a value was left open */
		r->depth--;
	return done;
}

/* --- statements */

static void
cut_key(struct toml_reader *r, size_t len)
{
	r->key.len = len;
	if (r->key.data != NULL)
		r->key.data[len] = '\0';
}

static bool
read_pair(struct toml_reader *r, struct toml_item *table)
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
		toml_complain(r, r->line, "\"=\" was expected after the key");
		return false;
	}
	r->at++;
	toml_skip_blank(r);
	place = table != NULL ? toml_tree_dotted(r, table, &path) : NULL;
	done = read_value(r, &value);
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
		toml_complain(r, r->line, "\"%s\" was expected after the name "
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
		if (!read_pair(r, r->table))
			return false;
	}
	toml_skip_blank(r);
	toml_skip_comment(r);
	if (r->at < r->end && !toml_take_newline(r)) {
		toml_complain(r, r->line, "the line should end here");
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
	struct toml_problems ignored = TOML_PROBLEMS_INIT;
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
	toml_problems_clear(&ignored);
	return begins;
}

static void
recover(struct toml_reader *r)
{
	bool in_value = r->depth > 0;

	r->depth = 0;
	do {
		toml_skip_line(r);
		(void)toml_take_newline(r);
	} while (in_value && r->at < r->end && !statement_begins(r));
}

/* --- the text as a whole */

static size_t
check_octets(struct toml_reader *r, const char *s, size_t left)
{
	size_t n = text_utf8_len(s, left);

	if (n == 0) {
		toml_complain(r, r->line, "the octet 0x%02x is not UTF-8",
		    (unsigned int)(unsigned char)*s);
		return 1;
	}
	if (((unsigned char)*s < ' ' && *s != '\t' && *s != '\n' &&
	    (*s != '\r' || left < 2 || s[1] != '\n')) || *s == '\x7f')
		toml_complain(r, r->line, "the control character U+%04X is "
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
		toml_complain(r, 1, "the text begins with a byte order mark: "
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
toml_read(const char *text, size_t len, struct toml_problems *problems)
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
		toml_complain(&r, 0, "larger than %d octets", TOML_MAX_SIZE);
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
