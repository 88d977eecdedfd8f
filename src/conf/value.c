/*
 * From the stored text to the field of the snapshot, with all checks of one
 * value by itself.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value_impl.h"

static_assert(sizeof(enum policy_want) == sizeof(int), "words are ints");

static bool
put_int(const struct conf_target *t, int value)
{
	memcpy(t->field, &value, sizeof(value));
	return true;
}

static bool
put_int64(const struct conf_target *t, int64_t value)
{
	memcpy(t->field, &value, sizeof(value));
	return true;
}

static bool
put_text_at(const struct conf_target *t, char *field, const char *text)
{
	const char *kept = text != NULL ? arena_strdup(t->arena, text) : NULL;

	memcpy(field, &kept, sizeof(kept));
	return true;
}

static bool
put_text(const struct conf_target *t)
{
	return put_text_at(t, t->field, t->text);
}

static bool
value_refuse(const struct conf_target *t, const char *expected)
{
	return error_set(t->err, EX_CONFIG, "must be %s, not \"%s\"", expected,
	    t->text);
}

static bool
store_word(const struct conf_target *t)
{
	struct buf known = BUF_INIT;

	for (const struct conf_word *w = t->key->words; w->name != NULL; w++) {
		if (strcmp(w->name, t->text) == 0) {
			buf_free(&known);
			return put_int(t, w->value);
		}
		(void)buf_printf(&known, "%s\"%s\"",
		    w == t->key->words ? "" : w[1].name != NULL ? ", " :
		    " or ", w->name);
	}
	(void)value_refuse(t, buf_str(&known));
	buf_free(&known);
	return false;
}

static bool
store_boolean(const struct conf_target *t)
{
	bool value = strcmp(t->text, "true") == 0;

	if (!value && strcmp(t->text, "false") != 0)
		return value_refuse(t, "true or false");
	memcpy(t->field, &value, sizeof(value));
	return true;
}

static bool
read_number(const struct conf_target *t, int64_t *value_r)
{
	if (conf_syntax_number(t->text, value_r) &&
	    *value_r >= t->key->min && *value_r <= t->key->max)
		return true;
	return error_set(t->err, EX_CONFIG, "must be %" PRId64 " to %" PRId64
	    ", not %s", t->key->min, t->key->max, t->text);
}

static bool
store_integer(const struct conf_target *t)
{
	int64_t value;

	return read_number(t, &value) && put_int(t, (int)value);
}

static bool
store_size(const struct conf_target *t)
{
	int64_t value;

	return read_number(t, &value) && put_int64(t, value);
}

/* Octets, or "5%". */
static bool
store_space(const struct conf_target *t)
{
	size_t n = strspn(t->text, "0123456789");
	int64_t value;

	if (t->text[n] == '\0' && n > 0)
		return read_number(t, &value) && put_text(t);
	if (n == 0 || n > 2 || strcmp(t->text + n, "%") != 0)
		return error_set(t->err, EX_CONFIG, "\"%s\" is neither a "
		    "number of octets nor a part from \"0%%\" to \"99%%\"",
		    t->text);
	return put_text(t);
}

static bool
read_duration(const struct conf_target *t, const char *text, int64_t *seconds_r)
{
	struct buf range = BUF_INIT;

	if (!conf_syntax_duration(text, seconds_r))
		return error_set(t->err, EX_CONFIG, "\"%s\" is not a duration: "
		    "write a number of seconds, or \"90s\", \"3m\", \"4h\", "
		    "\"5d\"", text);
	if (*seconds_r >= t->key->min && *seconds_r <= t->key->max)
		return true;
	conf_syntax_print_duration(&range, t->key->min);
	(void)buf_puts(&range, " to ");
	conf_syntax_print_duration(&range, t->key->max);
	(void)error_set(t->err, EX_CONFIG, "must be %s, not %s",
	    buf_str(&range), text);
	buf_free(&range);
	return false;
}

static bool
store_duration(const struct conf_target *t)
{
	int64_t seconds;

	return read_duration(t, t->text, &seconds) && put_int64(t, seconds);
}

/* A JSON array of strings is a TOML array, too: one reader does for both. */
bool
conf_value_list(struct arena *arena, const char *text,
    struct conf_texts *list_r, struct error *err)
{
	struct toml_problems problems = TOML_PROBLEMS_INIT;
	char *statement = mem_printf("list = %s", text);
	struct toml *toml = toml_read(statement, strlen(statement), &problems);
	const struct toml_node *list = toml_get(toml_root(toml), "list");
	const char **items = NULL;
	size_t count = 0;
	bool ok = problems.count == 0 && list != NULL &&
	    list->kind == TOML_ARRAY && toml_root(toml)->count == 1;

	if (ok)
		items = arena_alloc(arena, (list->count + 1) * sizeof(*items));
	for (const struct toml_node *n = ok ? list->first : NULL; n != NULL;
	    n = n->next) {
		ok = ok && n->kind == TOML_STRING && strlen(n->text) == n->len;
		if (ok)
			items[count++] = arena_strdup(arena, n->text);
	}
	toml_problems_clear(&problems);
	toml_free(&toml);
	free(statement);
	if (!ok)
		return error_set(err, EX_CONFIG,
		    "%s is not a list of strings in []", text);
	list_r->item = items;
	list_r->count = count;
	return true;
}

static bool
read_list(const struct conf_target *t, struct conf_texts *list_r)
{
	if (!conf_value_list(t->arena, t->text, list_r, t->err))
		return false;
	if (list_r->count < t->key->min_count)
		return error_set(t->err, EX_CONFIG, "must not be empty");
	return true;
}

static bool
store_durations(const struct conf_target *t)
{
	struct conf_texts list;
	int64_t *seconds;

	if (!read_list(t, &list))
		return false;
	seconds = arena_alloc(t->arena, (list.count + 1) * sizeof(*seconds));
	for (size_t i = 0; i < list.count; i++)
		if (!read_duration(t, list.item[i], &seconds[i]))
			return false;
	memcpy(t->field, &seconds, sizeof(seconds));
	memcpy(t->second_field, &list.count, sizeof(list.count));
	return true;
}

static bool
store_addresses(const struct conf_target *t)
{
	struct conf_texts list;

	if (!read_list(t, &list))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (!conf_syntax_is_address(list.item[i]))
			return error_set(t->err, EX_CONFIG, "\"%s\" is not an "
			    "IPv4 or IPv6 address", list.item[i]);
	memcpy(t->field, &list, sizeof(list));
	return true;
}

static bool
store_secret(const struct conf_target *t)
{
	static const char file[] = "file:";
	const char *path = t->text + strlen(file);

	if (t->text[0] == '\0')
		return error_set(t->err, EX_CONFIG, "must not be empty");
	if (strncmp(t->text, file, strlen(file)) != 0)
		return put_text(t);
	if (path[0] != '/')
		return value_refuse(t, "the secret, or \"file:\" and a full path");
	(void)put_text_at(t, t->field, NULL);
	return put_text_at(t, t->second_field, path);
}

static bool
store_expression(const struct conf_target *t)
{
	if (t->text[strspn(t->text, " \t\r\n")] == '\0')
		return error_set(t->err, EX_CONFIG, "must not be empty");
	return put_text(t);
}

static bool
store_allow_invalid(const struct conf_target *t)
{
	struct conf_target expression = *t;

	(void)put_text_at(t, t->second_field, NULL);
	if (strcmp(t->text, "true") == 0)
		return put_int(t, CONF_INVALID_ALLOW);
	if (strcmp(t->text, "false") == 0)
		return put_int(t, CONF_INVALID_REFUSE);
	(void)put_int(t, CONF_INVALID_BY_EXPRESSION);
	expression.field = t->second_field;
	return store_expression(&expression);
}

bool
conf_value_is_clean(const char *text, bool expression, struct error *err)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (expression && (c == '\t' || c == '\n' || c == '\r'))
			continue;
		if (c < ' ' || c == 0x7f)
			return error_set(err, EX_CONFIG, "holds the control "
			    "character U+%04X", (unsigned int)c);
	}
	return true;
}

static bool
is_path(const char *text)
{
	return text[0] == '/';
}

/* Texts that are kept as they are. */
#define TEXT(what) .expected = (what), .string = true, .store = put_text
#define TEXT_OF(what, predicate, must) TEXT(what), .is = (predicate), \
	.must_be = (must)

const struct conf_form conf_forms[] = {
	[TYPE_WORD] = { .expected = "a string", .string = true,
		.store = store_word },
	[TYPE_BOOLEAN] = { .expected = "true or false", .boolean = true,
		.store = store_boolean },
	[TYPE_INTEGER] = { .expected = "an integer", .integer = true,
		.store = store_integer },
	[TYPE_SIZE] = { .expected = "a number of octets", .integer = true,
		.store = store_size },
	[TYPE_SPACE] = {
		.expected = "a number of octets, or a part of the file system "
		    "as \"5%\"", .string = true, .integer = true,
		.store = store_space },
	[TYPE_DURATION] = {
		.expected = "a duration (seconds, or \"90s\", \"3m\", \"4h\", "
		    "\"5d\")", .string = true, .integer = true,
		.store = store_duration },
	[TYPE_DURATIONS] = { .expected = "a list of durations", .array = true,
		.store = store_durations },
	[TYPE_TEXT] = { TEXT("a string") },
	[TYPE_PATH] = { TEXT_OF("a file name in quotes", is_path,
		"a full path (from / on)") },
	[TYPE_SECRET] = { .expected = "a string", .string = true,
		.store = store_secret },
	[TYPE_HOST] = { TEXT_OF("a host name or address in quotes",
		conf_syntax_is_host,
		"a host name (in A-labels) or an address") },
	[TYPE_EHLO] = { TEXT_OF("a host name in quotes", conf_syntax_is_ehlo,
		"a host name (in A-labels), \"[1.2.3.4]\" or "
		"\"[IPv6:...]\"") },
	[TYPE_ADDRESSES] = { .expected = "a list of addresses", .array = true,
		.store = store_addresses },
	[TYPE_LISTEN] = { TEXT_OF("a string", conf_syntax_is_listen,
		"\"127.0.0.1:PORT\", \"[::1]:PORT\" or \"unix:/path\"") },
	[TYPE_HEADER] = { TEXT_OF("a header name in quotes",
		conf_syntax_is_header,
		"the name of a header field, without the colon") },
	[TYPE_MAILBOX] = { TEXT_OF("a mail address in quotes",
		conf_syntax_is_mailbox, "an address (local@domain)") },
	[TYPE_ID] = { TEXT_OF("an id in quotes", conf_keys_id_is_valid,
		"an id of letters, digits, \"-\" and \"_\"") },
	[TYPE_EXPRESSION] = { .expected = "an expression in quotes",
		.string = true, .store = store_expression },
	[TYPE_ALLOW_INVALID] = {
		.expected = "true, false or an expression in quotes",
		.string = true, .boolean = true,
		.store = store_allow_invalid },
};

bool
conf_value_store(struct arena *arena, const struct conf_key *key,
    const char *text, void *object, struct error *err)
{
	const struct conf_form *form = &conf_forms[key->type];
	const struct conf_target target = {
		.arena = arena, .key = key, .text = text, .err = err,
		.field = (char *)object + key->field,
		.second_field = (char *)object + key->second_field,
	};

	if (!conf_value_is_clean(text, key->type == TYPE_EXPRESSION ||
	    key->type == TYPE_ALLOW_INVALID, err))
		return false;
	if (form->is != NULL && !form->is(text))
		return value_refuse(&target, form->must_be);
	return form->store(&target);
}
