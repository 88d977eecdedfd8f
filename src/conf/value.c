/*
 * From the stored text to the field of the snapshot, with all checks of one
 * value by itself.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "conf/value_impl.h"

/* A value with the place it goes to. */
struct target {
	struct arena *arena;
	const struct conf_key *key;
	const char *text;
	char *field, *second_field;
	struct error *err;
};

static_assert(sizeof(enum policy_want) == sizeof(int), "words are ints");

static bool
put_int(const struct target *t, int value)
{
	memcpy(t->field, &value, sizeof(value));
	return true;
}

static bool
put_int64(const struct target *t, int64_t value)
{
	memcpy(t->field, &value, sizeof(value));
	return true;
}

static bool
put_text_at(const struct target *t, char *field, const char *text)
{
	const char *kept = text != NULL ? arena_strdup(t->arena, text) : NULL;

	memcpy(field, &kept, sizeof(kept));
	return true;
}

static bool
put_text(const struct target *t)
{
	return put_text_at(t, t->field, t->text);
}

static bool
refuse(const struct target *t, const char *expected)
{
	return error_set(t->err, EX_CONFIG, "must be %s, not \"%s\"", expected,
	    t->text);
}

static bool
store_word(const struct target *t)
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
	(void)refuse(t, buf_str(&known));
	buf_free(&known);
	return false;
}

static bool
store_boolean(const struct target *t)
{
	bool value = strcmp(t->text, "true") == 0;

	if (!value && strcmp(t->text, "false") != 0)
		return refuse(t, "true or false");
	memcpy(t->field, &value, sizeof(value));
	return true;
}

static bool
read_number(const struct target *t, int64_t *value_r)
{
	if (conf_syntax_number(t->text, value_r) &&
	    *value_r >= t->key->min && *value_r <= t->key->max)
		return true;
	return error_set(t->err, EX_CONFIG, "must be %" PRId64 " to %" PRId64
	    ", not %s", t->key->min, t->key->max, t->text);
}

static bool
store_integer(const struct target *t)
{
	int64_t value;

	return read_number(t, &value) && put_int(t, (int)value);
}

static bool
store_size(const struct target *t)
{
	int64_t value;

	return read_number(t, &value) && put_int64(t, value);
}

/* Octets, or "5%". */
static bool
store_space(const struct target *t)
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
read_duration(const struct target *t, const char *text, int64_t *seconds_r)
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
store_duration(const struct target *t)
{
	int64_t seconds;

	return read_duration(t, t->text, &seconds) && put_int64(t, seconds);
}

static bool
read_list(const struct target *t, struct conf_texts *list_r)
{
	if (!conf_value_list(t->arena, t->text, list_r, t->err))
		return false;
	if (list_r->count < t->key->min_count)
		return error_set(t->err, EX_CONFIG, "must not be empty");
	return true;
}

static bool
store_durations(const struct target *t)
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
store_addresses(const struct target *t)
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
store_path(const struct target *t)
{
	return t->text[0] == '/' ? put_text(t) :
	    refuse(t, "a full path (from / on)");
}

static bool
store_secret(const struct target *t)
{
	static const char file[] = "file:";
	const char *path = t->text + strlen(file);

	if (t->text[0] == '\0')
		return error_set(t->err, EX_CONFIG, "must not be empty");
	if (strncmp(t->text, file, strlen(file)) != 0)
		return put_text(t);
	if (path[0] != '/')
		return refuse(t, "the secret, or \"file:\" and a full path");
	(void)put_text_at(t, t->field, NULL);
	return put_text_at(t, t->second_field, path);
}

static bool
store_host(const struct target *t)
{
	return conf_syntax_is_address(t->text) ||
	    conf_syntax_is_host(t->text) ? put_text(t) :
	    refuse(t, "a host name (in A-labels) or an address");
}

static bool
store_ehlo(const struct target *t)
{
	return conf_syntax_is_ehlo(t->text) ? put_text(t) :
	    refuse(t, "a host name (in A-labels), \"[1.2.3.4]\" or "
	    "\"[IPv6:...]\"");
}

static bool
store_listen(const struct target *t)
{
	return conf_syntax_is_listen(t->text) ? put_text(t) :
	    refuse(t, "\"127.0.0.1:PORT\", \"[::1]:PORT\" or \"unix:/path\"");
}

static bool
store_header(const struct target *t)
{
	return conf_syntax_is_header(t->text) ? put_text(t) :
	    refuse(t, "the name of a header field, without the colon");
}

static bool
store_mailbox(const struct target *t)
{
	return conf_syntax_is_mailbox(t->text) ? put_text(t) :
	    refuse(t, "an address (local@domain)");
}

static bool
store_id(const struct target *t)
{
	return conf_keys_id_is_valid(t->text) ? put_text(t) :
	    refuse(t, "an id of letters, digits, \"-\" and \"_\"");
}

static bool
store_expression(const struct target *t)
{
	if (t->text[strspn(t->text, " \t\r\n")] == '\0')
		return error_set(t->err, EX_CONFIG, "must not be empty");
	return put_text(t);
}

static bool
store_allow_invalid(const struct target *t)
{
	struct target expression = *t;

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

bool
conf_value_store(struct arena *arena, const struct conf_key *key,
    const char *text, void *object, struct error *err)
{
	static bool (*const store[])(const struct target *) = {
		[TYPE_WORD] = store_word, [TYPE_BOOLEAN] = store_boolean,
		[TYPE_INTEGER] = store_integer, [TYPE_SIZE] = store_size,
		[TYPE_SPACE] = store_space,
		[TYPE_DURATION] = store_duration,
		[TYPE_DURATIONS] = store_durations, [TYPE_TEXT] = put_text,
		[TYPE_PATH] = store_path, [TYPE_SECRET] = store_secret,
		[TYPE_HOST] = store_host, [TYPE_EHLO] = store_ehlo,
		[TYPE_ADDRESSES] = store_addresses,
		[TYPE_LISTEN] = store_listen, [TYPE_HEADER] = store_header,
		[TYPE_MAILBOX] = store_mailbox, [TYPE_ID] = store_id,
		[TYPE_EXPRESSION] = store_expression,
		[TYPE_ALLOW_INVALID] = store_allow_invalid,
	};
	const struct target target = {
		.arena = arena, .key = key, .text = text, .err = err,
		.field = (char *)object + key->field,
		.second_field = (char *)object + key->second_field,
	};

	return conf_value_is_clean(text, key->type == TYPE_EXPRESSION ||
	    key->type == TYPE_ALLOW_INVALID, err) && store[key->type](&target);
}
