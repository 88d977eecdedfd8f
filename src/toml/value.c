/*
 * TOML values: which kind begins here, arrays, inline tables.
 */
#include "toml/toml_impl.h"

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

	if (!toml_read_value(r, &value))
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
			toml_problem(r, r->line, "\",\" or \"]\" was expected "
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
		if (!toml_read_pair(r, table))
			return false;
		toml_skip_blank(r);
		if (toml_peek(r, "}"))
			break;
		if (!toml_peek(r, ",")) {
			toml_problem(r, r->line, "\",\" or \"}\" was expected "
			    "on the same line");
			return false;
		}
		r->at++;
		toml_skip_blank(r);
		if (toml_peek(r, "}")) {
			toml_problem(r, r->line, "no comma may stand before "
			    "the \"}\" of an inline table");
			break;
		}
	}
	r->at++;
	*value_r = table;
	return true;
}

bool
toml_read_value(struct toml_reader *r, struct toml_item **value_r)
{
	bool done;

	if (toml_peek(r, "\"") || toml_peek(r, "'"))
		return toml_read_string(r, value_r);
	if (!toml_peek(r, "[") && !toml_peek(r, "{"))
		return toml_read_scalar(r, value_r);
	if (r->depth == TOML_MAX_DEPTH) {
		toml_problem(r, r->line, "nested more than %d deep",
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
