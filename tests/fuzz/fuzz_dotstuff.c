/*
 * Any octets to the wire, at once and in pieces: the same comes out, only the
 * end is CRLF.CRLF, and taking the dots off gives the BDAT form back.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "mail/dotstuff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
encode(struct buf *out, enum mail_wire_form form, const char *data,
    size_t size, size_t piece)
{
	struct mail_wire w;

	mail_wire_init(&w, form);
	for (size_t n; size > 0; data += n, size -= n) {
		n = size < piece ? size : piece;
		if (!mail_wire_write(&w, out, data, n))
			return false;
	}
	mail_wire_finish(&w, out);
	return true;
}

/* What a server makes of it (RFC 5321 4.5.2); returns where it ends. */
static size_t
unstuff(struct buf *out, const struct buf *data)
{
	size_t i = 0, n;

	while (i < data->len) {
		char *end = memmem(data->data + i, data->len - i, "\r\n", 2);

		assert(end != NULL);
		n = (size_t)(end - (data->data + i)) + 2;
		if (data->data[i] == '.') {
			if (n == 3)
				return i + n;
			(void)buf_append(out, data->data + i + 1, n - 1);
		} else {
			(void)buf_append(out, data->data + i, n);
		}
		i += n;
	}
	assert(false && "no end of data");
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT, bdat = BUF_INIT;
	struct buf back = BUF_INIT;
	bool ok;

	if (size == 0)
		return 0;
	ok = encode(&whole, MAIL_WIRE_DATA, (const char *)data + 1, size - 1,
	    SIZE_MAX);
	assert(ok == encode(&pieces, MAIL_WIRE_DATA, (const char *)data + 1,
	    size - 1, data[0] % 7u + 1));
	assert(ok == (memchr(data + 1, '\0', size - 1) == NULL));
	assert(ok == encode(&bdat, MAIL_WIRE_BDAT, (const char *)data + 1,
	    size - 1, SIZE_MAX));
	if (ok) {
		assert(whole.len == pieces.len &&
		    memcmp(whole.data, pieces.data, whole.len) == 0);
		assert(unstuff(&back, &whole) == whole.len);
		assert(back.len == bdat.len && (back.len == 0 ||
		    memcmp(back.data, bdat.data, back.len) == 0));
		for (size_t i = 0; i < bdat.len; i++)
			assert((bdat.data[i] == '\n') ==
			    (i > 0 && bdat.data[i - 1] == '\r'));
	}
	buf_free(&whole);
	buf_free(&pieces);
	buf_free(&bdat);
	buf_free(&back);
	return 0;
}
