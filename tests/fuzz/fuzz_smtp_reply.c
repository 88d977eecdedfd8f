/*
 * Replies, and the capabilities in them.  The first octet is the length of the
 * parts in which the rest arrives; in one part it must come to the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(struct buf *seen, const struct smtp_reply *reply)
{
	struct smtp_capabilities caps;
	char text[200];

	smtp_reply_print(text, sizeof(text), reply);
	smtp_ehlo_parse(&caps, reply);
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20)
			abort();
	(void)buf_printf(seen, "%u %s %s %s %x %llu\n", reply->code,
	    reply->status, text, caps.name, caps.can,
	    (unsigned long long)caps.size_max);
}

static void
read_all(struct buf *seen, const char *data, size_t len, size_t step)
{
	struct smtp_reply_parser p = { .broken = false };
	struct smtp_reply reply;
	size_t used;

	while (len > 0) {
		size_t n = step > 0 && step < len ? step : len;

		switch (smtp_reply_parse(&p, data, n, &used, &reply)) {
		case SMTP_REPLY_BROKEN:
			(void)buf_puts(seen, "broken\n");
			smtp_reply_parser_free(&p);
			return;
		case SMTP_REPLY_COMPLETE:
			look(seen, &reply);
			break;
		case SMTP_REPLY_MORE:
			break;
		}
		if (used == 0 || used > n || p.line.len > SMTP_REPLY_LINE_MAX ||
		    p.text.len > SMTP_REPLY_OCTETS_MAX)
			abort();
		data += used;
		len -= used;
	}
	smtp_reply_parser_free(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, parts = BUF_INIT;

	if (size < 2)
		return 0;
	read_all(&whole, (const char *)data + 1, size - 1, 0);
	read_all(&parts, (const char *)data + 1, size - 1, 1u + data[0] % 32);
	if (strcmp(buf_str(&whole), buf_str(&parts)) != 0)
		abort();
	buf_free(&whole);
	buf_free(&parts);
	return 0;
}
