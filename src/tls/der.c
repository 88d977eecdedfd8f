/*
 * The DER reader.
 */
#include "tls/der_impl.h"

#include <string.h>
#include <time.h>

/* X.690 10.1: the shortest form only. */
static bool
take_length(struct stls_blob *in, size_t *len_r)
{
	size_t count, len = 0;

	if (in->len < 1)
		return false;
	if (in->data[0] < 0x80) {
		*len_r = in->data[0];
		in->data++, in->len--;
		return true;
	}
	count = in->data[0] & 0x7fu;
	if (count < 1 || count > 3 || in->len < 1 + count)
		return false;
	for (size_t i = 1; i <= count; i++)
		len = len << 8 | in->data[i];
	if (len < 0x80 || in->data[1] == 0)
		return false;
	in->data += 1 + count;
	in->len -= 1 + count;
	*len_r = len;
	return true;
}

bool
stls_der_next(struct stls_blob *in, uint8_t *tag_r, struct stls_blob *value_r,
    struct stls_blob *whole_r)
{
	struct stls_blob rest = *in;
	uint8_t tag;
	size_t len;

	if (rest.len < 2 || (rest.data[0] & 0x1f) == 0x1f)
		return false;
	tag = rest.data[0];
	rest.data++, rest.len--;
	if (!take_length(&rest, &len) || len > rest.len)
		return false;
	*tag_r = tag;
	value_r->data = rest.data;
	value_r->len = len;
	if (whole_r != NULL) {
		whole_r->data = in->data;
		whole_r->len = (size_t)(rest.data - in->data) + len;
	}
	in->data = rest.data + len;
	in->len = rest.len - len;
	return true;
}

bool
stls_der_take(struct stls_blob *in, uint8_t tag, struct stls_blob *value_r)
{
	struct stls_blob rest = *in, value;
	uint8_t found;

	if (!stls_der_next(&rest, &found, &value, NULL) || found != tag)
		return false;
	*in = rest;
	*value_r = value;
	return true;
}

bool
stls_der_only(struct stls_blob in, uint8_t tag, struct stls_blob *value_r)
{
	struct stls_blob value;

	if (!stls_der_take(&in, tag, &value) || in.len > 0)
		return false;
	*value_r = value;
	return true;
}

bool
stls_der_row(struct stls_blob in)
{
	struct stls_blob value;
	uint8_t tag;

	while (in.len > 0)
		if (!stls_der_next(&in, &tag, &value, NULL))
			return false;
	return true;
}

bool
stls_der_small_int(struct stls_blob v, int *n_r)
{
	int n = 0;

	if (v.len < 1 || v.len > 4 || (v.data[0] & 0x80) != 0 ||
	    (v.len > 1 && v.data[0] == 0 && (v.data[1] & 0x80) == 0))
		return false;
	for (size_t i = 0; i < v.len; i++)
		n = n << 8 | v.data[i];
	*n_r = n;
	return true;
}

bool
stls_der_boolean(struct stls_blob v, bool *b_r)
{
	if (v.len != 1 || (v.data[0] != 0 && v.data[0] != 0xff))
		return false;
	*b_r = v.data[0] != 0;
	return true;
}

static bool
two_digits(const uint8_t *p, int lo, int hi, int *n_r)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*n_r = (p[0] - '0') * 10 + (p[1] - '0');
	return *n_r >= lo && *n_r <= hi;
}

bool
stls_der_time(uint8_t tag, struct stls_blob v, int64_t *at_r)
{
	struct tm tm = { 0 };
	int century = 0, day;
	int64_t at;
	const uint8_t *p = v.data;

	if (tag == DER_GENERALIZED_TIME && v.len == 15) {
		if (!two_digits(p, 0, 99, &century))
			return false;
		p += 2;
	} else if (tag != DER_UTC_TIME || v.len != 13) {
		return false;
	}
	if (!two_digits(p, 0, 99, &tm.tm_year) ||
	    !two_digits(p + 2, 1, 12, &tm.tm_mon) ||
	    !two_digits(p + 4, 1, 31, &day) ||
	    !two_digits(p + 6, 0, 23, &tm.tm_hour) ||
	    !two_digits(p + 8, 0, 59, &tm.tm_min) ||
	    !two_digits(p + 10, 0, 59, &tm.tm_sec) || p[12] != 'Z')
		return false;
	/* RFC 5280 4.1.2.5.1: two digits from 50 on are of the last century. */
	if (tag == DER_UTC_TIME)
		century = tm.tm_year >= 50 ? 19 : 20;
	tm.tm_year += century * 100 - 1900;
	tm.tm_mon--;
	tm.tm_mday = day;
	at = timegm(&tm);
	/* It makes March 2 of February 30. */
	if (tm.tm_mday != day)
		return false;
	*at_r = at;
	return true;
}

bool
stls_blob_equal(struct stls_blob a, struct stls_blob b)
{
	return a.len == b.len && (a.len == 0 ||
	    memcmp(a.data, b.data, a.len) == 0);
}

bool
stls_blob_is(struct stls_blob b, const char *octets, size_t len)
{
	return b.len == len && memcmp(b.data, octets, len) == 0;
}

bool
stls_blob_ends_nocase(struct stls_blob s, struct stls_blob end)
{
	const uint8_t *at;

	if (end.len > s.len)
		return false;
	at = s.data + (s.len - end.len);
	for (size_t i = 0; i < end.len; i++) {
		uint8_t x = at[i], y = end.data[i];

		if (x >= 'A' && x <= 'Z')
			x = (uint8_t)(x + 32);
		if (y >= 'A' && y <= 'Z')
			y = (uint8_t)(y + 32);
		if (x != y)
			return false;
	}
	return true;
}

struct stls_blob
stls_blob_dotless(struct stls_blob name)
{
	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}
