/*
 * Any texts in the facts of a DSN: no line of it ends early, none is too long,
 * and what declares itself 7bit is.  The first octet chooses flags, the rest is
 * cut at NULs into the texts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsn/dsn.h"

enum { TEXTS = 12, LINE_MAX_OCTETS = 998 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NULL where there are no more. */
static const char *
next_text(char **rest, const char *end)
{
	char *text = *rest;

	if (text >= end)
		return NULL;
	*rest += strlen(text) + 1;
	return text;
}

static const char *
or_some(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "x";
}

static void
check(const struct buf *b)
{
	const char *body = strstr(buf_str(b), "\r\n\r\n");
	bool eight_bit = false;
	size_t start = 0;

	if (body == NULL)
		abort();

	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];

		/* In the DSN's own header only To has any (SMTPUTF8). */
		eight_bit = eight_bit || (c >= 0x80 && b->data + i > body);
		if (c == '\0' || (c == '\r' && (i + 1 == b->len ||
		    b->data[i + 1] != '\n')))
			abort();
		if (c != '\n')
			continue;
		if (i == 0 || b->data[i - 1] != '\r' ||
		    i - start > LINE_MAX_OCTETS + 1)
			abort();
		start = i + 1;
	}
	if (start != b->len || eight_bit)
		abort();
	/* Seeds try to add a field of that name. */
	if (strstr(b->data, "\r\nX-Forged") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *texts = mem_zalloc(size + 1), *rest = texts;
	const char *t[TEXTS], *end = texts + size;
	uint8_t flags = size > 0 ? data[0] : 0;
	struct buf out = BUF_INIT;

	memcpy(texts, data, size);
	if (size > 0)
		rest++;
	for (size_t i = 0; i < TEXTS; i++)
		t[i] = next_text(&rest, end);
	struct spool_owed_rcpt r = {
		.owed = dsn_action_name((enum dsn_action)(1 + (flags & 3))),
		.expired = (flags & 4) != 0, .address = or_some(t[0]),
		.reply = t[1], .orcpt = t[2], .status = t[3],
		.last_error = flags & 8 ? "dane" : NULL, .result_type = t[4],
		.mx = t[5], .mx_address = t[6], .strategy = t[7],
		.verify_error = t[8], .last_attempt_at = 1,
		.expires_at = 1
	};
	const struct spool_owed about = {
		.message = { .sender = or_some(t[9]), .envid = t[10],
		    .client_name = t[11], .smtputf8 = (flags & 16) != 0 },
		.rcpts = &r, .rcpt_count = 1
	};
	const struct dsn d = {
		.host = "h", .from_name = "n", .from_address = "f@h",
		.boundary = "0123456789abcdef", .message_id = "i@h",
		.about = &about
	};
	dsn_write_head(&out, &d);
	dsn_write_tail(&out, &d, &(struct dsn_encoder){ .n = 0 });
	check(&out);
	(void)dsn_header_len((const char *)data, size);
	buf_free(&out);
	free(texts);
	return 0;
}
