/*
 * Envelope addresses: the local part, the source route and the whole.
 */
#include "mail/address.h"

#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "mail/domain_impl.h"

static const char NEEDS_UTF8[] =
    "its local part is not ASCII (allowed with SMTPUTF8 only)";

/* RFC 5322 3.2.3 atext */
static bool
is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
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
scan_atoms(const char *s, size_t len, unsigned flags, bool *utf8_r,
    size_t *len_r)
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
	if (*utf8_r && !(flags & MAIL_ADDRESS_UTF8))
		return NEEDS_UTF8;
	return i == 0 ? "it has nothing before the @" : NULL;
}

/* Quoted-string; qtextSMTP and quoted-pairSMTP are printable ASCII. */
static const char *
scan_quoted(const char *s, size_t len, unsigned flags, bool *utf8_r,
    size_t *len_r)
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
	if (*utf8_r && !(flags & MAIL_ADDRESS_UTF8))
		return NEEDS_UTF8;
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
	    scan_quoted(s, len, flags, &a->utf8, &local) :
	    scan_atoms(s, len, flags, &a->utf8, &local);
	if (problem != NULL)
		return problem;
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

static bool
refuse(struct error *err, const char *what, const char *text, size_t len,
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
		return refuse(err, "address", text, len, problem);
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
		return refuse(err, "domain", text, len, problem);
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
