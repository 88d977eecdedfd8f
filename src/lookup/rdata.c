/*
 * Wire format of names, MX and TXT (RFC 1035 3.1, 3.3.9, 3.3.14).
 */
#include "lookup/rdata.h"

enum { NAME_MAX_OCTETS = 255, LABEL_MAX_OCTETS = 63 };

static bool
is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_';
}

static char *
put_octet(char *p, uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		c = (uint8_t)(c - 'A' + 'a');
	if (is_plain(c)) {
		*p++ = (char)c;
		return p;
	}
	*p++ = '\\';
	*p++ = (char)('0' + c / 100);
	*p++ = (char)('0' + c / 10 % 10);
	*p++ = (char)('0' + c % 10);
	return p;
}

bool
rdata_name(char dst[static RDATA_NAME_LEN], const uint8_t *data, size_t len)
{
	char *p = dst;
	size_t at = 0, label;

	dst[0] = '\0';
	if (len < 1 || len > NAME_MAX_OCTETS)
		return false;
	while ((label = data[at]) != 0) {
		/* Two high bits: a compression pointer, RFC 1035 4.1.4. */
		if (label > LABEL_MAX_OCTETS || at + 1 + label >= len) {
			dst[0] = '\0';
			return false;
		}
		if (at > 0)
			*p++ = '.';
		for (size_t i = 1; i <= label; i++)
			p = put_octet(p, data[at + i]);
		at += 1 + label;
	}
	if (at == 0)
		*p++ = '.';
	*p = '\0';
	if (at + 1 != len)
		dst[0] = '\0';
	return at + 1 == len;
}

bool
rdata_mx(struct rdata_mx *mx_r, const uint8_t *data, size_t len)
{
	mx_r->preference = 0;
	mx_r->host[0] = '\0';
	if (len < 3)
		return false;
	mx_r->preference = (uint16_t)(data[0] << 8 | data[1]);
	return rdata_name(mx_r->host, data + 2, len - 2);
}

bool
rdata_txt(struct buf *out, const uint8_t *data, size_t len)
{
	size_t at = 0;

	if (len < 1)
		return false;
	while (at < len) {
		size_t n = data[at++];

		if (n > len - at || !buf_append(out, data + at, n))
			return false;
		at += n;
	}
	return true;
}
