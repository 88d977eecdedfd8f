/*
 * Any octets as a message, at once and in pieces of a length that the first
 * octet chooses: the same comes out, with no bare CR or LF and no NUL, and
 * taken in again it stays as it is.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "mail/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
gather(void *ctx, const void *data, size_t len, struct error *err)
{
	(void)err;
	return buf_append(ctx, data, len);
}

static struct mail_intake_facts
run(struct buf *out, const char *data, size_t size, size_t piece)
{
	static const char *const remove[] = { "Require-TLS-ESMTP", NULL };
	struct mail_intake_options o = { .date = "D", .message_id = "<i@h>",
		.remove = remove };
	struct mail_intake *in = mail_intake_new(&o, gather, out);
	struct mail_intake_facts facts;
	struct error err;
	bool ok;

	for (size_t n; size > 0; data += n, size -= n) {
		n = size < piece ? size : piece;
		ok = mail_intake_write(in, data, n, &err);
		assert(ok);
	}
	ok = mail_intake_finish(in, &facts, &err);
	assert(ok && facts.size == out->len);
	mail_intake_free(&in);
	return facts;
}

static void
check(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		assert(b->data[i] != '\0');
		assert(b->data[i] != '\r' || b->data[i + 1] == '\n');
		assert(b->data[i] != '\n' || (i > 0 &&
		    b->data[i - 1] == '\r'));
	}
	assert(b->len >= 2 && b->data[b->len - 1] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT, again = BUF_INIT;
	struct mail_intake_facts a, b;

	if (size == 0)
		return 0;
	a = run(&whole, (const char *)data + 1, size - 1, SIZE_MAX);
	b = run(&pieces, (const char *)data + 1, size - 1, data[0] % 7u + 1);
	assert(whole.len == pieces.len && a.nuls == b.nuls &&
	    a.fields == b.fields && a.received == b.received &&
	    a.header_8bit == b.header_8bit && a.body_8bit == b.body_8bit &&
	    a.tls_required_no == b.tls_required_no &&
	    a.require_tls == b.require_tls);
	assert(memcmp(whole.data, pieces.data, whole.len) == 0);
	check(&whole);
	b = run(&again, whole.data, whole.len, SIZE_MAX);
	assert(again.len == whole.len && b.nuls == 0 && b.has_date &&
	    b.has_message_id);
	assert(memcmp(again.data, whole.data, whole.len) == 0);
	buf_free(&whole);
	buf_free(&pieces);
	buf_free(&again);
	return 0;
}
