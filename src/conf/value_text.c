/*
 * Between the file and the stored text.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value_impl.h"

void
conf_value_quote(struct buf *out, const char *text)
{
	static const char names[] = "btnfr\"\\";
	static const char octets[] = "\b\t\n\f\r\"\\";
	const char *found;

	(void)buf_puts(out, "\"");
	for (; *text != '\0'; text++) {
		found = strchr(octets, *text);
		if (found != NULL)
			(void)buf_printf(out, "\\%c", names[found - octets]);
		else if ((unsigned char)*text < ' ' || *text == '\x7f')
			(void)buf_printf(out, "\\u%04x",
			    (unsigned int)(unsigned char)*text);
		else
			(void)buf_append(out, text, 1);
	}
	(void)buf_puts(out, "\"");
}

const char *
conf_value_string(const struct toml_node *node, struct error *err)
{
	const char *nul = memchr(node->text, '\0', node->len);

	if (nul == NULL && node->len <= CONF_TEXT_MAX)
		return node->text;
	if (nul != NULL)
		(void)error_set(err, EX_CONFIG, "holds the control character "
		    "U+0000");
	else
		(void)error_set(err, EX_CONFIG, "longer than %d octets",
		    CONF_TEXT_MAX);
	return NULL;
}

static const char *
bad_kind(const char *expected, const struct toml_node *node, struct error *err)
{
	const char *kind = toml_kind_name(node->kind);

	(void)error_set(err, EX_CONFIG, "must be %s, not %s %s", expected,
	    strchr("aio", *kind) != NULL ? "an" : "a", kind);
	return NULL;
}

static const char *
string_text(struct arena *arena, enum conf_type type,
    const struct toml_node *node, struct error *err)
{
	if (conf_value_string(node, err) == NULL)
		return NULL;
	if ((type == TYPE_DURATION || type == TYPE_DURATIONS) &&
	    node->len > 0 && strspn(node->text, "0123456789") == node->len) {
		(void)error_set(err, EX_CONFIG, "\"%s\" has no unit: write %s "
		    "for seconds, or one of s, m, h, d behind it", node->text,
		    node->text);
		return NULL;
	}
	return arena_strdup(arena, node->text);
}

static const char *
integer_text(struct arena *arena, int64_t integer)
{
	char *text = mem_printf("%" PRId64, integer);
	const char *kept = arena_strdup(arena, text);

	free(text);
	return kept;
}

static const char *
element_text(struct arena *arena, enum conf_type type,
    const struct toml_node *node, struct error *err)
{
	if (node->kind == TOML_STRING)
		return string_text(arena, type, node, err);
	if (node->kind == TOML_INTEGER && type == TYPE_DURATIONS)
		return integer_text(arena, node->integer);
	return bad_kind(conf_forms[type].expected, node, err);
}

static const char *
list_text(struct arena *arena, enum conf_type type,
    const struct toml_node *node, struct error *err)
{
	struct buf out = BUF_INIT;
	const char *text = "";

	(void)buf_puts(&out, "[");
	for (const struct toml_node *n = node->first; n != NULL; n = n->next) {
		text = element_text(arena, type, n, err);
		if (text == NULL)
			break;
		if (n != node->first)
			(void)buf_puts(&out, ",");
		conf_value_quote(&out, text);
	}
	(void)buf_puts(&out, "]");
	if (text != NULL)
		text = arena_strdup(arena, buf_str(&out));
	buf_free(&out);
	return text;
}

const char *
conf_value_text(struct arena *arena, const struct conf_key *key,
    const struct toml_node *node, struct error *err)
{
	const struct conf_form *form = &conf_forms[key->type];

	if (node->kind == TOML_STRING && form->string)
		return string_text(arena, key->type, node, err);
	if (node->kind == TOML_INTEGER && form->integer)
		return integer_text(arena, node->integer);
	if (node->kind == TOML_BOOLEAN && form->boolean)
		return node->boolean ? "true" : "false";
	if (node->kind == TOML_ARRAY && form->array)
		return list_text(arena, key->type, node, err);
	return bad_kind(form->expected, node, err);
}

static void
print_scalar(struct buf *out, enum conf_type type, const char *text)
{
	bool bare = (conf_forms[type].integer &&
	    strspn(text, "-0123456789") == strlen(text)) ||
	    (conf_forms[type].boolean &&
	    (strcmp(text, "true") == 0 || strcmp(text, "false") == 0));

	if (bare)
		(void)buf_puts(out, text);
	else
		conf_value_quote(out, text);
}

void
conf_value_print(struct buf *out, const struct conf_key *key, const char *text)
{
	enum conf_type item = key->type == TYPE_DURATIONS ? TYPE_DURATION :
	    key->type;
	struct conf_texts list = { NULL, 0 };
	struct arena *arena;

	if (!conf_forms[key->type].array) {
		print_scalar(out, key->type, text);
		return;
	}
	arena = arena_new();
	(void)buf_puts(out, "[");
	if (conf_value_list(arena, text, &list, NULL))
		for (size_t i = 0; i < list.count; i++) {
			(void)buf_puts(out, i > 0 ? ", " : "");
			print_scalar(out, item, list.item[i]);
		}
	(void)buf_puts(out, "]");
	arena_free(&arena);
}
