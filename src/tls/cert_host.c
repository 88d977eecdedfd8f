/*
 * Does a certificate name this host?  (RFC 6125 section 6.4, RFC 7672 3.2.3)
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "tls/cert_impl.h"
#include "tls/der_impl.h"

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
		has_dns |= tag == GENERAL_NAME_DNS;
		if (ip > 0 && tag == GENERAL_NAME_IP && value.len == ip &&
		    memcmp(value.data, octets, ip) == 0) {
			(void)text_copy(matched_r, room, host);
			return true;
		}
		if (ip == 0 && tag == GENERAL_NAME_DNS &&
		    stls_name_matches(value, host)) {
			text_escape(matched_r, room, (const char *)value.data,
			    value.len);
			return true;
		}
	}
	*cn_r = ip == 0 && !has_dns && cn_matches(cert, host, matched_r, room);
	return *cn_r;
}
