/*
 * Three shapes of JSON, and a reader for just these.
 */
#include "lookup/records.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "lookup/rdata.h"
#include "lookup/resolver.h"

/* Both families of a host, all records kept. */
static const size_t items_max = 2 * (size_t)DNS_RDATA_MAX;

struct scan {
	const char *at;
	struct arena *arena;
};

void
records_write_mx(struct buf *out, const struct policy_mx_choice *mx,
    size_t count)
{
	struct json j = { .out = out };

	json_open_array(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		json_open_array(&j, NULL);
		json_int(&j, NULL, mx[i].preference);
		json_text(&j, NULL, mx[i].host);
		json_close_array(&j);
	}
	json_close_array(&j);
}

void
records_write_texts(struct buf *out, const char *const *texts, size_t count)
{
	struct json j = { .out = out };

	json_open_array(&j, NULL);
	for (size_t i = 0; i < count; i++)
		json_text(&j, NULL, texts[i]);
	json_close_array(&j);
}

void
records_write_tlsa(struct buf *out, const struct policy_tlsa_record *tlsa,
    size_t count)
{
	struct json j = { .out = out };
	char *hex;

	json_open_array(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		json_open_array(&j, NULL);
		json_int(&j, NULL, tlsa[i].usage);
		json_int(&j, NULL, tlsa[i].selector);
		json_int(&j, NULL, tlsa[i].matching);
		hex = mem_alloc(2 * tlsa[i].len + 1);
		text_hex(hex, tlsa[i].data, tlsa[i].len);
		json_text(&j, NULL, hex);
		free(hex);
		json_close_array(&j);
	}
	json_close_array(&j);
}

/* The tables may be edited by hand: white space is no error. */
static char
next(struct scan *s)
{
	s->at += strspn(s->at, " \t\r\n");
	return *s->at;
}

static bool
take(struct scan *s, char c)
{
	if (next(s) != c)
		return false;
	s->at++;
	return true;
}

static bool
read_number(struct scan *s, uint16_t *n_r)
{
	uint32_t n = 0;
	int digits = 0;

	for (char c = next(s); c >= '0' && c <= '9'; c = *++s->at) {
		n = n * 10 + (uint32_t)(c - '0');
		if (++digits > 5 || n > UINT16_MAX)
			return false;
	}
	*n_r = (uint16_t)n;
	return digits > 0;
}

/* Names in presentation format and addresses: ASCII. */
static bool
read_string(struct scan *s, const char **text_r)
{
	char text[RDATA_NAME_LEN], *p = text;

	if (!take(s, '"'))
		return false;
	while (*s->at != '"') {
		if (*s->at == '\\' && *++s->at != '"' && *s->at != '\\')
			return false;
		if (*s->at < ' ' || *s->at > '~' ||
		    p == text + sizeof(text) - 1)
			return false;
		*p++ = *s->at++;
	}
	s->at++;
	*p = '\0';
	*text_r = arena_strdup(s->arena, text);
	return true;
}

static bool
read_octet(struct scan *s, uint8_t *n_r)
{
	uint16_t n;

	if (!read_number(s, &n) || n > UINT8_MAX)
		return false;
	*n_r = (uint8_t)n;
	return true;
}

static bool
read_hex(struct scan *s, const uint8_t **data_r, size_t *len_r)
{
	size_t digits;
	uint8_t *data;

	if (!take(s, '"'))
		return false;
	digits = strspn(s->at, "0123456789abcdef");
	if (digits % 2 != 0 || s->at[digits] != '"')
		return false;
	data = arena_alloc(s->arena, digits / 2);
	for (size_t i = 0; i < digits / 2; i++)
		data[i] = (uint8_t)(text_hex_value(s->at[2 * i]) << 4 |
		    text_hex_value(s->at[2 * i + 1]));
	s->at += digits + 1;
	*data_r = data;
	*len_r = digits / 2;
	return true;
}

static bool
read_mx(struct scan *s, void *item)
{
	struct policy_mx_choice *mx = item;

	return take(s, '[') && read_number(s, &mx->preference) &&
	    take(s, ',') && read_string(s, &mx->host) && take(s, ']');
}

static bool
read_tlsa(struct scan *s, void *item)
{
	struct policy_tlsa_record *r = item;

	return take(s, '[') && read_octet(s, &r->usage) && take(s, ',') &&
	    read_octet(s, &r->selector) && take(s, ',') &&
	    read_octet(s, &r->matching) && take(s, ',') &&
	    read_hex(s, &r->data, &r->len) && take(s, ']');
}

static bool
read_text(struct scan *s, void *item)
{
	return read_string(s, item);
}

static bool
read_array(struct arena *arena, const char *text,
    bool (*read_item)(struct scan *s, void *item), size_t size, void **items_r,
    size_t *count_r)
{
	struct scan s = { text, arena };
	/* The shortest item is an empty string and a comma. */
	size_t count = 0, room = strlen(text) / 3 + 1;
	char *items;

	room = room < items_max ? room : items_max;
	items = arena_alloc(arena, size * room);
	*items_r = items;
	*count_r = 0;
	if (!take(&s, '['))
		return false;
	if (!take(&s, ']')) {
		do {
			if (count == room ||
			    !read_item(&s, items + size * count++))
				return false;
		} while (take(&s, ','));
		if (!take(&s, ']'))
			return false;
	}
	*count_r = count;
	return next(&s) == '\0';
}

bool
records_read_mx(struct arena *arena, const char *text,
    struct policy_mx_choice **mx_r, size_t *count_r)
{
	void *items;
	bool ok = read_array(arena, text, read_mx, sizeof(**mx_r), &items,
	    count_r);

	*mx_r = items;
	return ok;
}

bool
records_read_texts(struct arena *arena, const char *text,
    const char ***texts_r, size_t *count_r)
{
	void *items;
	bool ok = read_array(arena, text, read_text, sizeof(**texts_r), &items,
	    count_r);

	*texts_r = items;
	return ok;
}

bool
records_read_tlsa(struct arena *arena, const char *text,
    struct policy_tlsa_record **tlsa_r, size_t *count_r)
{
	void *items;
	bool ok = read_array(arena, text, read_tlsa, sizeof(**tlsa_r), &items,
	    count_r);

	*tlsa_r = items;
	return ok;
}
