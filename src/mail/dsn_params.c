/*
 * NOTIFY and RET.
 */
#include "mail/dsn_params.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const struct {
	const char *name;
	unsigned bit;
} notify_words[] = {
	{ .name = "NEVER", .bit = DSN_NEVER },
	{ .name = "SUCCESS", .bit = DSN_SUCCESS },
	{ .name = "FAILURE", .bit = DSN_FAILURE },
	{ .name = "DELAY", .bit = DSN_DELAY },
};

static const char *const ret_names[] = {
	[DSN_RET_UNSET] = "", [DSN_RET_FULL] = "FULL", [DSN_RET_HDRS] = "HDRS",
};
static_assert(ARRAY_LEN(ret_names) == DSN_RET_COUNT, "a name for each");

static bool
refuse(struct error *err, const char *what, const char *text,
    const char *problem)
{
	char shown[128];

	text_escape(shown, sizeof(shown), text, strlen(text));
	return error_set(err, EX_DATAERR, "%s \"%s\": %s", what, shown,
	    problem);
}

static unsigned
notify_bit(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(notify_words); i++)
		if (strlen(notify_words[i].name) == len &&
		    text_starts_nocase(word, notify_words[i].name))
			return notify_words[i].bit;
	return 0;
}

bool
dsn_notify_parse(unsigned *notify_r, const char *text, struct error *err)
{
	unsigned notify = 0, bit;
	const char *word = text;

	*notify_r = DSN_NOTIFY_UNSET;
	for (;;) {
		size_t len = strcspn(word, ",");

		if ((bit = notify_bit(word, len)) == 0)
			return refuse(err, "NOTIFY", text, "the words are "
			    "never, success, failure and delay, with commas "
			    "between");
		notify |= bit;
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	if ((notify & DSN_NEVER) && notify != DSN_NEVER)
		return refuse(err, "NOTIFY", text, "NEVER cannot be "
		    "combined with other values");
	*notify_r = notify;
	return true;
}

void
dsn_notify_print(char dst[static DSN_NOTIFY_LEN], unsigned notify)
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_LEN(notify_words); i++) {
		if (!(notify & notify_words[i].bit))
			continue;
		if (used > 0)
			dst[used++] = ',';
		memcpy(dst + used, notify_words[i].name,
		    strlen(notify_words[i].name));
		used += strlen(notify_words[i].name);
		if (notify_words[i].bit == DSN_NEVER)
			break;	/* fails closed: never wins */
	}
	dst[used] = '\0';
}

bool
dsn_ret_parse(enum dsn_ret *ret_r, const char *text, struct error *err)
{
	for (size_t i = DSN_RET_FULL; i < DSN_RET_COUNT; i++) {
		if (text_equal_nocase(text, ret_names[i])) {
			*ret_r = (enum dsn_ret)i;
			return true;
		}
	}
	*ret_r = DSN_RET_UNSET;
	return refuse(err, "RET", text, "the words are full and hdrs");
}

const char *
dsn_ret_name(enum dsn_ret ret)
{
	return ret_names[ret];
}
