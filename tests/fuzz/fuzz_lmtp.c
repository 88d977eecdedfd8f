/*
 * LMTP from any octets: lines and their envelopes, and content, which is the
 * same however the stream is cut.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/envelope.h"
#include "mail/lmtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_line(const char *data, size_t size)
{
	char *line = mem_alloc(size + 1);
	struct mail_recipient rcpt;
	struct mail_sender sender;
	struct mail_lmtp_command c;
	struct error err;

	memcpy(line, data, size);
	line[size] = '\0';
	c = mail_lmtp_command_parse(line);
	if (c.verb == MAIL_LMTP_MAIL &&
	    mail_sender_parse(&sender, c.args, "own.test", &err))
		assert(sender.size >= 0 && (sender.address.text[0] == '\0' ||
		    strchr(sender.address.text, '@') != NULL));
	if (c.verb == MAIL_LMTP_RCPT &&
	    mail_recipient_parse(&rcpt, c.args, NULL, true, &err))
		assert(rcpt.address.domain[0] != '\0');
	free(line);
}

/* Where the content ends; at most chunk octets are seen at a time. */
static size_t
take(struct buf *content, const char *data, size_t size, size_t chunk)
{
	enum mail_lmtp_place place = MAIL_LMTP_LINE_START;
	size_t at = 0;

	while (at < size && place != MAIL_LMTP_ENDED) {
		size_t n = size - at < chunk ? size - at : chunk, len;
		const char *piece;

		at += mail_lmtp_content_next(&place, data + at, n, &piece,
		    &len);
		(void)buf_append(content, piece, len);
	}
	return at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, cut = BUF_INIT;
	size_t end;

	try_line((const char *)data, size);
	end = take(&whole, (const char *)data, size, size);
	for (size_t chunk = 1; chunk < 8; chunk++) {
		bool same = take(&cut, (const char *)data, size, chunk) ==
		    end && cut.len == whole.len &&
		    memcmp(buf_str(&cut), buf_str(&whole), cut.len) == 0;

		assert(same);
		buf_clear(&cut);
	}
	assert(whole.len <= size);
	buf_free(&whole);
	buf_free(&cut);
	return 0;
}
