/*
 * Names in certificates: as text for people (RFC 4514), and whether they name a
 * host (RFC 6125 section 6.4, RFC 7672 3.2.3).
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "tls/cert.h"
#include "tls/der_impl.h"

/* RFC 4514 section 3, and what else mail servers' certificates hold. */
static const struct {
	const char *oid;
	size_t oid_len;
	const char *word;
} attribute_words[] = {
	{ OID("\x55\x04\x03"), "CN" },
	{ OID("\x55\x04\x06"), "C" },
	{ OID("\x55\x04\x07"), "L" },
	{ OID("\x55\x04\x08"), "ST" },
	{ OID("\x55\x04\x09"), "STREET" },
	{ OID("\x55\x04\x0a"), "O" },
	{ OID("\x55\x04\x0b"), "OU" },
	{ OID("\x55\x04\x05"), "serialNumber" },
	{ OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), "DC" },
	{ OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), "UID" },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), "emailAddress" },
};

struct attribute {
	struct stls_blob type, value, whole_value;
	uint8_t tag;
};

/* AttributeTypeAndValue off the front of a SET. */
static bool
take_attribute(struct stls_blob *set, struct attribute *a)
{
	struct stls_blob seq;

	return stls_der_take(set, DER_SEQUENCE, &seq) &&
	    stls_der_take(&seq, DER_OID, &a->type) &&
	    stls_der_next(&seq, &a->tag, &a->value, &a->whole_value) &&
	    seq.len == 0;
}

bool
stls_name_well_formed(struct stls_blob contents)
{
	struct stls_blob set;
	struct attribute a;

	while (contents.len > 0) {
		if (!stls_der_take(&contents, DER_SET, &set) || set.len == 0)
			return false;
		while (set.len > 0)
			if (!take_attribute(&set, &a))
				return false;
	}
	return true;
}

bool
stls_name_cn(struct stls_blob name, struct stls_blob *cn_r)
{
	struct stls_blob rdns, set;
	struct attribute a;
	bool found = false;

	if (!stls_der_only(name, DER_SEQUENCE, &rdns))
		return false;
	while (rdns.len > 0 && stls_der_take(&rdns, DER_SET, &set))
		while (set.len > 0 && take_attribute(&set, &a))
			if (stls_blob_is(a.type, OID("\x55\x04\x03"))) {
				*cn_r = a.value;
				found = true;
			}
	return found;
}

static void
put_oid(struct buf *b, struct stls_blob oid)
{
	unsigned long arc = 0;
	bool first = true;

	for (size_t i = 0; i < oid.len; i++) {
		arc = (arc & 0x1ffffff) << 7 | (oid.data[i] & 0x7f);
		if ((oid.data[i] & 0x80) != 0)
			continue;
		if (first)
			(void)buf_printf(b, "%lu.%lu", arc < 80 ? arc / 40 : 2,
			    arc < 80 ? arc % 40 : arc - 80);
		else
			(void)buf_printf(b, ".%lu", arc);
		first = false;
		arc = 0;
	}
}

/* One character of a value; hex for what is not printable (RFC 4514 2.4). */
static void
put_char(struct buf *b, const char *s, size_t n, bool at_edge)
{
	if (n == 0 || text_printable_len(s, n) == 0) {
		for (size_t i = 0; i < (n > 0 ? n : 1); i++)
			(void)buf_printf(b, "\\%02x", (uint8_t)s[i]);
		return;
	}
	if (n == 1 && (strchr("\"+,;<>\\", *s) != NULL ||
	    (at_edge && (*s == ' ' || *s == '#'))))
		(void)buf_puts(b, "\\");
	(void)buf_append(b, s, n);
}

static void
put_octets(struct buf *b, struct stls_blob v)
{
	const char *s = (const char *)v.data;
	size_t n;

	for (size_t i = 0; i < v.len; i += n > 0 ? n : 1) {
		n = text_utf8_len(s + i, v.len - i);
		put_char(b, s + i, n, i == 0 ||
		    (i + 1 == v.len && s[i] == ' '));
	}
}

/* BMPString (unit 2), UniversalString (unit 4); surrogates end up as hex. */
static void
put_wide(struct buf *b, struct stls_blob v, size_t unit)
{
	char utf8[4];

	for (size_t i = 0; i + unit <= v.len; i += unit) {
		uint32_t c = 0;
		size_t n;

		for (size_t k = 0; k < unit; k++)
			c = c << 8 | v.data[i + k];
		n = text_utf8_put(utf8, c);
		if (text_utf8_len(utf8, n) != n)
			n = 0;
		put_char(b, utf8, n, i == 0);
	}
}

/* RFC 4514 2.4: '#' and the hex of the DER where the type is no string. */
static void
put_hex(struct buf *b, struct stls_blob whole)
{
	(void)buf_puts(b, "#");
	for (size_t i = 0; i < whole.len && i < 64; i++)
		(void)buf_printf(b, "%02x", whole.data[i]);
}

static void
put_attribute(struct buf *b, const struct attribute *a)
{
	const char *word = NULL;

	for (size_t i = 0; i < ARRAY_LEN(attribute_words); i++)
		if (stls_blob_is(a->type, attribute_words[i].oid,
		    attribute_words[i].oid_len))
			word = attribute_words[i].word;
	if (word != NULL)
		(void)buf_puts(b, word);
	else
		put_oid(b, a->type);
	(void)buf_puts(b, "=");
	switch (a->tag) {
	case DER_BMP_STRING:
		put_wide(b, a->value, 2);
		break;
	case DER_UNIVERSAL_STRING:
		put_wide(b, a->value, 4);
		break;
	case DER_UTF8_STRING:
	case DER_PRINTABLE_STRING:
	case DER_T61_STRING:
	case DER_IA5_STRING:
		put_octets(b, a->value);
		break;
	default:
		put_hex(b, a->whole_value);
	}
}

/* Whole characters only. */
static void
copy_cut(char *dst, size_t room, const char *src)
{
	size_t used = 0, n;

	while (src[used] != '\0') {
		n = text_utf8_len(src + used, strlen(src + used));
		if (n == 0 || used + n >= room)
			break;
		used += n;
	}
	memcpy(dst, src, used);
	dst[used] = '\0';
}

/* RFC 4514 2.1: the last RDN comes first.  Of very many the last 32 do. */
void
stls_name_text(struct stls_blob name, char *dst, size_t room)
{
	struct stls_blob rdns, set, last[32];
	struct buf text = BUF_INIT;
	struct attribute a;
	size_t n = 0;

	*dst = '\0';
	if (!stls_der_only(name, DER_SEQUENCE, &rdns))
		return;
	while (rdns.len > 0 && stls_der_take(&rdns, DER_SET, &set))
		last[n++ % ARRAY_LEN(last)] = set;
	for (size_t i = 0; i < n && i < ARRAY_LEN(last) && text.len < room;
	    i++) {
		set = last[(n - 1 - i) % ARRAY_LEN(last)];
		if (i > 0)
			(void)buf_puts(&text, ",");
		for (bool more = false; set.len > 0 &&
		    take_attribute(&set, &a); more = true) {
			if (more)
				(void)buf_puts(&text, "+");
			put_attribute(&text, &a);
		}
	}
	copy_cut(dst, room, buf_str(&text));
	buf_free(&text);
}

/* --- does a certificate name this host? */

size_t
stls_ip_literal(const char *host, uint8_t octets_r[static 16])
{
	if (inet_pton(AF_INET, host, octets_r) == 1)
		return 4;
	return inet_pton(AF_INET6, host, octets_r) == 1 ? 16 : 0;
}

/* "*.example.test": one whole label, and at least two labels after it. */
static bool
wildcard_matches(struct stls_blob p, struct stls_blob host)
{
	const uint8_t *dot = memchr(host.data, '.', host.len);

	if (dot == NULL || dot == host.data ||
	    memchr(p.data + 1, '*', p.len - 1) != NULL ||
	    memchr(p.data + 2, '.', p.len - 2) == NULL)
		return false;
	p.data++, p.len--;
	return host.len - (size_t)(dot - host.data) == p.len &&
	    stls_blob_ends_nocase(host, p);
}

bool
stls_name_matches(struct stls_blob p, const char *name)
{
	struct stls_blob host = stls_blob_dotless(
	    (struct stls_blob){ (const uint8_t *)name, strlen(name) });

	p = stls_blob_dotless(p);
	if (host.len == 0 || p.len == 0 || memchr(p.data, '\0', p.len) != NULL)
		return false;
	if (p.len > 2 && p.data[0] == '*' && p.data[1] == '.')
		return wildcard_matches(p, host);
	return memchr(p.data, '*', p.len) == NULL && p.len == host.len &&
	    stls_blob_ends_nocase(host, p);
}

static bool
cn_matches(const struct stls_cert *cert, const char *host, char *matched_r,
    size_t room)
{
	struct stls_blob cn;

	if (!stls_name_cn(cert->subject, &cn) || !stls_name_matches(cn, host))
		return false;
	text_escape(matched_r, room, (const char *)cn.data, cn.len);
	return true;
}

bool
stls_cert_matches_host(const struct stls_cert *cert, const char *host,
    char *matched_r, size_t room, bool *cn_r)
{
	struct stls_blob names = cert->san, value;
	uint8_t octets[16], tag;
	size_t ip = stls_ip_literal(host, octets);
	bool has_dns = false;

	*cn_r = false;
	matched_r[0] = '\0';
	while (names.len > 0 && stls_der_next(&names, &tag, &value, NULL)) {
		has_dns |= tag == STLS_NAME_DNS;
		if (ip > 0 && tag == STLS_NAME_IP && value.len == ip &&
		    memcmp(value.data, octets, ip) == 0) {
			(void)text_copy(matched_r, room, host);
			return true;
		}
		if (ip == 0 && tag == STLS_NAME_DNS &&
		    stls_name_matches(value, host)) {
			text_escape(matched_r, room, (const char *)value.data,
			    value.len);
			return true;
		}
	}
	*cn_r = ip == 0 && !has_dns && cn_matches(cert, host, matched_r, room);
	return *cn_r;
}
