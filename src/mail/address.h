/*
 * Envelope addresses (RFC 5321 4.1.2, RFC 6531 3.3): checked and brought into
 * the one form that is stored, compared and sent.
 *
 * Accepted: unquoted and quoted local parts, host names, address literals
 * ([127.0.0.1], [IPv6:...]), with or without <>; a source route @a,@b: before
 * the address is dropped (RFC 5321 Appendix C).  IDN domains become lower-case
 * A-labels (IDNA2008, UTS 46 non-transitional).  A dot at the domain's end is
 * dropped.  Refused: control characters, blanks outside quotes, addresses
 * without a domain, an IPv4 address without [].  Where real addresses break
 * RFC 5321, they pass: underscores in domains, dots anywhere in a local part,
 * and local parts over 64 octets (VERP, SRS).  Whether such a mailbox exists is
 * for its own server to say.  sql/views.sql takes and refuses the same.
 *
 * Pure: no I/O, no locale; any thread.  Errors are EX_DATAERR and name the
 * address, escaped, and what is wrong with it.
 */
#ifndef TLSQ_MAIL_ADDRESS_H
#define TLSQ_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Octets: what RFC 1035 2.3.4 leaves to a name; and with MAIL FROM:<> and CRLF
 * around it an address fills the 512 of a command (RFC 5321 4.5.3.1.4). */
enum {
	MAIL_LOCAL_MAX = 256, MAIL_DOMAIN_MAX = 253, MAIL_ADDRESS_MAX = 498,
	MAIL_LABEL_MAX = 63,
};

struct mail_address {
	/* local@domain as on the wire: local part as given, domain normalised;
	 * "" is the null sender */
	char text[MAIL_ADDRESS_MAX + 1];
	/* lower case: A-labels, or the literal with its brackets
	 * ("[127.0.0.1]", "[ipv6:2001:db8::1]"); "" for the null sender */
	char domain[MAIL_DOMAIN_MAX + 1];
	bool literal;		/* the domain is an address literal */
	bool utf8;		/* the local part needs SMTPUTF8 */
};

enum {
	MAIL_ADDRESS_STRICT = 0,
	MAIL_ADDRESS_NULL = 1,	/* "" and "<>" are the null sender */
	MAIL_ADDRESS_UTF8 = 2,	/* UTF-8 in local parts (SMTPUTF8 in force) */
};

/* text need not end in NUL; a NUL in it is refused. */
MUST_CHECK bool mail_address_parse(struct mail_address *addr_r,
    const char *text, size_t len, unsigned flags, struct error *err);

/* Only a domain: host name, IDN or literal, as struct mail_address.domain. */
MUST_CHECK bool mail_domain_parse(char domain_r[static MAIL_DOMAIN_MAX + 1],
    const char *text, size_t len, struct error *err);

/*
 * For people: A-labels as Unicode where that is unambiguous (it converts back
 * to the same A-labels), everything else as it is; unsafe octets escaped as
 * base/text.h does.  Takes any text, also no address; cuts at room.
 */
void mail_address_display(char *dst, size_t room, const char *address);

/*
 * For a field of a log line: in a quoted local part all but letters, digits and
 * a few marks become +HH (xtext, RFC 3461 4), so that no comma, blank or = in it
 * can look like another field.
 */
enum { MAIL_ADDRESS_LOG_LEN = 3 * MAIL_LOCAL_MAX + MAIL_DOMAIN_MAX + 2 };
void mail_address_log(char dst[static MAIL_ADDRESS_LOG_LEN],
    const char *address);

/*
 * The form of a name that configuration and expressions compare: a domain in
 * lower-case A-labels without a final dot, also below "*."; of an address only
 * the domain is changed.  Any other text in lower case, as far as that is ASCII.
 * Never fails; the caller frees.
 */
char *mail_name_fold(const char *text) __attribute__((returns_nonnull));

#endif
