/*
 * Domains of envelope addresses: host names, IDNs by libidn2, literals.
 */
#include "mail/domain_impl.h"

#include <arpa/inet.h>
#include <assert.h>
#include <idn2.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "mail/address.h"

/* Longer input cannot become 253 octets of A-labels; bounds libidn2's work. */
enum { IDN_INPUT_MAX = 1024 };

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static const char *
label_problem(const char *s, size_t len)
{
	if (len == 0)
		return "its domain has an empty label (two dots, or a dot at "
		    "the start)";
	if (len > MAIL_LABEL_MAX)
		return "a label of its domain is longer than 63 octets";
	if (s[0] == '-' || s[len - 1] == '-')
		return "a label of its domain starts or ends with a hyphen";
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && s[i] != '-' && s[i] != '_')
			return "its domain has a character that no host name "
			    "has";
	return NULL;
}

/* RFC 5321 4.1.2 Domain, and no name that could be taken for an address. */
static const char *
name_problem(const char *name)
{
	const char *label = name, *problem;
	size_t len;

	for (;;) {
		len = strcspn(label, ".");
		if ((problem = label_problem(label, len)) != NULL)
			return problem;
		if (label[len] == '\0')
			break;
		label += len + 1;
	}
	if (strspn(label, "0123456789") == len)
		return "its domain ends in a number (an IP address is "
		    "written in brackets: user@[192.0.2.1])";
	return NULL;
}

static const char *
idn_to_ascii(char dst[static MAIL_DOMAIN_MAX + 1], const char *name)
{
	uint8_t *ascii = NULL;
	const char *problem = NULL;
	int rc;

	rc = idn2_lookup_u8((const uint8_t *)name, &ascii,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		problem = "its domain is no valid internationalised name "
		    "(IDNA2008)";
	else if (!text_copy(dst, MAIL_DOMAIN_MAX + 1, (const char *)ascii))
		problem = "its domain is longer than 253 octets";
	idn2_free(ascii);
	return problem;
}

static const char *
parse_name(char dst[static MAIL_DOMAIN_MAX + 1], const char *text, size_t len)
{
	char name[IDN_INPUT_MAX + 1];
	const char *problem = NULL;
	bool ascii = true;

	if (len > 1 && text[len - 1] == '.')
		len--;
	if (len > IDN_INPUT_MAX)
		return "its domain is longer than 253 octets";
	for (size_t i = 0; i < len; i++)
		ascii = ascii && (uint8_t)text[i] < 0x80;
	memcpy(name, text, len);
	name[len] = '\0';
	if (!ascii)
		problem = idn_to_ascii(dst, name);
	else if (!text_copy(dst, MAIL_DOMAIN_MAX + 1, name))
		problem = "its domain is longer than 253 octets";
	if (problem != NULL)
		return problem;
	text_lower(dst);
	/* also after libidn2: UTS 46 maps some characters to ASCII ones */
	return name_problem(dst);
}

/* RFC 5321 4.1.3.  Addresses are spelled one way, so that they compare. */
static const char *
parse_literal(char dst[static MAIL_DOMAIN_MAX + 1], const char *text,
    size_t len)
{
	static const char tag[] = "[IPv6:";
	char inner[INET6_ADDRSTRLEN + sizeof(tag)], addr[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	struct in_addr in4;
	bool v6 = len > sizeof(tag) - 1 && text_starts_nocase(text, tag);
	size_t skip = v6 ? sizeof(tag) - 1 : 1;

	if (text[len - 1] != ']')
		return "its address literal has no closing bracket";
	len -= skip + 1;
	if (len >= sizeof(inner))
		return "its address literal is no IP address";
	memcpy(inner, text + skip, len);
	inner[len] = '\0';
	if (inet_pton(v6 ? AF_INET6 : AF_INET, inner,
	    v6 ? (void *)&in6 : (void *)&in4) != 1)
		return "its address literal is no IP address ([192.0.2.1] or "
		    "[IPv6:2001:db8::1])";
	(void)inet_ntop(v6 ? AF_INET6 : AF_INET,
	    v6 ? (void *)&in6 : (void *)&in4, addr, sizeof(addr));
	memcpy(dst, tag, skip);
	memcpy(dst + skip, addr, strlen(addr));
	memcpy(dst + skip + strlen(addr), "]", 2);
	return NULL;
}

const char *
domain_parse(char dst[static MAIL_DOMAIN_MAX + 1], const char *text,
    size_t len)
{
	dst[0] = '\0';
	if (len == 0)
		return "it has no domain after the @";
	if (memchr(text, '\0', len) != NULL)
		return "its domain has a control character";
	if (text[0] == '[')
		return parse_literal(dst, text, len);
	return parse_name(dst, text, len);
}

/* The Unicode form, or NULL where it is none, or where showing it would hide
 * which A-labels are meant.  The caller frees with idn2_free. */
char *
domain_to_unicode(const char *domain)
{
	char *unicode = NULL, back[MAIL_DOMAIN_MAX + 1];

	if (strstr(domain, "xn--") == NULL || idn2_to_unicode_8z8z(domain,
	    &unicode, 0) != IDN2_OK)
		return NULL;
	if (strlen(unicode) <= IDN_INPUT_MAX && parse_name(back, unicode,
	    strlen(unicode)) == NULL && strcmp(back, domain) == 0)
		return unicode;
	idn2_free(unicode);
	return NULL;
}
