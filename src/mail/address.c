/*
 * Envelope addresses: the domain (host names, IDNs by libidn2, literals), the
 * local part, the source route and the whole.
 */
#include "mail/address.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/mail_impl.h"

/* --- the domain --------------------------------------------------------- */

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

	if (len > 1 && text[len - 1] == '.')
		len--;
	if (len > IDN_INPUT_MAX)
		return "its domain is longer than 253 octets";
	memcpy(name, text, len);
	name[len] = '\0';
	if (text_has_8bit(text, len))
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
	struct in6_addr octets;	/* or the four of IPv4 */
	bool v6 = len > sizeof(tag) - 1 && text_starts_nocase(text, tag);
	size_t skip = v6 ? sizeof(tag) - 1 : 1;
	int family = v6 ? AF_INET6 : AF_INET;

	if (text[len - 1] != ']')
		return "its address literal has no closing bracket";
	len -= skip + 1;
	if (len >= sizeof(inner))
		return "its address literal is no IP address";
	memcpy(inner, text + skip, len);
	inner[len] = '\0';
	if (inet_pton(family, inner, &octets) != 1)
		return "its address literal is no IP address ([192.0.2.1] or "
		    "[IPv6:2001:db8::1])";
	(void)inet_ntop(family, &octets, addr, sizeof(addr));
	memcpy(dst, tag, skip);
	memcpy(dst + skip, addr, strlen(addr));
	memcpy(dst + skip + strlen(addr), "]", 2);
	return NULL;
}

static const char *
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
static char *
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

/* --- the local part ----------------------------------------------------- */

/* RFC 5322 3.2.3 atext */
static bool
is_atext(char c)
{
	return is_alnum(c) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Octets of one UTF-8 character that may stand in a local part (RFC 6531
 * 3.3), 0 for a malformed one, a C1 control, and U+FFFD to U+FFFF, by which
 * SQLite shows malformed ones. */
static size_t
utf8_nonascii_len(const char *s, size_t len)
{
	size_t n = text_utf8_len(s, len);
	const uint8_t *u = (const uint8_t *)s;

	if (n < 2 || (u[0] == 0xc2 && u[1] < 0xa0) ||
	    (u[0] == 0xef && u[1] == 0xbf && u[2] >= 0xbd))
		return 0;
	return n;
}

static const char *
bad_character(char c)
{
	if ((uint8_t)c >= 0x80)
		return "it has octets that are not UTF-8, or a control "
		    "character";
	if ((uint8_t)c < 0x20 || c == 0x7f)
		return "it has a control character";
	if (c == ' ')
		return "it has a blank outside quotes";
	return "it has a character that must be in quotes "
	    "(\"local part\"@domain)";
}

/* Atoms and dots; RFC 5321 wants a dot to stand between two atoms.  *len_r is
 * where it ends: at the @ or at the end of text. */
static const char *
scan_atoms(const char *s, size_t len, bool *utf8_r, size_t *len_r)
{
	size_t i = 0, n;

	while (i < len && s[i] != '@') {
		n = 1;
		if ((uint8_t)s[i] >= 0x80 &&
		    (n = utf8_nonascii_len(s + i, len - i)) > 0)
			*utf8_r = true;
		else if (!is_atext(s[i]) && s[i] != '.')
			return bad_character(s[i]);
		i += n;
	}
	*len_r = i;
	return i == 0 ? "it has nothing before the @" : NULL;
}

/* Quoted-string; qtextSMTP and quoted-pairSMTP are printable ASCII. */
static const char *
scan_quoted(const char *s, size_t len, bool *utf8_r, size_t *len_r)
{
	size_t i = 1, n;
	bool pair;

	while (i < len && s[i] != '"') {
		pair = s[i] == '\\' && i + 1 < len;
		if (pair)
			i++;
		n = 1;
		if (!pair && (uint8_t)s[i] >= 0x80 &&
		    (n = utf8_nonascii_len(s + i, len - i)) > 0)
			*utf8_r = true;
		else if ((uint8_t)s[i] < 0x20 || (uint8_t)s[i] > 0x7e)
			return bad_character(s[i]);
		i += n;
	}
	if (i >= len)
		return "its quoted local part has no closing quote";
	*len_r = i + 1;
	return NULL;
}

/* RFC 5321 Appendix C: @a,@b: before the address means nothing any more. */
static const char *
skip_route(const char **s, size_t *len)
{
	char ignored[MAIL_DOMAIN_MAX + 1];
	const char *p = *s, *end = p + *len, *q;

	while (p < end && *p == '@') {
		bool in_literal = ++p < end && *p == '[';

		for (q = p; q < end; q++) {
			if (!in_literal && (*q == ',' || *q == ':'))
				break;
			in_literal = in_literal && *q != ']';
		}
		if (q == end || domain_parse(ignored, p, (size_t)(q - p)) !=
		    NULL)
			return "it starts with an @ and no valid source "
			    "route follows";
		p = q + 1;
		if (*q == ':') {
			*len = (size_t)(end - p);
			*s = p;
			return NULL;
		}
	}
	return p == *s ? NULL : "its source route is malformed";
}

static const char *
parse_mailbox(struct mail_address *a, const char *s, size_t len,
    unsigned flags)
{
	char wire[MAIL_DOMAIN_MAX + 1];
	const char *problem;
	size_t local;

	if ((problem = skip_route(&s, &len)) != NULL)
		return problem;
	problem = len > 0 && s[0] == '"' ?
	    scan_quoted(s, len, &a->utf8, &local) :
	    scan_atoms(s, len, &a->utf8, &local);
	if (problem != NULL)
		return problem;
	if (a->utf8 && !(flags & MAIL_ADDRESS_UTF8))
		return "its local part is not ASCII (allowed with SMTPUTF8 "
		    "only)";
	if (local == len || s[local] != '@')
		return local == len ? "it has no @ and no domain" :
		    "its quoted local part is not followed by an @";
	if (local > MAIL_LOCAL_MAX)
		return "its local part is longer than 256 octets";
	problem = domain_parse(wire, s + local + 1, len - local - 1);
	if (problem != NULL)
		return problem;
	if (local + 1 + strlen(wire) > MAIL_ADDRESS_MAX)
		return "it is longer than 498 octets";
	memcpy(a->text, s, local + 1);
	memcpy(a->text + local + 1, wire, strlen(wire) + 1);
	memcpy(a->domain, wire, strlen(wire) + 1);
	text_lower(a->domain);
	a->literal = wire[0] == '[';
	return NULL;
}

static const char *
parse_path(struct mail_address *a, const char *s, size_t len, unsigned flags)
{
	if (len > 0 && s[0] == '<') {
		if (len < 2 || s[len - 1] != '>')
			return "its < has no > at the end";
		s++;
		len -= 2;
	}
	if (len == 0)
		return flags & MAIL_ADDRESS_NULL ? NULL :
		    "it is empty (only a sender may be)";
	return parse_mailbox(a, s, len, flags);
}

/* --- the whole ---------------------------------------------------------- */

bool
mail_refuse(struct error *err, const char *what, const char *text, size_t len,
    const char *problem)
{
	char shown[320];

	text_escape(shown, sizeof(shown), text, len);
	return error_set(err, EX_DATAERR, "%s \"%s\": %s", what, shown,
	    problem);
}

bool
mail_address_parse(struct mail_address *addr_r, const char *text, size_t len,
    unsigned flags, struct error *err)
{
	struct mail_address a = { .text = "" };
	const char *problem = parse_path(&a, text, len, flags);

	memset(addr_r, 0, sizeof(*addr_r));
	if (problem != NULL)
		return mail_refuse(err, "address", text, len, problem);
	*addr_r = a;
	return true;
}

bool
mail_domain_parse(char domain_r[static MAIL_DOMAIN_MAX + 1], const char *text,
    size_t len, struct error *err)
{
	const char *problem = domain_parse(domain_r, text, len);

	if (problem != NULL) {
		domain_r[0] = '\0';
		return mail_refuse(err, "domain", text, len, problem);
	}
	text_lower(domain_r);
	return true;
}

void
mail_address_display(char *dst, size_t room, const char *address)
{
	const char *at = strrchr(address, '@');
	char *unicode = at != NULL ? domain_to_unicode(at + 1) : NULL;
	char whole[MAIL_ADDRESS_MAX + 1024 + 1];

	if (unicode == NULL) {
		text_escape(dst, room, address, strlen(address));
		return;
	}
	(void)snprintf(whole, sizeof(whole), "%.*s@%s",
	    (int)(at - address), address, unicode);
	idn2_free(unicode);
	text_escape(dst, room, whole, strlen(whole));
}

void
mail_address_log(char dst[static MAIL_ADDRESS_LOG_LEN], const char *address)
{
	const char *at = strrchr(address, '@');
	size_t used = 0;

	if (address[0] != '"' || at == NULL || at - address < 2) {
		(void)text_copy(dst, MAIL_ADDRESS_LOG_LEN, address);
		return;
	}
	dst[used++] = '"';
	for (const char *p = address + 1; p < at - 1 &&
	    used < 3 * MAIL_LOCAL_MAX; p++) {
		if ((uint8_t)*p >= 0x80 || (is_atext(*p) && *p != '+' &&
		    *p != '=') || *p == '.' || *p == '@')
			dst[used++] = *p;
		else
			used += (size_t)snprintf(dst + used, 4, "+%02X",
			    (unsigned)(uint8_t)*p);
	}
	(void)text_copy(dst + used, MAIL_ADDRESS_LOG_LEN - used, at - 1);
}

/* --- names --------------------------------------------------------------- */

char *
mail_name_fold(const char *text)
{
	const char *at = strrchr(text, '@');
	const char *domain = at != NULL ? at + 1 : text;
	char labels[MAIL_DOMAIN_MAX + 1], *name, *folded;
	struct error err;
	size_t len;

	if (domain[0] == '*' && domain[1] == '.')
		domain++;
	if (domain[0] == '.') /* "*.example", ".example" */
		domain++;
	name = mem_strdup(domain);
	text_lower(name);
	len = strlen(name);
	if (len > 1 && name[len - 1] == '.' && name[len - 2] != '.')
		name[--len] = '\0';
	if (text_has_8bit(name, len) &&
	    mail_domain_parse(labels, name, len, &err)) {
		free(name);
		name = mem_strdup(labels);
	}
	folded = mem_printf("%.*s%s", (int)(domain - text), text, name);
	free(name);
	return folded;
}
